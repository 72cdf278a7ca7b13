package io.tally.engine.sim;

import static io.tally.engine.sim.ConnectOptions.CLEAN;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.protocol.command.FullQueue;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.SharedStrategy;
import org.junit.jupiter.api.Test;

/** Full queues of sessions that hold messages of shared groups. */
class SharedOverflowScenarioTest {
    @Test
    void aMemberThatEndsIsForgottenThoughItsQueueWasFull() {
        Limits limits = Limits.NONE.with(Limit.QUEUED_MESSAGES, 2).with(FullQueue.DROP_OLDEST);
        try (Scenario broker = Scenario.start(limits)) {
            ScenarioClient b = broker.client("b").connect(PERSISTENT).subscribe("$share/g/s", 1);
            b.cut();
            ScenarioClient a = broker.client("a").connect(PERSISTENT.expiry(10).receiveMaximum(1));
            a.subscribe("p", 1).subscribe("$share/g/s", 1);
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("p", "1", 1).publish("s", "2", 1);
            a.expectPublish("1").cut();
            till.publish("p", "3", 1);
            broker.advanceSeconds(60);
            till.publish("q", "4", 1);
            b.reconnect();
        }
    }

    @Test
    void whatWaitsForAGroupIsDroppedOldestFirstIfSo() {
        for (SharedStrategy strategy : SharedStrategy.values()) {
            Limits limits = Limits.NONE
                    .with(Limit.QUEUED_MESSAGES, 3)
                    .with(FullQueue.DROP_OLDEST)
                    .with(Limit.SHARED_STRATEGY, strategy.code);
            try (Scenario broker = Scenario.start(limits)) {
                ScenarioClient a = broker.client("a").connect(PERSISTENT.receiveMaximum(1));
                a.subscribe("$share/g/t", 2);
                ScenarioClient till = broker.client("till").connect(CLEAN);
                for (int i = 0; i < 9; i++) {
                    till.publish("t", "m" + i, 1);
                }
                broker.checkpoint();
                till.publish("t", "m9", 1);
                assertEquals(6, broker.engine().dropCounts().oldest());
                broker.crash().restart();
                a.reconnect();
                a.expectPublish("m0").asDup().acknowledge();
                a.expectAndAcknowledge("m7", "m8", "m9").expectNothing();
            }
        }
    }

    @Test
    void theSameMembersAreReadyAfterARestart() {
        Limits limits = Limits.NONE.with(Limit.QUEUED_MESSAGES, 4148).with(FullQueue.DROP_OLDEST);
        try (Scenario broker = Scenario.start(limits)) {
            ScenarioClient a = broker.client("a").connect(PERSISTENT.receiveMaximum(1));
            a.subscribe("p", 1).subscribe("$share/g/s", 1);
            broker.client("b").connect(PERSISTENT.receiveMaximum(1)).subscribe("$share/g/s", 1);
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publishMany("p", 0, 4108, 1);
            till.publish("s", "s1", 1);
            till.publishMany("p", 4108, 4208, 1);
            broker.checkpoint();
            till.publish("s", "s2", 1).publish("s", "s3", 1);
        }
    }

    @Test
    void retainedMessagesThatWaitGoOnWhenAGroupTakesItsMessagesBack() {
        Limits limits = Limits.NONE.with(Limit.QUEUED_MESSAGES, 10);
        try (Scenario broker = Scenario.start(limits)) {
            ScenarioClient till = broker.client("till").connect(CLEAN);
            for (int i = 0; i < 20; i++) {
                till.publishRetained("r/" + i, "r" + i, 1);
            }
            ScenarioClient a = broker.client("a").connect(PERSISTENT).subscribe("$share/g/s", 1);
            broker.client("b").connect(PERSISTENT.receiveMaximum(1)).subscribe("$share/g/s", 1);
            till.publishMany("s", 0, 9, 1);
            a.subscribe("r/#", 1);
            a.cut();
            broker.checkpoint();
            broker.advanceSeconds(1);
            till.publish("q", "x", 1);
            broker.advanceSeconds(1);
            till.publish("q", "y", 1);
        }
    }
}
