package io.tally.engine.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.engine.MemoryStateStore;
import io.tally.engine.delivery.QueueRows;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.message.FileReferences;
import io.tally.engine.message.KeptMessages;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.protocol.topic.TopicFilters;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** The tree and its cache against all subscriptions in a list, asked one by one. */
class SubscriptionTreeModelTest {
    private static final int SEEDS = 60;
    private static final int STEPS = 1_500;
    private static final int SESSIONS = 12;

    /** Few names, so that filters share levels; one that is long, one that is not ASCII, one that is empty. */
    private static final List<String> LEVELS = List.of("a", "b", "ab", "ä", "", "$x", "l".repeat(70));

    private final QueueRows rows = new QueueRows(new MemoryStateStore(), new FileReferences(), new KeptMessages());
    private final List<Session> sessions = new ArrayList<>();
    private final Map<String, Subscription> model = new TreeMap<>();
    private SplittableRandom random = new SplittableRandom(0);
    private SubscriptionTree tree = tree(0);
    private Router router = new Router(tree);

    /** With every other seed nearly all hashes are equal to others. */
    private static SubscriptionTree tree(long seed) {
        return new SubscriptionTree(filter -> new SharedGroup(1, filter), seed, seed % 2 == 0 ? -1 : 3);
    }

    @Test
    void findsWhatAListWouldWhateverCameAndWent() {
        for (int id = 1; id <= SESSIONS; id++) {
            sessions.add(new Session(id, "c" + id, false, new SessionQueue(rows, id, true)));
        }
        for (int seed = 0; seed < SEEDS; seed++) {
            random = new SplittableRandom(seed);
            tree = tree(random.nextLong());
            router = new Router(tree);
            model.clear();
            // Grows, stands still, goes down to nothing.
            for (int step = 0; step < STEPS; step++) {
                int addPercent = step < STEPS / 3 ? 80 : step < STEPS * 2 / 3 ? 50 : 10;
                change(addPercent);
                check("seed " + seed + ", step " + step);
            }
            checkThatItIsAsIfNew("seed " + seed);
            List.copyOf(model.keySet()).forEach(this::remove);
            assertEquals(0, tree.nodeCount() + tree.count(), "seed " + seed);
        }
    }

    private void change(int addPercent) {
        if (random.nextInt(100) >= addPercent && !model.isEmpty()) {
            remove(List.copyOf(model.keySet()).get(random.nextInt(model.size())));
            return;
        }
        Session session = sessions.get(random.nextInt(SESSIONS));
        String filter = (random.nextInt(8) == 0 ? "$share/g" + random.nextInt(2) + "/" : "") + filter();
        String key = session.id + " " + filter;
        remove(key);
        Subscription made = Subscription.of(session, filter, random.nextInt(3), random.nextInt(3));
        model.put(key, made);
        tree.add(made);
    }

    private void remove(String key) {
        Subscription gone = model.remove(key);
        if (gone != null) {
            tree.remove(gone);
            tree.remove(gone);
        }
    }

    private String filter() {
        String levels = levels(true);
        return switch (random.nextInt(5)) {
            case 0 -> levels + "/#";
            case 1 -> random.nextInt(10) == 0 ? "#" : levels;
            default -> levels;
        };
    }

    private String levels(boolean wildcards) {
        StringBuilder text = new StringBuilder();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            boolean isPlus = wildcards && random.nextInt(4) == 0;
            text.append(i == 0 ? "" : "/").append(isPlus ? "+" : LEVELS.get(random.nextInt(LEVELS.size())));
        }
        return text.isEmpty() ? "a" : text.toString();
    }

    private void check(String when) {
        String topic = levels(false);
        Map<Long, TreeSet<String>> expected = new TreeMap<>();
        TreeSet<String> groups = new TreeSet<>();
        for (Subscription s : model.values()) {
            if (TopicFilters.matches(s.filter(), topic) && s.shareName() == null) {
                expected.computeIfAbsent(s.session().id, k -> new TreeSet<>()).add(s.toString());
            } else if (TopicFilters.matches(s.filter(), topic)) {
                groups.add(s.fullFilter());
            }
        }
        byte[] bytes = topic.getBytes(StandardCharsets.UTF_8);
        Match match = router.match(new UnsafeBuffer(bytes), 0, bytes.length);
        Map<Long, TreeSet<String>> found = new TreeMap<>();
        for (Target target : match.targets) {
            TreeSet<String> texts = new TreeSet<>();
            target.subscriptions().forEach(s -> texts.add(s.toString()));
            assertEquals(target.subscriptions().size(), texts.size(), when);
            found.put(target.session.id, texts);
        }
        TreeSet<String> foundGroups = new TreeSet<>();
        for (SharedGroup group : match.groups) {
            foundGroups.add(group.fullFilter);
        }
        assertEquals(expected, found, when + ": " + topic);
        assertEquals(groups, foundGroups, when + ": " + topic);
        assertEquals(model.size(), tree.count(), when);
    }

    private void checkThatItIsAsIfNew(String when) {
        SubscriptionTree fresh = tree(1);
        model.values().forEach(fresh::add);
        assertEquals(fresh.nodeCount(), tree.nodeCount(), when);
    }
}
