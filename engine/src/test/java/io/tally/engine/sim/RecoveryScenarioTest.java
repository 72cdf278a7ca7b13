package io.tally.engine.sim;

import static io.tally.engine.sim.ConnectOptions.CLEAN;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT_V3;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT_V31;
import static io.tally.engine.sim.Packet.AckKind.PUBACK;
import static io.tally.engine.sim.Packet.AckKind.PUBCOMP;
import static io.tally.engine.sim.Packet.AckKind.PUBREC;
import static io.tally.engine.sim.Packet.AckKind.PUBREL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Table;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Crashes, restarts, checkpoints, the journal's files and a full disk. */
class RecoveryScenarioTest {
    private static final int IMPLEMENTATION_SPECIFIC_ERROR = 0x83;
    private static final int SERVER_BUSY = 0x89;
    private static final int QUOTA_EXCEEDED = 0x97;

    @Test
    void nothingIsAcknowledgedOrDeliveredBeforeItIsForced() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(PERSISTENT);
            broker.holdForces();
            till.publish("a", "1", 1).publish("a", "2", 2).expectNoAck();
            meter.expectNothing();
            broker.force();
            till.awaitPuback().awaitPubcomp();
            meter.expectAndAcknowledge("1", "2");
        }
    }

    @Test
    void aPublisherSendsAgainWhatACrashHasLost() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(PERSISTENT);
            broker.holdForces();
            till.publish("a", "1", 2).publish("a", "2", 1).expectNoAck();
            broker.crash().restart();
            till.reconnect().expectSession().awaitPuback().awaitPubcomp();
            meter.reconnect().expectAndAcknowledge("1", "2").expectNothing();
        }
    }

    @Test
    void aQos2MessageWhoseAnswerWasLostIsNotTakenTwice() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(PERSISTENT);
            broker.holdForces();
            till.publish("a", "once", 2).expectNoAck();
            broker.crashKeepingAll().restart();
            till.reconnect().awaitPubcomp();
            meter.reconnect().expectAndAcknowledge("once").expectNothing();
        }
    }

    @Test
    void remembersInboundIdsThroughACheckpoint() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(PERSISTENT_V3).holdReleases();
            till.publish("a", "once", 2).awaitPubrec();
            broker.checkpoint().crash().restart();
            till.reconnect().expectSession().await(PUBCOMP);
            meter.reconnect().expectAndAcknowledge("once").expectNothing();
        }
    }

    @Test
    void redeliversPubrelAfterRestart() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("bill/#", 2);
            broker.client("till").connect(CLEAN).publish("bill/1", "9.99", 2).awaitPubcomp();
            meter.expectPublish("9.99").send(PUBREC);
            broker.crash().restart();
            meter.reconnect().expectPubrel().expectNothing().send(PUBCOMP);
            broker.checkpoint().crash().restart();
            meter.reconnect().expectNothing();
        }
    }

    @Test
    void redeliversPubrelFromACheckpoint() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            broker.client("till").connect(CLEAN).publish("a", "1", 2);
            meter.expectPublish("1").send(PUBREC);
            broker.checkpoint().crash().restart();
            meter.reconnect().expectPubrel().expectNothing();
        }
    }

    @Test
    void redeliversInOrderUnderTheSameIdsAfterRestart() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("a", "1", 1).publish("a", "2", 2).publish("a", "3", 2);
            meter.expectPublish("1").acknowledge();
            broker.checkpoint();
            till.publish("a", "4", 1);
            broker.crash().restart();
            meter.reconnect();
            meter.expectPublish("2").withPacketId(2).asDup().expectPublish("3").withPacketId(3);
            meter.expectPublish("4").withPacketId(4).expectNothing();
        }
    }

    @Test
    void anAcknowledgementThatWasNotForcedIsAskedForAgain() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            broker.client("till").connect(CLEAN).publish("a", "1", 2);
            meter.expectPublish("1");
            broker.holdForces();
            meter.send(PUBREC).expectNothing();
            broker.crash().restart();
            meter.reconnect().expectPublish("1").asDup().acknowledge().expectNothing();
        }
    }

    @Test
    void anExpiredMessageThatWasPerhapsSentBeforeTheCrashIsNotSentAtQos1() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter =
                    broker.client("meter").connect(PERSISTENT.receiveMaximum(1)).subscribe("a", 1);
            broker.client("till").connect(CLEAN).publish("a", "ever", 1).publishFor(10, "a", "short", 1);
            meter.expectPublish("ever").expectNothing();
            broker.crash().advanceSeconds(20).restart();
            meter.reconnect().expectPublish("ever").asDup().acknowledge().expectNothing();
        }
    }

    @Test
    void anExpiredMessageThatWasPerhapsSentBeforeATakeOverIsNotSentAtQos1() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter =
                    broker.client("meter").connect(PERSISTENT.receiveMaximum(1)).subscribe("a", 1);
            broker.client("till").connect(CLEAN).publish("a", "ever", 1).publishFor(10, "a", "short", 1);
            meter.expectPublish("ever").vanish();
            broker.advanceSeconds(20);
            meter.reconnect().expectPublish("ever").asDup().acknowledge().expectNothing();
        }
    }

    @Test
    void anExpiredQos2MessageThatItsClientMayHoldIsTakenToItsEnd() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            broker.client("till").connect(CLEAN).publishFor(10, "a", "short", 2);
            meter.expectPublish("short");
            broker.crash().advanceSeconds(20).restart();
            meter.reconnect().expectPublish("short").asDup().withExpiry(0).acknowledge();
        }
    }

    @Test
    void anExpiredMessageThatWasSentForCertainIsSentAgain() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter =
                    broker.client("meter").connect(PERSISTENT.receiveMaximum(1)).subscribe("a", 1);
            broker.client("till").connect(CLEAN).publishFor(10, "a", "sent", 1).publishFor(10, "a", "not sent", 1);
            meter.expectPublish("sent").cut();
            broker.checkpoint().crash().advanceSeconds(20).restart();
            meter.reconnect().expectPublish("sent").asDup().withExpiry(0).acknowledge();
            meter.expectNothing();
        }
    }

    @Test
    void aVolatileSessionDoesNotOutliveTheProcess() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(CLEAN).subscribe("a", 2);
            broker.client("till").connect(PERSISTENT).publish("a", "1", 1).awaitPuback();
            broker.checkpoint().crash().restart();
            assertEquals(1, broker.engine().sessionCount());
            meter.connect(PERSISTENT).expectNoSession().expectNothing();
        }
    }

    @Test
    void twoCrashesInARowLoseNothing() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 1);
            broker.client("till").connect(CLEAN).publish("a", "1", 1).awaitPuback();
            broker.crash().restart().crash().restart().checkpoint().crash().restart();
            meter.reconnect().expectAndAcknowledge("1");
        }
    }

    @Test
    void whatTimeBroughtDuringTheOutageGoesToNoConnectionOfBefore() {
        try (Scenario broker = Scenario.start()) {
            broker.client("watcher").connect(PERSISTENT).subscribe("state", 0);
            broker.client("meter")
                    .connect(PERSISTENT.will("state", "lost", 0).willDelay(10))
                    .cut();
            broker.crash().advanceSeconds(60).restart();
            broker.client("other").connect(CLEAN).expectNothing();
        }
    }

    @Test
    void deadlinesThatPassTogetherActInTheirOrderWhateverCameBefore() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state/#", 2);
            watcher.cut();
            ScenarioClient a = broker.client("a")
                    .connect(PERSISTENT.will("state/a", "a", 1).willDelay(50));
            a.cut();
            a.connect(PERSISTENT.will("state/a", "a", 1).willDelay(100)).cut();
            broker.client("b")
                    .connect(PERSISTENT.will("state/b", "b", 1).willDelay(80))
                    .cut();
            // Loaded from a checkpoint, the first deadline of a is unknown; in a replay it is there.
            broker.checkpoint().crash().advanceSeconds(200).restart();
            watcher.reconnect().expectPublish("b").expectPublish("a");
        }
    }

    @Test
    void aLongQueueLeavesMemoryAndComesBackInOrder() {
        int count = 5_000;
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1 << 20))) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            meter.cut();
            ScenarioClient till = broker.client("till").connect(CLEAN);
            for (int i = 0; i < count; i += 20) {
                till.publishMany("a", i, i + 20, 1);
                if (i % 500 == 0) {
                    broker.checkpoint();
                }
            }
            broker.checkpoint().crash().restart();
            broker.checkpoint();
            meter.reconnect();
            for (int i = 0; i < count; i += 20) {
                meter.expectAndAcknowledgeMany(i, i + 20);
                if (i == 700 || i == 3_000) {
                    broker.checkpoint().crash().restart();
                    meter.reconnect();
                }
            }
            meter.expectNothing();
            broker.checkpoint();
            assertEquals(0, broker.rowCount(Table.QUEUE));
        }
    }

    @Test
    void whatIsCreatedAndFinishedBetweenCheckpointsNeverReachesTheStore() {
        try (Scenario broker = Scenario.start()) {
            broker.checkpoint();
            ScenarioClient meter =
                    broker.client("meter").connect(PERSISTENT.expiry(5)).subscribe("a", 1);
            broker.client("till")
                    .connect(CLEAN)
                    .publish("a", "1", 1)
                    .publishRetained("r", "x", 1)
                    .publishRetained("r", "", 1);
            meter.expectAndAcknowledge("1").disconnect();
            broker.client("till").disconnect();
            broker.advanceSeconds(5).checkpoint();
            for (Table table : Table.values()) {
                assertEquals(table == Table.META ? 1 : 0, broker.rowCount(table), table.name());
            }
            assertEquals(0, broker.keptCount());
        }
    }

    @Test
    void keepsTheFilesThatQueuesNeedAndNoOthers() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1_000))) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 1);
            meter.cut();
            ScenarioClient till = broker.client("till").connect(CLEAN).publish("a", "kept", 1);
            for (int i = 0; i < 50; i++) {
                till.publish("else", "m" + i, 1);
            }
            assertEquals(0, broker.deleteFiles());
            broker.checkpoint();
            assertTrue(broker.deleteFiles() > 0);
            broker.crash().restart();
            meter.reconnect().expectAndAcknowledge("kept");
            broker.checkpoint();
            assertTrue(broker.deleteFiles() > 0);
        }
    }

    @Test
    void cleaningFreesAFileThatAnAbsentSessionNeeds() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1_000))) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            meter.cut();
            publishBetweenOthers(broker, 3);
            broker.checkpoint().clean(1, 10);
            broker.deleteFiles();
            assertFalse(broker.isDeleted(1), "the store does not hold the message yet");
            broker.checkpoint();
            broker.deleteFiles();
            assertTrue(broker.isDeleted(1));
            assertEquals(1, broker.keptCount());
            broker.crash().restart();
            meter.reconnect().expectAndAcknowledge("kept 0", "kept 1", "kept 2").expectNothing();
            broker.checkpoint();
            assertEquals(0, broker.keptCount());
        }
    }

    @Test
    void aCleaningThatNoCheckpointReflectsIsDoneAgainAfterACrash() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1_000))) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 1);
            meter.cut();
            publishBetweenOthers(broker, 1);
            broker.checkpoint().clean(1, 10);
            broker.deleteFiles();
            broker.crash().restart().checkpoint();
            broker.deleteFiles();
            assertTrue(broker.isDeleted(1));
            meter.reconnect().expectAndAcknowledge("kept 0").expectNothing();
        }
    }

    @Test
    void cleansSessionAfterSessionAndNoMoreThanItIsTold() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(2_000))) {
            ScenarioClient first = broker.client("first").connect(PERSISTENT).subscribe("a", 1);
            ScenarioClient second = broker.client("second").connect(PERSISTENT).subscribe("a", 1);
            first.cut();
            second.cut();
            ScenarioClient till = broker.client("till").connect(CLEAN).publishMany("a", 0, 3, 1);
            for (int i = 0; i < 40; i++) {
                till.publish("else", "m" + i, 1);
            }
            long all = broker.engine().cleanableBytes(1);
            broker.checkpoint().clean(1, 2).checkpoint();
            assertEquals(2, broker.keptCount());
            broker.crash().restart().clean(1, 2).checkpoint();
            assertEquals(3, broker.keptCount());
            assertEquals(all / 3, broker.engine().cleanableBytes(1), "what the second session still has there");
            broker.clean(1, 2).checkpoint();
            assertEquals(0, broker.engine().cleanableBytes(1));
            broker.deleteFiles();
            assertTrue(broker.isDeleted(1));
            first.reconnect().expectAndAcknowledgeMany(0, 3).expectNothing();
            second.reconnect().expectAndAcknowledgeMany(0, 3).expectNothing();
        }
    }

    @Test
    void aFileThatAConnectedCleanSessionNeedsIsNotCleaned() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1_200))) {
            ScenarioClient absent = broker.client("absent").connect(PERSISTENT).subscribe("a", 1);
            absent.cut();
            ScenarioClient meter = broker.client("meter").connect(CLEAN).subscribe("a", 1);
            publishBetweenOthers(broker, 1);
            assertEquals(0, broker.engine().cleanableBytes(1));
            meter.expectAndAcknowledge("kept 0");
            assertTrue(broker.engine().cleanableBytes(1) > 0);
        }
    }

    /** One message for the subscriber, and as many others as fill its file; several times. */
    private static void publishBetweenOthers(Scenario broker, int times) {
        ScenarioClient till = broker.client("till").connect(CLEAN);
        for (int i = 0; i < times; i++) {
            till.publish("a", "kept " + i, 1);
            for (int k = 0; k < 20; k++) {
                till.publish("else", "m" + i + "-" + k, 1);
            }
        }
    }

    @Test
    void aFullDiskRefusesPublishesAndNothingElse() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(PERSISTENT);
            till.publish("a", "before", 2).awaitPubcomp();
            broker.fillDisk();
            till.publish("a", "no 1", 1).expectAck(PUBACK, QUOTA_EXCEEDED);
            till.publish("a", "no 2", 2).expectAck(PUBREC, QUOTA_EXCEEDED);
            till.publish("a", "qos 0 passes", 0);
            meter.expectAndAcknowledge("before", "qos 0 passes").expectNothing();
            broker.freeDisk();
            till.publish("a", "after", 1).awaitPuback();
            meter.expectAndAcknowledge("after").expectNothing();
        }
    }

    @Test
    void aFullDiskClosesPublishersOf311() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(PERSISTENT_V3);
            broker.fillDisk();
            till.publish("a", "1", 1).expectClosed();
            broker.freeDisk();
            till.reconnect().awaitPuback();
            meter.expectAndAcknowledge("1").expectNothing();
        }
    }

    @Test
    void whenTheReserveIsUsedNobodyConnectsOrSubscribesAndAcknowledgementsCount() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            Filter present = Filter.filter("c", 2).retainHandling(1);
            meter.subscribe(present);
            ScenarioClient away = broker.client("away").connect(PERSISTENT).subscribe("a", 1);
            away.cut();
            broker.client("till").connect(PERSISTENT).publish("a", "1", 2).awaitPubcomp();
            long digest = broker.useReserve().engine().digest();
            broker.twin("meter")
                    .tryConnect(PERSISTENT)
                    .expectConnack(SERVER_BUSY)
                    .expectClosed();
            away.tryConnect(PERSISTENT.cleanStart(true))
                    .expectConnack(SERVER_BUSY)
                    .expectClosed();
            broker.client("new")
                    .tryConnect(PERSISTENT_V3)
                    .expectConnack(SERVER_BUSY)
                    .expectClosed();
            assertEquals(
                    List.of(QUOTA_EXCEEDED, QUOTA_EXCEEDED),
                    meter.trySubscribe(Filter.filter("a", 0), Filter.filter("b", 1)));
            assertEquals(List.of(2), meter.trySubscribe(present), "nothing would change");
            assertEquals(digest, broker.engine().digest(), "what is refused changes nothing");
            meter.expectAndAcknowledge("1");
            assertEquals(IMPLEMENTATION_SPECIFIC_ERROR, meter.unsubscribe("a"));
            broker.freeDisk();
            assertEquals(0, meter.unsubscribe("a"), "it was subscribed still");
            broker.client("new").connect(PERSISTENT_V3).expectNoSession();
            away.connect(PERSISTENT.cleanStart(true)).expectNoSession().expectNothing();
        }
    }

    /** Its UNSUBACK would say that it is not subscribed. */
    @Test
    void anUnsubscribeOf311ThatIsRefusedForWantOfRoomEndsTheConnection() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient old = broker.client("old").connect(PERSISTENT_V3).subscribe("a", 1);
            broker.useReserve();
            assertEquals(0x11, old.unsubscribe("b"), "nothing would change");
            old.requestUnsubscribe("a").expectClosed();
            broker.freeDisk();
            old.reconnect();
            broker.client("till").connect(PERSISTENT).publish("a", "1", 1).awaitPuback();
            old.expectAndAcknowledge("1");
        }
    }

    @Test
    void whenTheReserveIsUsedWhatIsHeldIsReleasedAndNothingElseIsJournaled() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = withAMessageToRelease(broker).reconnect();
            broker.useReserve();
            int before = broker.broker().journal().count();
            till.send(PUBREL, 99, 0).expectAck(PUBCOMP, 0);
            assertEquals(before, broker.broker().journal().count());
            till.resend().await(PUBCOMP);
            assertEquals(before + 1, broker.broker().journal().count());
            till.publish("a", "refused", 2).expectAck(PUBREC, QUOTA_EXCEEDED);
        }
    }

    private static ScenarioClient withAMessageToRelease(Scenario broker) {
        return broker.client("till")
                .connect(PERSISTENT)
                .resendLater()
                .holdReleases()
                .publish("a", "1", 2)
                .awaitPubrec()
                .cut();
    }

    /** Its SUBACK would say that it is subscribed. */
    @Test
    void aSubscribeOf31ThatIsRefusedForWantOfRoomEndsTheConnection() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient old = broker.client("old").connect(PERSISTENT_V31).subscribe("b", 1);
            broker.useReserve();
            old.requestSubscribe("a", 1).expectClosed();
            broker.freeDisk();
            old.reconnect();
            broker.useReserve();
            assertEquals(List.of(1), old.trySubscribe(Filter.filter("b", 1)), "it cannot know that it has it still");
            old.requestSubscribe("b", 0).expectClosed();
        }
    }

    @Test
    void whatFollowsARefusedConnectIsNotJournaled() {
        try (Scenario broker = Scenario.start()) {
            broker.useReserve();
            int before = broker.broker().journal().count();
            broker.client("till")
                    .tryConnect(PERSISTENT)
                    .expectConnack(SERVER_BUSY)
                    .cut();
            assertEquals(before, broker.broker().journal().count());
        }
    }

    @Test
    void aFullDiskDoesNotRefuseWhatWasAcceptedBefore() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(PERSISTENT);
            broker.holdForces();
            till.publish("a", "1", 2).cut();
            broker.force().fillDisk();
            till.reconnect().awaitPubcomp();
            meter.expectAndAcknowledge("1").expectNothing();
        }
    }
}
