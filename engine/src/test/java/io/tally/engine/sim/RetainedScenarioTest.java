package io.tally.engine.sim;

import static io.tally.engine.sim.ConnectOptions.CLEAN;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT_V3;
import static io.tally.engine.sim.Filter.filter;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.sim.Packet.AckKind;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.PublishCommand;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Retained messages are what the last accepted retained PUBLISH says. */
class RetainedScenarioTest {
    /** Of a PUBLISH command with a topic of three bytes and a payload of one. */
    private static final int SIZE = PublishCommand.FIXED_LENGTH + 4;

    @Test
    void aNewSubscriberGetsTheLastRetainedMessageOfEachTopic() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publishRetained("p/1", "old", 1)
                    .publishRetained("p/1", "new", 2)
                    .publishRetained("p/2", "other", 0);
            ScenarioClient tag = broker.client("tag")
                    .connect(PERSISTENT)
                    .subscribe(filter("p/#", 1).id(4));
            tag.expectPublish("new").withQos(1).withRetain(true).withIds(4).acknowledge();
            tag.expectPublish("other").withQos(0).withRetain(true).expectNothing();
        }
    }

    @Test
    void anEmptyPayloadRemovesIt() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publishRetained("p", "9.99", 1).publishRetained("p", "", 1).awaitPuback();
            broker.client("tag").connect(CLEAN).subscribe("p", 1).expectNothing();
            assertEquals(0, broker.engine().retainedCount());
        }
    }

    @Test
    void whoIsSubscribedAlreadySeesNoRetainFlagUnlessAskedFor() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient tag = broker.client("tag").connect(CLEAN).subscribe("p", 1);
            ScenarioClient bridge = broker.client("bridge")
                    .connect(CLEAN)
                    .subscribe(filter("p", 1).retainAsPublished());
            broker.client("till").connect(CLEAN).publishRetained("p", "1", 1).publish("p", "2", 1);
            tag.expectPublish("1").withRetain(false).acknowledge();
            bridge.expectPublish("1")
                    .withRetain(true)
                    .acknowledge()
                    .expectPublish("2")
                    .withRetain(false);
        }
    }

    @Test
    void retainHandlingSaysWhenRetainedMessagesCome() {
        try (Scenario broker = Scenario.start()) {
            broker.client("till").connect(CLEAN).publishRetained("p", "1", 1);
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT);
            tag.subscribe(filter("p", 1).retainHandling(2)).expectNothing();
            tag.subscribe(filter("p", 1).retainHandling(1)).expectNothing();
            tag.subscribe(filter("p", 1)).expectAndAcknowledge("1");
            tag.unsubscribe("p");
            tag.subscribe(filter("p", 1).retainHandling(1)).expectAndAcknowledge("1");
        }
    }

    @Test
    void retainedMessagesOutliveTheProcessAndTheirJournalFile() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1_000))) {
            ScenarioClient till = broker.client("till").connect(CLEAN).publishRetained("p", "kept", 2);
            for (int i = 0; i < 50; i++) {
                till.publish("else", "m" + i, 1);
            }
            broker.checkpoint();
            assertTrue(broker.deleteFiles() > 0);
            broker.crash().restart();
            broker.client("tag")
                    .connect(CLEAN)
                    .subscribe("p", 2)
                    .expectPublish("kept")
                    .withRetain(true);
        }
    }

    @Test
    void anExpiredRetainedMessageDoesNotCome() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish(Packet.Publish.toBroker("p", "short", 1, true, 10));
            till.publish(Packet.Publish.toBroker("q", "long", 1, true, 100));
            broker.checkpoint().crash().advanceSeconds(20).restart();
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT).subscribe("#", 1);
            tag.expectPublish("long").withExpiry(80).acknowledge().expectNothing();
        }
    }

    @Test
    void sharedSubscriptionsGetNone() {
        try (Scenario broker = Scenario.start()) {
            broker.client("till").connect(CLEAN).publishRetained("p", "1", 1);
            broker.client("tag").connect(CLEAN).subscribe("$share/g/p", 1).expectNothing();
        }
    }

    @Test
    void nothingIsKeptWhereRetainIsNotAvailable() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.RETAIN_AVAILABLE, false))) {
            ScenarioClient tag = broker.client("tag").connect(CLEAN).subscribe("p", 1);
            broker.client("till").connect(CLEAN).publishRetained("p", "1", 1);
            tag.expectAndAcknowledge("1").subscribe("p", 1).expectNothing();
        }
    }

    @Test
    void aReplacedMessageStaysReadableForWhomItIsQueued() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN).publishRetained("p", "old", 1);
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT).subscribe("p", 1);
            tag.expectPublish("old").cut();
            till.publishRetained("p", "new", 1);
            broker.checkpoint().crash().restart();
            tag.reconnect().expectPublish("old").asDup().withRetain(true).acknowledge();
            tag.expectPublish("new").withRetain(false).acknowledge();
            broker.checkpoint();
            assertEquals(1, broker.keptCount());
        }
    }

    @Test
    void manyRetainedMessagesComeInPartsThroughACrash() {
        int count = 9_000;
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1 << 22))) {
            retain(broker, count);
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT).subscribe("#", 1);
            int part = receive(broker, tag, 0);
            assertTrue(part > 0 && part < 3_000, "first part: " + part);
            int received = part + receive(broker.advanceSeconds(1), tag, part);
            broker.checkpoint();
            received += receive(broker.advanceSeconds(1), tag, received);
            assertTrue(received < count, "received before the crash: " + received);
            broker.crash().restart();
            tag.reconnect().expectSession();
            while (received < count) {
                part = receive(broker.advanceSeconds(1), tag, received);
                assertTrue(part > 0 && part < 3_000, "a later part: " + part);
                received += part;
            }
            tag.expectNothing();
            assertEquals(Long.MAX_VALUE, broker.engine().nextDeadlineMs());
        }
    }

    @Test
    void whoDoesNotAcknowledgeHoldsUpOnlyItsOwnRetainedMessages() {
        int count = 9_000;
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1 << 22))) {
            retain(broker, count);
            ScenarioClient lazy = broker.client("lazy").connect(PERSISTENT).subscribe("#", 1);
            ScenarioClient dash = broker.client("dash").connect(CLEAN).subscribe("#", 1);
            int received = 0;
            for (int i = 0; received < count && i < 100; i++) {
                received += receive(broker.advanceSeconds(1), dash, received);
            }
            assertEquals(count, received);
            assertEquals(Long.MAX_VALUE, broker.engine().nextDeadlineMs(), "a tick is wanted for nothing");
            received = receive(broker, lazy, 0);
            assertTrue(received >= 4_096 && received < 7_000, "for who acknowledges nothing: " + received);
            for (int i = 0; received < count && i < 100; i++) {
                received += receive(broker.advanceSeconds(1), lazy, received);
            }
            assertEquals(count, received);
        }
    }

    @Test
    void whoComesBackToManyKeptMessagesIsNotGivenAllOfThemAtOnce() {
        int count = 2_000;
        try (Scenario broker =
                Scenario.start(SimulationOptions.seed(1).fileBytes(1 << 22).inFlightMax(2_000))) {
            retain(broker, count);
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT).subscribe("#", 1);
            while (broker.engine().nextDeadlineMs() != Long.MAX_VALUE) {
                broker.advanceSeconds(1);
            }
            tag.cut().reconnect().expectSession();
            broker.settle();
            assertEquals(1_024, tag.waitingPublishCount());
            assertEquals(count, receive(broker, tag, 0));
            tag.expectNothing();
        }
    }

    @Test
    void unsubscribingEndsWhatIsStillToCome() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1 << 22))) {
            retain(broker, 3_000);
            ScenarioClient tag = broker.client("tag").connect(CLEAN).subscribe("#", 1);
            receive(broker, tag, 0);
            tag.unsubscribe("#");
            broker.advanceSeconds(1);
            tag.expectNothing();
        }
    }

    @Test
    void whatIsRetainedWhileOthersAreStillToComeComesOnce() {
        int count = 1_000;
        SimulationOptions options = SimulationOptions.seed(1).fileBytes(1 << 22);
        for (ConnectOptions session : List.of(CLEAN, PERSISTENT)) {
            try (Scenario broker = Scenario.start(options.inFlightMax(2 * count))) {
                ScenarioClient meter = broker.client("meter")
                        .connect(CLEAN.will("r/will", "lost", 2).willRetained());
                retain(broker, count);
                ScenarioClient tag = broker.client("tag").connect(session).subscribe("#", 2);
                int received = receive(broker, tag, 0);
                assertTrue(received < count, "the first part: " + received);
                broker.client("till").publishRetained("r/00999", "new", 2).publishRetained("s", "other", 1);
                meter.cut();
                tag.expectPublish("new").withQos(2).withRetain(false).acknowledge();
                tag.expectAndAcknowledge("other");
                tag.expectPublish("lost").withQos(2).withRetain(false).acknowledge();
                broker.checkpoint();
                if (session == PERSISTENT) {
                    broker.crash().restart();
                    tag.reconnect().expectSession();
                }
                while (received < count - 1) {
                    received += receive(broker.advanceSeconds(1), tag, received);
                }
                broker.advanceSeconds(1);
                tag.expectNothing();
                broker.client("late")
                        .connect(CLEAN)
                        .subscribe("r/will", 1)
                        .expectPublish("lost")
                        .withRetain(true);
            }
        }
    }

    @Test
    void whatIsRetainedAtQos0WhileNobodyIsConnectedComesLater() {
        int count = 6_000;
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1 << 22))) {
            retain(broker, count);
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT).subscribe("#", 1);
            int received = receive(broker, tag, 0);
            tag.cut();
            broker.client("till").publishRetained("r/05999", "new", 0);
            broker.settle();
            tag.reconnect().expectSession();
            boolean isNew = false;
            while (received < count - 1) {
                broker.advanceSeconds(1);
                int ahead = tag.waitingAheadOf("new");
                if (ahead >= 0) {
                    tag.expectAndAcknowledgeMany(received, received + ahead);
                    received += ahead;
                    tag.expectPublish("new").withQos(0).withRetain(true);
                    isNew = true;
                }
                received += receive(broker, tag, received);
            }
            assertTrue(isNew);
            tag.expectNothing();
        }
    }

    /** The will is routed before the command that is the first to be as late as it. */
    @Test
    void aWillThatIsDueWithASubscribeComesAsARetainedMessage() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT);
            broker.client("meter")
                    .connect(PERSISTENT.will("state", "lost", 1).willRetained().willDelay(10))
                    .cut();
            broker.settle();
            broker.passSeconds(11);
            tag.subscribe("state", 1)
                    .expectPublish("lost")
                    .withRetain(true)
                    .acknowledge()
                    .expectNothing();
        }
    }

    @Test
    void anExpiredRetainedMessageGoesWhenItsTimeHasComeThoughNobodyAsksForIt() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN);
            for (int i = 0; i < 100; i++) {
                till.publish(Packet.Publish.toBroker("p/" + i, "x", 1, true, 10));
            }
            till.publish(Packet.Publish.toBroker("p/0", "y", 1, true, 20));
            broker.advanceSeconds(9).checkpoint().crash().restart();
            assertEquals(100, broker.engine().retainedCount());
            broker.advanceSeconds(1).advanceSeconds(1);
            assertEquals(1, broker.engine().retainedCount());
            broker.checkpoint();
            assertEquals(1, broker.keptCount());
            broker.advanceSeconds(10);
            assertEquals(0, broker.engine().retainedCount());
        }
    }

    @Test
    void oneRetainedMessageTooManyIsRefusedAsAWhole() {
        for (Limits limits : List.of(
                Limits.NONE.with(Limit.RETAINED_MESSAGES, 2), Limits.NONE.with(Limit.RETAINED_BYTES, 2 * SIZE))) {
            try (Scenario broker = Scenario.start(limits)) {
                ScenarioClient tag = broker.client("tag").connect(PERSISTENT).subscribe("p/#", 1);
                ScenarioClient till = broker.client("till").connect(CLEAN);
                till.publishRetained("p/1", "a", 1).awaitPuback();
                till.publishRetained("p/2", "b", 2).awaitPubcomp();
                till.publishRetained("p/3", "c", 1).expectAck(AckKind.PUBACK, 0x97);
                till.publishRetained("p/3", "d", 2).expectAck(AckKind.PUBREC, 0x97);
                tag.expectAndAcknowledge("a", "b").expectNothing();
                broker.checkpoint().crash().restart();
                till.connect(CLEAN).publishRetained("p/2", "e", 1).awaitPuback();
                till.publishRetained("p/1", "", 1).awaitPuback();
                till.publishRetained("p/3", "f", 1).awaitPuback();
                assertEquals(2, broker.engine().retainedCount());
            }
        }
    }

    @Test
    void whatCannotBeRefusedIsDeliveredButNotRetained() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.RETAINED_BYTES, SIZE))) {
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT).subscribe("p/#", 1);
            broker.client("old")
                    .connect(PERSISTENT_V3)
                    .publishRetained("p/1", "a", 1)
                    .awaitPuback();
            broker.client("old").publishRetained("p/2", "b", 1).awaitPuback();
            broker.client("old").publishRetained("p/3", "c", 0);
            broker.client("meter")
                    .connect(CLEAN.will("p/4", "d", 1).willRetained())
                    .cut();
            tag.expectAndAcknowledge("a", "b")
                    .expectPublish("c")
                    .expectAndAcknowledge("d")
                    .expectNothing();
            assertEquals(1, broker.engine().retainedCount());
            // What it would have replaced is no longer the last one.
            broker.client("old").publishRetained("p/1", "too long", 0);
            assertEquals(0, broker.engine().retainedCount());
        }
    }

    private static void retain(Scenario broker, int count) {
        ScenarioClient till = broker.client("till").connect(CLEAN);
        for (int i = 0; i < count; i++) {
            till.publishRetained(String.format("r/%05d", i), "m" + i, 1);
        }
    }

    /** Acknowledges everything that has come, which begins with m{@code from}; answers how many. */
    private static int receive(Scenario broker, ScenarioClient client, int from) {
        int count = client.waitingPublishCount();
        client.expectAndAcknowledgeMany(from, from + count);
        broker.settle();
        int more = client.waitingPublishCount();
        return more == 0 ? count : count + receive(broker, client, from + count);
    }
}
