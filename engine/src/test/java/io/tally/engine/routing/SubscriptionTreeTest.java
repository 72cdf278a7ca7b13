package io.tally.engine.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.Allocations;
import io.tally.engine.MemoryStateStore;
import io.tally.engine.delivery.QueueRows;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.message.FileReferences;
import io.tally.engine.message.KeptMessages;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.protocol.Invariant;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which filters a topic finds. */
class SubscriptionTreeTest {
    private final SubscriptionTree tree = new SubscriptionTree(filter -> new SharedGroup(1, filter), 0);
    private final Router router = new Router(tree);
    private long sessions;

    @ParameterizedTest(name = "{0} {1} -> {2}")
    @CsvSource({
        "a/b, a/b, 1",
        "a/b, a/c, 0",
        "a/+, a/b, 1",
        "a/+, a, 0",
        "a/+, a/b/c, 0",
        "a/#, a, 1",
        "a/#, a/b/c, 1",
        "#, a, 1",
        "#, $SYS/x, 0",
        "+/x, $SYS/x, 0",
        "$SYS/#, $SYS/x, 1",
        "+, a, 1",
        "+, /a, 0",
        "+/+, /a, 1",
        "/+, /a, 1",
        "a//b, a//b, 1",
        "a/+/b, a//b, 1",
        "a/#, b, 0",
        "+/+/#, a/b, 1",
        "+/+/#, a, 0",
        "$share/g/a/+, a/b, 1",
        "$share/g/#, $x, 0"
    })
    void matches(String filter, String topic, int expected) {
        tree.add(Subscription.of(session(), filter, 1, 0));
        Match match = match(topic);
        assertEquals(expected, match.targets.length + match.groups.length);
    }

