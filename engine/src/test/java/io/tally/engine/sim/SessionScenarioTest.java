package io.tally.engine.sim;

import static io.tally.engine.sim.ConnectOptions.CLEAN;
import static io.tally.engine.sim.ConnectOptions.CLEAN_V3;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT_V3;
import static io.tally.engine.sim.Packet.AckKind.PUBREC;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sessions begin, are resumed, taken over and end. */
class SessionScenarioTest {
    private static final int TAKEN_OVER = 0x8E;
    private static final int SERVER_BUSY = 0x89;
    private static final int QUOTA_EXCEEDED = 0x97;

    @Test
    void takeOverClosesTheOldConnection() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient old = broker.client("meter").connect(PERSISTENT).expectNoSession();
            ScenarioClient fresh = broker.twin("meter").connect(PERSISTENT).expectSession();
            old.expectClosed(TAKEN_OVER);
            fresh.subscribe("a", 1).publish("a", "1", 1).expectAndAcknowledge("1");
        }
    }

    @Test
    void takeOverOfA311ConnectionJustClosesIt() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient old = broker.client("meter").connect(PERSISTENT_V3);
            broker.twin("meter").connect(PERSISTENT_V3).expectSession();
            old.expectClosed();
        }
    }

    @Test
    void takeOverMovesWhatIsQueued() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient old = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            broker.client("till").connect(CLEAN).publish("a", "1", 1).publish("a", "2", 2);
            old.expectPublish("1").expectPublish("2").send(PUBREC).expectPubrel();
            ScenarioClient fresh = broker.twin("meter").connect(PERSISTENT);
            fresh.expectPublish("1").asDup().acknowledge().expectPubrel().expectNothing();
        }
    }

    @Test
    void aConnectionThatIsTakenOverIsNotHeardAnyMore() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient old = broker.client("meter").connect(PERSISTENT);
            ScenarioClient watcher = broker.client("watcher").connect(CLEAN).subscribe("#", 1);
            broker.holdForces();
            broker.twin("meter").tryConnect(PERSISTENT);
            old.publish("a", "too late", 1);
            broker.force();
            watcher.expectNothing();
            old.expectClosed(TAKEN_OVER);
        }
    }

    @Test
    void aSessionOfOneConnectionLeavesNothingBehind() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(CLEAN).subscribe("a", 1);
            meter.cut();
            broker.client("till").connect(CLEAN_V3).publish("a", "1", 1).awaitPuback();
            meter.connect(PERSISTENT).expectNoSession().expectNothing();
            assertEquals(0, broker.engine().subscriptionCount());
        }
    }

    @Test
    void aCleanStartEndsTheSessionOfBefore() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 1);
            meter.cut();
            broker.client("till").connect(CLEAN).publish("a", "1", 1);
            meter.connect(PERSISTENT.cleanStart(true))
                    .expectNoSession()
                    .expectNothing()
                    .cut();
            broker.client("till").publish("a", "2", 1);
            meter.connect(PERSISTENT).expectSession().expectNothing();
        }
    }

    @Test
    void aSessionEndsWhenItsIntervalHasPassedAndNotBefore() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter =
                    broker.client("meter").connect(PERSISTENT.expiry(10)).expectExpiry(10);
            meter.cut();
            broker.advanceSeconds(9);
            meter.connect(PERSISTENT.expiry(10)).expectSession();
            broker.advanceSeconds(100);
            meter.cut();
            broker.advanceSeconds(10);
            assertEquals(0, broker.engine().sessionCount());
            meter.connect(PERSISTENT.expiry(10)).expectNoSession();
        }
    }

    @Test
    void anIntervalRunsThroughARestart() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient gone = broker.client("gone").connect(PERSISTENT.expiry(30));
            ScenarioClient here = broker.client("here").connect(PERSISTENT.expiry(30));
            gone.cut();
            broker.advanceSeconds(20).checkpoint().crash().advanceSeconds(5).restart();
            broker.advanceSeconds(5);
            gone.connect(PERSISTENT.expiry(30)).expectNoSession();
            here.connect(PERSISTENT.expiry(30)).expectSession();
        }
    }

    @Test
    void disconnectCanChangeTheInterval() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT);
            meter.disconnect(0, 5);
            broker.advanceSeconds(4);
            meter.reconnect().expectSession().disconnect(0, 0);
            meter.reconnect().expectNoSession();
        }
    }

    @Test
    void anIntervalIsCutToTheLimit() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.SESSION_EXPIRY_SECONDS, 60))) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).expectExpiry(60);
            ScenarioClient old = broker.client("old").connect(PERSISTENT_V3);
            meter.cut();
            old.cut();
            broker.advanceSeconds(61);
            meter.reconnect().expectNoSession();
            old.reconnect().expectNoSession();
        }
    }

    @Test
    void aSessionOf311LastsForEverOtherwise() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient old = broker.client("old").connect(PERSISTENT_V3);
            old.cut();
            broker.advanceSeconds(10_000_000);
            old.reconnect().expectSession();
        }
    }

    @Test
    void aSessionResumedWithIntervalZeroEndsWithThatConnection() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            broker.client("till").connect(CLEAN).publish("a", "1", 2).publish("a", "2", 1);
            meter.cut();
            meter.connect(PERSISTENT.expiry(0)).expectSession().expectAndAcknowledge("1");
            broker.crash().restart();
            meter.connect(PERSISTENT).expectNoSession().expectNothing();
        }
    }

    @Test
    void aSessionOfIntervalZeroIsNotTakenOver() {
        try (Scenario broker = Scenario.start()) {
            broker.client("meter").connect(PERSISTENT.expiry(0)).subscribe("a", 1);
            broker.twin("meter").connect(PERSISTENT).expectNoSession();
            assertEquals(0, broker.engine().subscriptionCount());
        }
    }

    @Test
    void tooManySessionsAreRefusedAndOldOnesMayReturn() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.SESSIONS, 2))) {
            ScenarioClient a = broker.client("a").connect(PERSISTENT);
            broker.client("b").connect(PERSISTENT);
            broker.client("c").tryConnect(PERSISTENT).expectConnack(SERVER_BUSY);
            a.cut();
            broker.client("c").tryConnect(CLEAN).expectConnack(SERVER_BUSY);
            a.reconnect().expectSession().disconnect(0, 0);
            broker.client("c").connect(PERSISTENT);
        }
    }

    @Test
    void aClientThatReturnsLeavesNoDeadlineBehind() {
        try (Scenario broker = Scenario.start()) {
            ConnectOptions options =
                    PERSISTENT.expiry(500).will("state", "gone", 1).willDelay(100);
            ScenarioClient meter = broker.client("meter").connect(options);
            for (int i = 0; i < 3; i++) {
                meter.cut();
                assertEquals(broker.engine().timeMs() + 100_000, broker.engine().nextDeadlineMs());
                broker.advanceSeconds(10);
                meter.connect(options);
                assertEquals(Long.MAX_VALUE, broker.engine().nextDeadlineMs());
            }
            meter.cut();
            broker.advanceSeconds(100);
            assertEquals(broker.engine().timeMs() + 400_000, broker.engine().nextDeadlineMs());
            broker.checkpoint().crash().restart();
            meter.connect(options);
            assertEquals(Long.MAX_VALUE, broker.engine().nextDeadlineMs());
            meter.disconnect(0, 0);
            assertEquals(Long.MAX_VALUE, broker.engine().nextDeadlineMs());
        }
    }

    @Test
    void tooManySubscriptionsAreRefusedAndOldOnesMayChange() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.SUBSCRIPTIONS, 2))) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT);
            assertEquals(
                    List.of(1, 1, QUOTA_EXCEEDED, 2),
                    meter.trySubscribe(
                            Filter.filter("a", 1),
                            Filter.filter("b", 1),
                            Filter.filter("c", 1),
                            Filter.filter("a", 2)));
            assertEquals(2, broker.engine().subscriptionCount());
            broker.checkpoint().crash().restart();
            meter.reconnect();
            assertEquals(List.of(QUOTA_EXCEEDED), meter.trySubscribe(Filter.filter("c", 1)));
            assertEquals(0, meter.unsubscribe("b"));
            assertEquals(List.of(1), meter.trySubscribe(Filter.filter("c", 1)));
        }
    }

    @Test
    void sharedSubscriptionsHaveALimitOfTheirOwn() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.SHARED_SUBSCRIPTIONS, 1))) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT);
            assertEquals(
                    List.of(1, 1, QUOTA_EXCEEDED, 2, 1),
                    meter.trySubscribe(
                            Filter.filter("$share/g/#", 1),
                            Filter.filter("a", 1),
                            Filter.filter("$share/h/#", 1),
                            Filter.filter("$share/g/#", 2),
                            Filter.filter("b", 1)));
            broker.checkpoint().crash().restart();
            meter.reconnect();
            assertEquals(List.of(QUOTA_EXCEEDED), meter.trySubscribe(Filter.filter("$share/h/#", 1)));
            assertEquals(0, meter.unsubscribe("$share/g/#"));
            assertEquals(List.of(1), meter.trySubscribe(Filter.filter("$share/h/#", 1)));
        }
    }

    @Test
    void unsubscribingStopsNewMessagesAndKeepsQueuedOnes() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 1);
            meter.cut();
            ScenarioClient till = broker.client("till").connect(CLEAN).publish("a", "1", 1);
            meter.reconnect();
            assertEquals(0, meter.unsubscribe("a"));
            assertEquals(0x11, meter.unsubscribe("a"));
            till.publish("a", "2", 1);
            meter.expectAndAcknowledge("1").expectNothing();
        }
    }
}
