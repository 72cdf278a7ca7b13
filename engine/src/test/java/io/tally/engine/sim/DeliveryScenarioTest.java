package io.tally.engine.sim;

import static io.tally.engine.sim.ConnectOptions.CLEAN;
import static io.tally.engine.sim.ConnectOptions.CLEAN_V3;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT_V3;
import static io.tally.engine.sim.Filter.filter;
import static io.tally.engine.sim.Packet.AckKind.PUBACK;
import static io.tally.engine.sim.Packet.AckKind.PUBCOMP;
import static io.tally.engine.sim.Packet.AckKind.PUBREC;
import static io.tally.engine.sim.Packet.AckKind.PUBREL;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Messages from publishers to subscribers, without faults of the broker. */
class DeliveryScenarioTest {
    private static final int PACKET_IDS = 65_535;

    @Test
    void deliversToWhomeverIsSubscribedAndToNobodyElse() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("bill/+", 1);
            ScenarioClient other = broker.client("other").connect(CLEAN_V3).subscribe("bill", 2);
            broker.client("till").connect(CLEAN).publish("bill/1", "9.99", 1).awaitPuback();
            meter.expectAndAcknowledge("9.99").expectNothing();
            other.expectNothing();
        }
    }

    @Test
    void deliversAtTheLowerOfBothQos() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient once = broker.client("once").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient most = broker.client("most").connect(PERSISTENT).subscribe("a", 0);
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("a", "one", 1).publish("a", "two", 2).publish("a", "three", 0);
            once.expectPublish("one").withQos(1).acknowledge();
            once.expectPublish("two").withQos(2).acknowledge();
            once.expectPublish("three").withQos(0);
            most.expectPublish("one").withQos(0).withPacketId(0);
            most.expectPublish("two").withQos(0).expectPublish("three").expectNothing();
        }
    }

    @Test
    void losesQos0ForAbsentSessionsUnlessTheyAreToBeQueued() {
        Limits queueing = Limits.NONE.with(Limit.QUEUE_QOS0, true);
        for (Limits limits : new Limits[] {Limits.NONE, queueing}) {
            try (Scenario broker = Scenario.start(limits)) {
                ScenarioClient meter =
                        broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
                meter.cut();
                broker.client("till").connect(CLEAN).publish("a", "gone", 0);
                meter.reconnect().expectSession();
                if (limits.isOn(Limit.QUEUE_QOS0)) {
                    meter.expectPublish("gone").withQos(0).withRetain(false);
                }
                meter.expectNothing().cut().reconnect().expectNothing();
            }
        }
    }

    @Test
    void overlappingSubscriptionsMakeOneDeliveryAtTheHighestQosWithAllIds() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter")
                    .connect(PERSISTENT)
                    .subscribe(filter("a/#", 0).id(7))
                    .subscribe(filter("a/+", 2).id(3))
                    .subscribe(filter("+/b", 1));
            broker.client("till").connect(CLEAN).publish("a/b", "x", 2).awaitPubcomp();
            meter.expectPublish("x").withQos(2).withIds(3, 7).acknowledge().expectNothing();
        }
    }

    @Test
    void noLocalKeepsAwayOnlyWhatOneHasPublishedOneself() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient a = broker.client("a")
                    .connect(PERSISTENT)
                    .subscribe(filter("t", 1).noLocal());
            ScenarioClient b = broker.client("b").connect(PERSISTENT).subscribe("t", 1);
            a.publish("t", "mine", 1).awaitPuback();
            b.publish("t", "yours", 1).awaitPuback();
            a.expectAndAcknowledge("yours").expectNothing();
            b.expectAndAcknowledge("mine", "yours").expectNothing();
        }
    }

    @Test
    void wildcardsAtTheStartDoNotSeeTopicsOfTheBroker() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient all =
                    broker.client("all").connect(PERSISTENT).subscribe("#", 1).subscribe("+/x", 1);
            ScenarioClient asked = broker.client("asked").connect(PERSISTENT).subscribe("$SYS/#", 1);
            broker.client("till").connect(CLEAN).publish("$SYS/x", "inside", 1);
            asked.expectAndAcknowledge("inside");
            all.expectNothing();
        }
    }

    @Test
    void saysWhenNobodyIsSubscribed() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("a", "one", 1).expectAck(PUBACK, 0x10);
            till.publish("a", "two", 2).expectAck(PUBREC, 0x10).expectAck(PUBCOMP, 0);
            broker.client("old").connect(CLEAN_V3).publish("a", "three", 1).expectAck(PUBACK, 0);
        }
    }

    @Test
    void sendsNoMoreThanReceiveMaximumAndGoesOnWithEachAcknowledgement() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter =
                    broker.client("meter").connect(PERSISTENT.receiveMaximum(2)).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("a", "1", 1).publish("a", "2", 2).publish("a", "3", 1).publish("a", "4", 2);
            meter.expectPublish("1").expectPublish("2").expectNothing();
            meter.send(PUBREC).expectPubrel().expectNothing();
            meter.send(PUBCOMP).expectPublish("3").expectNothing();
            meter.send(PUBACK, 1, 0).expectPublish("4").expectNothing();
        }
    }

    @Test
    void aPubrecThatRefusesEndsTheDelivery() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter =
                    broker.client("meter").connect(PERSISTENT.receiveMaximum(1)).subscribe("a", 2);
            broker.client("till").connect(CLEAN).publish("a", "bad", 2).publish("a", "good", 2);
            meter.expectPublish("bad")
                    .send(PUBREC, 1, 0x99)
                    .expectPublish("good")
                    .acknowledge();
            meter.cut().reconnect().expectNothing();
        }
    }

    @Test
    void keepsOrderOnResume() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT_V3).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("a", "1", 1).publish("a", "2", 2).publish("a", "3", 1).publish("a", "4", 2);
            meter.expectPublish("1").expectPublish("2").expectPublish("3").send(PUBACK);
            meter.cut();
            till.publish("a", "5", 1);
            meter.reconnect().expectSession();
            meter.expectPublish("1").asDup().withPacketId(1);
            meter.expectPublish("2").asDup().withPacketId(2);
            meter.expectPublish("4").asDup().withPacketId(4);
            meter.expectPublish("5").notDup().withPacketId(5).expectNothing();
        }
    }

    @Test
    void onlyWhatWasOnTheWireIsSentAgainAsDup() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter =
                    broker.client("meter").connect(PERSISTENT.receiveMaximum(1)).subscribe("a", 1);
            broker.client("till").connect(CLEAN).publish("a", "1", 1).publish("a", "2", 1);
            meter.expectPublish("1").expectNothing().cut();
            meter.reconnect().expectPublish("1").asDup().acknowledge();
            meter.expectPublish("2").notDup().acknowledge();
        }
    }

    @Test
    void whatAConnectionHadThatIsTakenOverComesAgainAsDup() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            broker.client("till").connect(CLEAN).publish("a", "1", 2);
            meter.expectPublish("1").notDup().vanish();
            meter.reconnect()
                    .expectSession()
                    .expectPublish("1")
                    .asDup()
                    .acknowledge()
                    .expectNothing();
        }
    }

    @Test
    void resumesAReleasedMessageWithPubrelAlone() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            broker.client("till").connect(CLEAN).publish("a", "1", 2);
            meter.expectPublish("1").send(PUBREC).expectPubrel().cut();
            meter.reconnect().expectPubrel().expectNothing().send(PUBCOMP).cut();
            meter.reconnect().expectNothing();
        }
    }

    @Test
    void aQos2MessageThatIsKnownIsNotRoutedAgain() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(PERSISTENT);
            till.holdReleases().publish("a", "once", 2).awaitPubrec().cut();
            meter.expectAndAcknowledge("once");
            till.reconnect().expectSession().await(PUBCOMP);
            till.publish("a", "again", 2).awaitPubrec();
            meter.expectAndAcknowledge("again").expectNothing();
        }
    }

    @Test
    void aPubrelForAnUnknownIdIsAnswered() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(PERSISTENT);
            till.publish("a", "1", 2).expectAck(PUBREC, 0x10).await(PUBCOMP).expectNoAck();
            till.send(PUBREL, 77, 0).expectAck(PUBCOMP, 0x92);
        }
    }

    @Test
    void aPubrelWhosePubcompWasLostIsNoErrorAfterAResume() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(PERSISTENT);
            till.publish("a", "1", 2).expectAck(PUBREC, 0x10).await(PUBCOMP).cut();
            till.reconnect().expectSession();
            till.send(PUBREL, 1, 0).expectAck(PUBCOMP, 0);
        }
    }

    @Test
    void packetIdsGoRoundAndNoneIsUsedTwice() {
        SimulationOptions wide = SimulationOptions.seed(1).fileBytes(1 << 24).inFlightMax(1_000);
        try (Scenario broker = Scenario.start(wide)) {
            ScenarioClient meter = broker.client("meter").connect(CLEAN).subscribe("a", 1);
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("a", "first", 1);
            meter.expectPublish("first").withPacketId(1);
            int batch = 302; // Divides 65,534.
            for (int i = 1; i < PACKET_IDS; i += batch) {
                till.publishMany("a", i, i + batch, 1);
                meter.expectAndAcknowledgeMany(i, i + batch).withPacketId(i + batch);
            }
            till.publish("a", "waits", 1);
            meter.expectNothing().send(PUBACK, 1, 0);
            meter.expectPublish("waits").withPacketId(1).acknowledge();
        }
    }

    @Test
    void aFullQueueTakesNoFurtherMessages() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.QUEUED_MESSAGES, 2))) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            meter.cut();
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("a", "1", 1).publish("a", "2", 2).publish("a", "3", 1).awaitPuback();
            meter.reconnect().expectAndAcknowledge("1", "2").expectNothing();
            till.publish("a", "4", 1);
            meter.expectAndAcknowledge("4");
        }
    }

    @Test
    void aQueueThatIsFullInBytesTakesNoFurtherMessages() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.QUEUED_BYTES, 200))) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 2);
            meter.cut();
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish("a", "x".repeat(100), 1)
                    .publish("a", "y".repeat(100), 1)
                    .publish("a", "z", 1);
            meter.reconnect().expectAndAcknowledge("x".repeat(100), "z").expectNothing();
        }
    }

    @Test
    void anExpiredMessageIsNotSent() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("a", 1);
            meter.cut();
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publishFor(10, "a", "short", 1).publishFor(60, "a", "long", 1).publish("a", "ever", 1);
            broker.advanceSeconds(20);
            meter.reconnect().expectPublish("long").withExpiry(40).acknowledge();
            meter.expectPublish("ever").withExpiry(Packet.NONE).acknowledge().expectNothing();
            meter.cut().reconnect().expectNothing();
        }
    }

    @Test
    void aQos0MessageDoesNotOvertakeWhatItsPublisherSentBefore() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient meter = broker.client("meter").connect(CLEAN).subscribe("a", 0);
            ScenarioClient till = broker.client("till").connect(CLEAN);
            ScenarioClient free = broker.client("free").connect(CLEAN);
            broker.holdForces();
            free.publish("a", "at once", 0);
            meter.expectPublish("at once");
            till.publish("a", "1", 1).publish("a", "2", 0);
            meter.expectNothing();
            broker.force();
            till.awaitPuback();
            meter.expectPublish("1").expectPublish("2").expectNothing();
        }
    }

    @Test
    void overlappingSubscriptionsGetACopyEachIfSo() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.DUPLICATES, true))) {
            ScenarioClient reader = broker.client("reader")
                    .connect(PERSISTENT)
                    .subscribe(Filter.filter("a/#", 0).id(1))
                    .subscribe(Filter.filter("a/b", 2).id(2).retainAsPublished())
                    .subscribe(Filter.filter("a/+", 1));
            broker.client("till").connect(CLEAN).publishRetained("a/b", "m1", 2).awaitPubcomp();
            Map<Integer, List<Object>> copies = new TreeMap<>();
            for (int i = 0; i < 3; i++) {
                Packet.Publish packet = reader.expectPublish("m1").acknowledge().lastPublish();
                copies.put(packet.qos(), List.of(packet.retain(), packet.subscriptionIds()));
            }
            assertEquals(
                    Map.of(
                            0, List.of(false, List.of(1)),
                            1, List.of(false, List.of()),
                            2, List.of(true, List.of(2))),
                    copies);
            reader.expectNothing();
        }
    }

    @Test
    void noLocalTakesAwayItsOwnCopyOnly() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.DUPLICATES, true))) {
            broker.client("meter")
                    .connect(PERSISTENT)
                    .subscribe(Filter.filter("a/#", 1).id(1).noLocal())
                    .subscribe(Filter.filter("a/b", 1).id(2))
                    .publish("a/b", "m1", 1)
                    .expectPublish("m1")
                    .withIds(2)
                    .acknowledge()
                    .expectNothing();
        }
    }

    @Test
    void copiesAreQueuedAndSurvive() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.DUPLICATES, true))) {
            ScenarioClient reader = broker.client("reader")
                    .connect(PERSISTENT)
                    .subscribe("a/#", 1)
                    .subscribe("a/b", 1)
                    .cut();
            broker.client("till").connect(CLEAN).publish("a/b", "m1", 1).awaitPuback();
            broker.checkpoint().crash().restart();
            reader.reconnect().expectAndAcknowledge("m1", "m1").expectNothing();
        }
    }

    @Test
    void qosIsThatOfTheSubscriptionIfSo() {
        try (Scenario broker = Scenario.start(Limits.NONE.with(Limit.UPGRADE_QOS, true))) {
            ScenarioClient reader = broker.client("reader").connect(PERSISTENT).subscribe("a", 2);
            ScenarioClient till = broker.client("till").connect(CLEAN).publish("a", "m0", 0);
            reader.expectPublish("m0").withQos(2).acknowledge();
            reader.cut();
            till.publishRetained("a", "m1", 0);
            broker.checkpoint().crash().restart();
            reader.reconnect().expectPublish("m1").withQos(2).acknowledge();
            reader.subscribe("+", 1)
                    .expectPublish("m1")
                    .withQos(1)
                    .withRetain(true)
                    .acknowledge();
        }
    }
}
