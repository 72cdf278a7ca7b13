package io.tally.engine.sim;

import static io.tally.engine.sim.ConnectOptions.CLEAN;
import static io.tally.engine.sim.ConnectOptions.CLEAN_V3;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Wills are published when, and only when, they should be. */
class WillScenarioTest {
    private static final ConnectOptions WITH_WILL = PERSISTENT.will("state", "lost", 1);

    @Test
    void willIsPublishedWhenTheConnectionBreaks() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            broker.client("meter").connect(WITH_WILL).cut();
            watcher.expectPublish("lost").withQos(1).withRetain(false).acknowledge();
            broker.client("old").connect(CLEAN_V3.will("state", "old lost", 2)).cut();
            watcher.expectPublish("old lost").withQos(2).acknowledge().expectNothing();
        }
    }

    @Test
    void willIsDroppedByDisconnectUnlessItAsksForIt() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            broker.client("meter").connect(WITH_WILL).disconnect();
            watcher.expectNothing();
            broker.client("meter").connect(WITH_WILL).disconnect(4, Packet.NONE);
            watcher.expectAndAcknowledge("lost");
        }
    }

    @Test
    void willIsPublishedOnTakeOver() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            broker.client("meter").connect(WITH_WILL);
            broker.twin("meter").connect(PERSISTENT);
            watcher.expectAndAcknowledge("lost");
        }
    }

    @Test
    void willWithDelayWaits() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            broker.client("meter").connect(WITH_WILL.willDelay(10)).cut();
            broker.advanceSeconds(9);
            watcher.expectNothing();
            broker.advanceSeconds(1);
            watcher.expectAndAcknowledge("lost");
            broker.advanceSeconds(100);
            watcher.expectNothing();
        }
    }

    @Test
    void willDelayIsCancelledByReturn() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            ScenarioClient meter = broker.client("meter").connect(WITH_WILL.willDelay(10));
            meter.cut();
            broker.advanceSeconds(5);
            meter.connect(PERSISTENT).expectSession();
            broker.advanceSeconds(100);
            meter.cut();
            watcher.expectNothing();
        }
    }

    @Test
    void takeOverWithADelayedWillPublishesNothingIfTheSessionGoesOn() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            broker.client("meter").connect(WITH_WILL.willDelay(10));
            broker.twin("meter").connect(PERSISTENT).expectSession();
            broker.advanceSeconds(100);
            watcher.expectNothing();
            broker.client("meter").connect(WITH_WILL.willDelay(10));
            broker.twin("meter").connect(PERSISTENT.cleanStart(true)).expectNoSession();
            watcher.expectAndAcknowledge("lost");
        }
    }

    @Test
    void delayedWillComesAtTheEndOfTheSessionAtTheLatest() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            broker.client("meter").connect(WITH_WILL.expiry(5).willDelay(1_000)).cut();
            broker.advanceSeconds(5);
            watcher.expectAndAcknowledge("lost");
            broker.client("meter").connect(WITH_WILL.willDelay(1_000)).cut();
            broker.client("meter").connect(CLEAN);
            watcher.expectAndAcknowledge("lost").expectNothing();
        }
    }

    @Test
    void willsOfACrashArePublishedAtTheRestart() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            broker.client("meter").connect(WITH_WILL);
            broker.client("late").connect(PERSISTENT.will("state", "late", 1).willDelay(10));
            broker.checkpoint().crash().advanceSeconds(100).restart();
            watcher.reconnect().expectSession().expectAndAcknowledge("lost").expectNothing();
            broker.advanceSeconds(10);
            watcher.expectAndAcknowledge("late");
        }
    }

    @Test
    void delayedWillOutlivesTheProcess() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            broker.client("meter").connect(WITH_WILL.willDelay(60)).cut();
            broker.checkpoint().crash().advanceSeconds(30).restart();
            watcher.reconnect().expectNothing();
            broker.advanceSeconds(30);
            watcher.expectAndAcknowledge("lost");
        }
    }

    @Test
    void willOutlivesTheJournalFileOfItsConnect() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1_000))) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            ScenarioClient meter = broker.client("meter").connect(WITH_WILL);
            ScenarioClient till = broker.client("till").connect(CLEAN);
            for (int i = 0; i < 50; i++) {
                till.publish("else", "m" + i, 1);
            }
            broker.checkpoint();
            assertTrue(broker.deleteFiles() > 0);
            meter.cut();
            watcher.expectPublish("lost").cut();
            broker.checkpoint().crash().restart();
            watcher.reconnect().expectPublish("lost").asDup().acknowledge();
        }
    }

    @Test
    void willCanBeRetained() {
        try (Scenario broker = Scenario.start()) {
            broker.client("meter").connect(WITH_WILL.willRetained()).cut();
            ScenarioClient watcher = broker.client("watcher").connect(CLEAN).subscribe("state", 2);
            watcher.expectPublish("lost").withRetain(true).acknowledge();
            broker.checkpoint().crash().restart();
            watcher.reconnect().subscribe("state", 0).expectPublish("lost").withQos(0);
            assertEquals(1, broker.engine().retainedCount());
        }
    }

    @Test
    void expiryOfAWillRunsFromItsPublication() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(PERSISTENT).subscribe("state", 2);
            ScenarioClient late = broker.client("late").connect(PERSISTENT).subscribe("state", 2);
            watcher.cut();
            late.cut();
            ScenarioClient meter = broker.client("meter").connect(WITH_WILL.willExpiry(20));
            broker.advanceSeconds(100);
            meter.cut();
            broker.advanceSeconds(15).checkpoint().crash().restart();
            watcher.reconnect().expectPublish("lost").withExpiry(5).acknowledge();
            broker.advanceSeconds(10);
            late.reconnect().expectNothing();
        }
    }

    @Test
    void aWillThatOnlyASessionOfBeforeTheCrashNeededIsKeptNoLonger() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher = broker.client("watcher").connect(CLEAN).subscribe("state", 2);
            broker.client("meter").connect(WITH_WILL).cut();
            watcher.expectPublish("lost");
            broker.checkpoint();
            assertEquals(1, broker.keptCount());
            broker.crash().restart().checkpoint();
            assertEquals(0, broker.keptCount());
        }
    }

    @Test
    void willGoesThroughNoLocalOfItsOwnSession() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter")
                    .connect(WITH_WILL)
                    .subscribe(Filter.filter("state", 1).noLocal());
            meter.cut();
            meter.connect(PERSISTENT).expectNothing();
        }
    }
}
