package io.tally.engine.sim;

import static io.tally.engine.sim.ConnectOptions.CLEAN;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT;
import static io.tally.engine.sim.Packet.AckKind.PUBREC;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Table;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.SharedStrategy;
import java.nio.ByteOrder;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Shared subscriptions: each message to exactly one member; the audit counts. */
class SharedScenarioTest {
    private static final String GROUP = "$share/crew/job/#";
    private static final Limits BY_TOPIC = Limits.NONE.with(Limit.SHARED_STRATEGY, SharedStrategy.HASH_TOPIC.code);

    @Test
    void theAbsentGetNothingWhileSomeoneIsThere() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient here = broker.client("here").connect(PERSISTENT).subscribe(GROUP, 1);
            ScenarioClient gone = broker.client("gone").connect(PERSISTENT).subscribe(GROUP, 1);
            gone.cut();
            ScenarioClient boss = broker.client("boss").connect(CLEAN);
            for (int i = 0; i < 20; i++) {
                boss.publish("job/1", "job " + i, 1).awaitPuback();
                here.expectAndAcknowledge("job " + i);
            }
            gone.reconnect().expectNothing();
        }
    }

    @Test
    void whenNobodyIsThereMessagesWaitForWhomComesFirst() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient a = broker.client("a").connect(PERSISTENT).subscribe(GROUP, 0);
            ScenarioClient b = broker.client("b").connect(PERSISTENT).subscribe(GROUP, 2);
            a.cut();
            b.cut();
            ScenarioClient boss = broker.client("boss").connect(CLEAN);
            for (int i = 0; i < 10; i++) {
                boss.publish("job/1", "job " + i, 2).awaitPubcomp();
            }
            broker.checkpoint().crash().restart();
            b.reconnect();
            a.reconnect().expectNothing();
            for (int i = 0; i < 10; i++) {
                b.expectAndAcknowledge("job " + i);
            }
        }
    }

    @Test
    void eachGroupGetsItsOwnCopyBesidePlainSubscriptions() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter")
                    .connect(PERSISTENT)
                    .subscribe(Filter.filter("$share/x/job", 1).id(1))
                    .subscribe(Filter.filter("$share/y/job", 1).id(2))
                    .subscribe(Filter.filter("job", 1).id(3));
            broker.client("boss").connect(CLEAN).publish("job", "1", 1);
            meter.expectPublish("1").withIds(3).acknowledge();
            meter.expectAndAcknowledge("1", "1").expectNothing();
        }
    }

    @Test
    void groupsDeliverInTheSameOrderAfterARestart() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT);
            // These names have one hash.
            meter.subscribe(Filter.filter("$share/BB/job", 1).id(1));
            meter.subscribe(Filter.filter("$share/Aa/job", 2).id(2)).cut();
            broker.checkpoint();
            broker.client("boss").connect(CLEAN).publish("job", "1", 2).awaitPubcomp();
            broker.crash().restart();
            meter.reconnect().expectPublish("1").withIds(2).expectPublish("1").withIds(1);
        }
    }

    @Test
    void aQos2MessageInFlightStaysWithItsMember() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient a = broker.client("a").connect(PERSISTENT).subscribe(GROUP, 2);
            broker.client("boss").connect(CLEAN).publish("job/1", "1", 2);
            a.expectPublish("1").cut();
            ScenarioClient b = broker.client("b").connect(PERSISTENT).subscribe(GROUP, 2);
            b.expectNothing();
            a.reconnect().expectPublish("1").asDup().send(PUBREC).expectPubrel().cut();
            broker.crash().restart();
            b.reconnect().expectNothing();
            a.reconnect().expectPubrel().expectNothing();
        }
    }

    /** Each of its groups has found it full; what is known of that is no state, and follows from the state. */
    @Test
    void aMemberOfManyGroupsGoesOnWithAllOfThemAsBeforeARestart() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient a = broker.client("a").connect(PERSISTENT.receiveMaximum(2));
            for (int i = 0; i < 5; i++) {
                a.subscribe(Filter.filter("$share/g" + i + "/job", 1).id(i + 1));
            }
            ScenarioClient boss = broker.client("boss").connect(CLEAN).publish("job", "1", 1);
            broker.checkpoint();
            boss.publish("job", "2", 1);
            a.expectAndAcknowledge("1", "1", "2", "1");
            broker.crashKeepingAll().restart();
            a.reconnect();
            a.expectAndAcknowledge("2", "1", "2", "1", "2", "2").expectNothing();
        }
    }

    @Test
    void theGroupsOfAMemberTakeTurns() {
        for (SharedStrategy strategy : SharedStrategy.values()) {
            try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.SHARED_STRATEGY, strategy.code))) {
                ScenarioClient m = broker.client("m").connect(PERSISTENT.receiveMaximum(1));
                m.subscribe(Filter.filter("$share/a/x", 1).id(1))
                        .subscribe(Filter.filter("$share/b/y", 1).id(2))
                        .subscribe(Filter.filter("$share/z/y", 1).id(3));
                ScenarioClient boss = broker.client("boss").connect(CLEAN);
                boss.publishMany("x", 0, 9, 1).publishMany("y", 0, 3, 1);
                for (int i = 0; i < 3; i++) {
                    m.expectPublish("m" + i).withIds(1).acknowledge();
                    m.expectPublish("m" + i).withIds(2).acknowledge();
                    m.expectPublish("m" + i).withIds(3).acknowledge();
                }
                m.expectAndAcknowledge("m3", "m4", "m5", "m6", "m7", "m8").expectNothing();
            }
        }
    }

    /** The topics whose owner comes new, each as the only one: what waits goes to it, here and after a load. */
    @Test
    void whatWaitsGoesToItsNewOwnerWhenNobodyHasAnythingOfItsTopic() {
        for (int i = 0; i < 8; i++) {
            String topic = "t/" + i;
            try (Scenario broker = Scenario.start(BY_TOPIC)) {
                ScenarioClient m = broker.client("m").connect(PERSISTENT.receiveMaximum(1));
                m.subscribe(Filter.filter("$share/a/x", 1).id(1))
                        .subscribe(Filter.filter("$share/g/t/+", 1).id(2));
                ScenarioClient boss = broker.client("boss").connect(CLEAN);
                boss.publish(topic, "m1", 1).publish(topic, "m2", 1).publish("x", "a1", 1);
                ScenarioClient n = broker.client("n").connect(PERSISTENT.receiveMaximum(1));
                n.subscribe(Filter.filter("$share/g/t/+", 1).id(3))
                        .subscribe(Filter.filter("$share/k/u", 1).id(4));
                boss.publish("u", "k1", 1);
                m.expectAndAcknowledge("m1");
                broker.checkpoint();
                n.expectAndAcknowledge("k1");
                broker.crashKeepingAll().restart();
                n.reconnect();
                m.reconnect();
            }
        }
    }

    /** It would wait for one who has no room, while its owner has. */
    @Test
    void anOwnerWithRoomGetsWhatWaitedForAnother() {
        int served = 0;
        for (int i = 0; i < 8; i++) {
            String topic = "t/" + i;
            try (Scenario broker = Scenario.start(BY_TOPIC)) {
                ScenarioClient m = broker.client("m").connect(PERSISTENT.receiveMaximum(2));
                m.subscribe(Filter.filter("$share/a/x", 1).id(1))
                        .subscribe(Filter.filter("$share/g/t/+", 1).id(2));
                ScenarioClient boss = broker.client("boss").connect(CLEAN);
                boss.publish("x", "a1", 1)
                        .publish(topic, "m1", 1)
                        .publish(topic, "m2", 1)
                        .publish("x", "a2", 1);
                ScenarioClient n = broker.client("n").connect(PERSISTENT);
                n.subscribe(Filter.filter("$share/g/t/+", 1).id(3));
                n.expectNothing();
                m.expectPublish("a1").expectPublish("m1").acknowledge();
                served += n.waitingPublishCount();
            }
        }
        assertTrue(served > 0 && served < 8, served + " topics went on with their new owner");
    }

    @Test
    void aGroupByTopicKeepsNothingOfTopicsThatAreDone() {
        try (Scenario broker = Scenario.start(BY_TOPIC)) {
            ScenarioClient a = broker.client("a").connect(PERSISTENT.receiveMaximum(3));
            a.subscribe(GROUP, 1);
            ScenarioClient boss = broker.client("boss").connect(CLEAN);
            for (int i = 0; i < 100; i++) {
                boss.publish("job/" + i, "same", 1);
            }
            broker.checkpoint().crash().restart();
            a.reconnect();
            for (int i = 0; i < 100; i++) {
                a.expectAndAcknowledge("same");
            }
            a.expectNothing();
            broker.checkpoint();
            assertEquals(0, broker.rowCount(Table.QUEUE));
            UnsafeBuffer groupId = new UnsafeBuffer(new byte[8]);
            groupId.putLong(0, 2, ByteOrder.BIG_ENDIAN);
            int length = broker.broker().store().get(Table.GROUP, groupId, 8, new ExpandableArrayBuffer());
            assertTrue(length > 0 && length < 50, "a row of " + length + " bytes");
        }
    }

    /** [MQTT-4.8.2-5] is about what may have been sent: no more than may be in flight. */
    @Test
    void aTakeOverCostsNoQos2MessageThatCannotHaveBeenSent() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).inFlightMax(3))) {
            ScenarioClient a = broker.client("a").connect(CLEAN).subscribe(GROUP, 2);
            broker.client("boss").connect(CLEAN).publishMany("job/1", 0, 40, 2);
            ScenarioClient b = broker.client("b").connect(CLEAN).subscribe(GROUP, 2);
            broker.twin("a").connect(CLEAN);
            a.expectClosed();
            for (int i = 3; i < 40; i++) {
                b.expectAndAcknowledge("m" + i);
            }
            b.expectNothing();
        }
    }

    @Test
    void qos0GoesRound() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient a = broker.client("a").connect(CLEAN).subscribe(GROUP, 0);
            ScenarioClient b = broker.client("b").connect(CLEAN).subscribe(GROUP, 0);
            ScenarioClient boss = broker.client("boss").connect(CLEAN);
            boss.publish("job/1", "1", 0).publish("job/1", "2", 0);
            a.expectPublish("1").expectNothing();
            b.expectPublish("2").expectNothing();
            a.cut();
            boss.publish("job/1", "3", 0);
            b.expectPublish("3");
            assertEquals(2, broker.engine().sessionCount());
        }
    }
}
