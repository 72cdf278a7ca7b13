package io.tally.engine.sim;

import static io.tally.engine.sim.ConnectOptions.CLEAN;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT_V3;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.engine.DropCounts;
import io.tally.engine.sim.Packet.AckKind;
import io.tally.protocol.command.FullQueue;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import org.junit.jupiter.api.Test;

/** A full queue does what its policy says, and says how often. */
class QueueLimitScenarioTest {
    private static final Limits TWO = Limits.NONE.with(Limit.QUEUED_MESSAGES, 2);

    @Test
    void dropsTheNewestByDefault() {
        try (Scenario broker = Scenario.start(TWO)) {
            ScenarioClient reader = broker.client("reader")
                    .connect(PERSISTENT)
                    .subscribe("a", 1)
                    .cut();
            broker.client("till").connect(CLEAN).publishMany("a", 0, 5, 1);
            assertEquals(new DropCounts(3, 0, 0, 0), broker.engine().dropCounts());
            broker.checkpoint().crash().restart();
            assertEquals(0, broker.engine().dropCounts().sum(), "counted since the process began");
            reader.reconnect().expectAndAcknowledge("m0", "m1").expectNothing();
        }
    }

    @Test
    void dropsTheOldestIfSo() {
        try (Scenario broker = Scenario.start(TWO.with(FullQueue.DROP_OLDEST))) {
            ScenarioClient reader = broker.client("reader")
                    .connect(PERSISTENT)
                    .subscribe("a", 1)
                    .cut();
            broker.client("till").connect(CLEAN).publishMany("a", 0, 5, 1);
            assertEquals(new DropCounts(0, 3, 0, 0), broker.engine().dropCounts());
            broker.checkpoint().crash().restart();
            reader.reconnect().expectAndAcknowledge("m3", "m4").expectNothing();
        }
    }

    @Test
    void neverDropsWhatMayHaveBeenSent() {
        try (Scenario broker = Scenario.start(TWO.with(FullQueue.DROP_OLDEST))) {
            ScenarioClient reader = broker.client("reader").connect(PERSISTENT.receiveMaximum(1));
            reader.subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(CLEAN).publishMany("a", 0, 2, 1);
            reader.expectPublish("m0");
            till.publishMany("a", 2, 4, 1);
            assertEquals(new DropCounts(2, 0, 0, 0), broker.engine().dropCounts(), "both may be on their way");
            reader.cut();
            till.publishMany("a", 4, 6, 1);
            assertEquals(new DropCounts(2, 2, 0, 0), broker.engine().dropCounts());
            reader.reconnect().expectPublish("m0").asDup().acknowledge();
            reader.expectAndAcknowledge("m5").expectNothing();
        }
    }

    @Test
    void makesRoomInBytes() {
        try (Scenario broker =
                Scenario.start(Limits.NONE.with(Limit.QUEUED_BYTES, 200).with(FullQueue.DROP_OLDEST))) {
            ScenarioClient reader = broker.client("reader")
                    .connect(PERSISTENT)
                    .subscribe("a", 1)
                    .cut();
            ScenarioClient till = broker.client("till").connect(CLEAN).publishMany("a", 0, 5, 1);
            till.publish("a", "x".repeat(120), 1).publish("a", "y".repeat(300), 1);
            assertEquals(new DropCounts(1, 4, 0, 0), broker.engine().dropCounts());
            reader.reconnect().expectAndAcknowledge("m4", "x".repeat(120)).expectNothing();
        }
    }

    @Test
    void refusesWhatDoesNotFitSomebodySoThatNobodyGetsIt() {
        try (Scenario broker = Scenario.start(TWO.with(FullQueue.REJECT))) {
            ScenarioClient reader = broker.client("reader").connect(PERSISTENT).subscribe("a/#", 1);
            ScenarioClient absent = broker.client("absent")
                    .connect(PERSISTENT)
                    .subscribe("a/b", 1)
                    .cut();
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("a/b", "m0", 1).awaitPuback().publish("a/b", "m1", 2).awaitPubcomp();
            reader.expectAndAcknowledge("m0", "m1");
            till.publishRetained("a/b", "m2", 1).expectAck(AckKind.PUBACK, 0x97);
            till.publish("a/b", "m3", 2).expectAck(AckKind.PUBREC, 0x97);
            till.publish("a/c", "m4", 1).awaitPuback();
            reader.expectAndAcknowledge("m4").expectNothing();
            assertEquals(0, broker.engine().retainedCount());
            assertEquals(new DropCounts(0, 0, 2, 0), broker.engine().dropCounts());
            absent.reconnect().expectAndAcknowledge("m0", "m1").expectNothing();
            till.publish("a/b", "m5", 1).awaitPuback();
        }
    }

    @Test
    void refusesBefore5ByClosingAndTakesNothingBehindIt() {
        try (Scenario broker = Scenario.start(TWO.with(FullQueue.REJECT))) {
            ScenarioClient absent = broker.client("absent")
                    .connect(PERSISTENT)
                    .subscribe("a", 1)
                    .cut();
            ScenarioClient reader = broker.client("reader").connect(CLEAN).subscribe("#", 1);
            ScenarioClient till = broker.client("till").connect(PERSISTENT_V3.will("w", "gone", 1));
            till.publishMany("a", 0, 3, 1).expectClosed();
            reader.expectAndAcknowledge("m0", "m1", "gone").expectNothing();
            absent.reconnect().expectAndAcknowledge("m0", "m1");
            till.reconnect().expectSession();
            reader.expectAndAcknowledge("m2").expectNothing();
        }
    }

    /** Its close would be repeated whenever the client returns. */
    @Test
    void refusesNothingBefore5ThatIsTooLargeForEveryQueue() {
        try (Scenario broker =
                Scenario.start(Limits.NONE.with(Limit.QUEUED_BYTES, 200).with(FullQueue.REJECT))) {
            ScenarioClient absent = broker.client("absent")
                    .connect(PERSISTENT)
                    .subscribe("a", 1)
                    .cut();
            ScenarioClient reader = broker.client("reader").connect(CLEAN).subscribe("#", 1);
            String large = "x".repeat(300);
            broker.client("v5").connect(CLEAN).publish("a", large, 1).expectAck(AckKind.PUBACK, 0x97);
            ScenarioClient till = broker.client("till").connect(PERSISTENT_V3);
            till.publish("a", large, 1).awaitPuback().publish("a", "small", 2).awaitPubcomp();
            assertEquals(new DropCounts(1, 0, 1, 0), broker.engine().dropCounts());
            reader.expectAndAcknowledge(large, "small").expectNothing();
            absent.reconnect().expectAndAcknowledge("small").expectNothing();
        }
    }

    @Test
    void retainedMessagesWaitForRoom() {
        for (Limits limits : new Limits[] {TWO, Limits.NONE.with(Limit.QUEUED_BYTES, 100)}) {
            try (Scenario broker = Scenario.start(limits)) {
                ScenarioClient till = broker.client("till").connect(CLEAN);
                for (int i = 0; i < 9; i++) {
                    till.publishRetained("p/" + i, "m" + i, 1);
                }
                ScenarioClient reader =
                        broker.client("reader").connect(PERSISTENT).subscribe("p/#", 1);
                for (int i = 0; i < 9; i++) {
                    if (i == 4) {
                        broker.checkpoint().crash().restart();
                        reader.reconnect();
                    }
                    broker.advanceSeconds(1);
                    reader.expectAndAcknowledge("m" + i);
                }
                reader.expectNothing();
                assertEquals(0, broker.engine().dropCounts().sum());
            }
        }
    }
}