    /** Work is counted in bytes allocated: each copy or search of a long list would allocate in its length. */
    @ParameterizedTest
    @CsvSource({"a/b", "$share/g/a/b"})
    void aCrowdComesAndGoesAtACostPerHeadThatDoesNotGrowWithIt(String filter) {
        List<Subscription> crowd = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            crowd.add(Subscription.of(session(), filter, 1, 0));
        }
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        crowd.forEach(tree::add);
        Match match = match("a/b");
        crowd.forEach(tree::remove);
        long perHead = (threads.getCurrentThreadAllocatedBytes() - before) / crowd.size();
        assertTrue(perHead < 1_500, "bytes per head: " + perHead);
        assertTrue(match.targets.length == crowd.size() || match.groups.length == 1);
        assertEquals(0, tree.count());
    }

    @Test
    void overlappingSubscriptionsOfOneSessionAreOneTargetAtTheHighestQos() {
        Session session = session();
        tree.add(Subscription.of(session, "a/#", 1, 9));
        tree.add(Subscription.of(session, "a/+", 2, 4));
        Match match = match("a/b");
        assertEquals(1, match.targets.length);
        assertEquals(2, match.targets[0].qos);
        assertEquals(4, match.targets[0].subscriptionIds[0]);
        assertEquals(9, match.targets[0].subscriptionIds[1]);
    }

    @Test
    void aMatchIsRememberedUntilTheTreeChanges() {
        Subscription subscription = Subscription.of(session(), "a/+", 0, 0);
        tree.add(subscription);
        Match first = match("a/b");
        assertSame(first, match("a/b"));
        tree.remove(subscription);
        assertNotSame(first, match("a/b"));
        assertEquals(0, match("a/b").targets.length);
    }

    /** Each of these matches holds 20,000 references and numbers: more than a few hundred must not be remembered. */
    @Test
    void matchesOfManyOverlappingSubscriptionsAreNotRememberedForEver() {
        Session session = session();
        for (int i = 0; i < 10_000; i++) {
            StringBuilder filter = new StringBuilder();
            for (int bit = 0; bit < 14; bit++) {
                filter.append((i >> bit & 1) == 0 ? "+/" : "a/");
            }
            tree.add(Subscription.of(session, filter + "#", 1, 1 + i));
        }
        String start = "a/".repeat(14);
        Match first = match(start + 0);
        for (int i = 1; i < 1_000; i++) {
            match(start + i);
        }
        Match again = match(start + 0);
        assertNotSame(first, again, "still remembered after 1,000 of 120 KB");
        assertEquals(10_000, again.targets[0].subscriptionIds.length);
    }

    @Test
    void askingForARememberedMatchAllocatesNothing() {
        tree.add(Subscription.of(session(), "meters/+/kwh", 1, 0));
        UnsafeBuffer topic = new UnsafeBuffer("meters/12345678/kwh".getBytes(StandardCharsets.UTF_8));
        Match first = router.match(topic, 0, topic.capacity());
        assertEquals(0, Allocations.leastBytes(() -> {
            if (router.match(topic, 0, topic.capacity()) != first) {
                throw new AssertionError("the match was not remembered");
            }
        }));
    }

    @Test
    void aDeepTopicIsMatchedWithoutRecursion() {
        tree.add(Subscription.of(session(), "+/".repeat(30_000) + "#", 0, 0));
        assertEquals(1, match("/".repeat(60_000)).targets.length);
    }

    @Test
    void theMembersOfASharedGroupTakeTurns() {
        SharedGroup group = groupOf(3);
        List<Long> chosen = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            group.last = session(group.nextReady()).id;
            chosen.add(group.last);
        }
        assertEquals(List.of(1L, 2L, 3L, 1L, 2L, 3L), chosen);
        group.setFull(2);
        group.last = 1;
        assertEquals(3, session(group.nextReady()).id, "who is full is passed over");
    }

    @Test
    void aLaneKeepsItsOwnerUntilItGoes() {
        SharedGroup group = groupOf(3);
        Lane lane = lane(group, 0);
        assertEquals(1, session(group.readyOwner(lane, true)).id);
        group.last = 1;
        assertEquals(1, session(group.readyOwner(lane, true)).id);
        group.setFull(1);
        assertNull(group.readyOwner(lane, true), "it waits for its owner");
        group.disconnect(1);
        assertEquals(2, session(group.readyOwner(lane, true)).id);
    }

    @Test
    void lanesAreSpreadOverTheMembersAndStayWhereTheyAreWhenAnotherOneGoes() {
        SharedGroup group = groupOf(4);
        int[] counts = new int[5];
        long[] owners = new long[SharedGroup.LANES];
        for (int i = 0; i < SharedGroup.LANES; i++) {
            owners[i] = session(group.readyOwner(lane(group, i), false)).id;
            counts[(int) owners[i]]++;
        }
        for (int id = 1; id <= 4; id++) {
            assertEquals(SharedGroup.LANES / 4, counts[id], 8);
        }
        group.disconnect(3);
        for (int i = 0; i < SharedGroup.LANES; i++) {
            Lane lane = lane(group, i);
            lane.owner = owners[i];
            long owner = session(group.readyOwner(lane, false)).id;
            assertTrue(owners[i] == 3 ? owner != 3 : owner == owners[i]);
        }
    }

    @Test
    void aLaneDoesNotChangeItsOwnerWhileMessagesAreUnderWay() {
        SharedGroup group = groupOf(2);
        for (int i = 0; i < SharedGroup.LANES; i++) {
            Lane lane = lane(group, i);
            lane.inFlight = 1;
            lane.owner = 1;
            assertEquals(1, session(group.readyOwner(lane, false)).id);
        }
    }

    private SharedGroup groupOf(int members) {
        for (int i = 0; i < members; i++) {
            tree.add(Subscription.of(session(), "$share/g/a", 1, 0));
        }
        SharedGroup group = match("a").groups[0];
        for (Subscription member : group.members()) {
            group.connect(member);
            group.setReady(member);
        }
        return group;
    }

    private Lane lane(SharedGroup group, int number) {
        return new Lane(group, number, number, session().queue, session().queue);
    }

    private static Session session(@Nullable Subscription member) {
        return Invariant.present(member, "somebody is chosen").session();
    }

    private Match match(String topic) {
        byte[] bytes = topic.getBytes(StandardCharsets.UTF_8);
        return router.match(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private Session session() {
        QueueRows rows = new QueueRows(new MemoryStateStore(), new FileReferences(), new KeptMessages());
        long id = ++sessions;
        return new Session(id, "c" + id, false, new SessionQueue(rows, id, true));
    }
}
