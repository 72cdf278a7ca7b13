package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 4.1 to 4.5: session state, transport, QoS exchanges, redelivery. */
@Conformance
final class V5SessionTest {
    private static final String KEPT = "11 ffffffff";

    // ---- 4.1 session state ----

    @Test
    @Mqtt5({"MQTT-4.1.0-1"})
    void sessionStateOutlivesItsExpiryWhileTheConnectionIsOpen(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, "11 00000001").subscribe(topic, 2);
        Wire pub = broker.v5().publish(topic, 2, "one");
        sub.expectPublish(topic, 2, "one");
        final String one = sub.id();
        Clock.pass(1_300);
        pub.publish(topic, 1, "two");
        sub.expectPublish(topic, 1, "two").acknowledge();
        sub.send("50 02 " + one).expect("62 02 " + one).close();
        broker.v5Resumed(me).expect("62 02 " + one).send("70 02 " + one).expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.1.0-2", "MQTT-3.1.2-6"})
    void sessionStateIsDiscardedWhenItsExpiryHasPassed(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        broker.v5(me, 2, "11 00000001").subscribe(topic, 1).disconnect();
        broker.v5().publish(topic, 1, "missed");
        Clock.pass(1_300);
        Wire sub = broker.open().send(connect(me)).expect("20 # 00 00 {}").expectNothing();
        broker.v5().publish(topic, 1, "not subscribed");
        sub.expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.1.0-2"})
    void sessionStateWithoutExpiryIsDiscardedWithTheConnection(TestBroker broker) {
        String me = broker.unique();
        broker.v5(me, 0, "").subscribe(broker.unique(), 1).disconnect();
        broker.open().send(connect(me)).expect("20 # 00 00 {}");
    }

    @Test
    @Mqtt5({"MQTT-4.1.0-2"})
    void takeOverOfASessionWithoutExpiryBeginsANewOne(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire old = broker.v5(me, 0, "").subscribe(topic, 1);
        Wire young = broker.open().send(connect(me)).expect("20 # 00 00 {}");
        old.expectDisconnect(0x8E);
        broker.v5().publish(topic, 1, "x");
        young.expectNothing();
    }

    private static String connect(String clientId) {
        return "10 # 'MQTT' 05 00 0000 [] '" + clientId + "'";
    }

    @Test
    @Mqtt5({"MQTT-4.5.0-1", "MQTT-3.1.2-23"})
    void aMessageIsAddedToEverySessionThatMatches(TestBroker broker) {
        String t = broker.unique();
        String away = broker.unique();
        broker.v5(away, 2, KEPT).subscribe(t + "/#", 2).disconnect();
        Wire one = broker.v5().subscribe(t + "/a", 1);
        Wire two = broker.v5().subscribe(t + "/+", 0);
        Wire other = broker.v5().subscribe(t + "/b", 2);
        broker.v5().publish(t + "/a", 2, "x");
        one.expectPublish(t + "/a", 1, "x").acknowledge();
        two.expectPublish(t + "/a", 0, "x");
        other.expectNothing();
        broker.v5Resumed(away).expectPublish(t + "/a", 2, "x").acknowledge().expectNothing();
    }

    // ---- 4.2 transport ----

    @Test
    @Mqtt5({"MQTT-4.2.0-1"})
    void packetsMayComeInAnyPieces(TestBroker broker) {
        String topic = broker.unique();
        Wire wire = broker.open();
        for (String packet :
                List.of("10 # 'MQTT' 05 02 0000 [26 'k' 'v'] 'x" + topic + "'", "82 # 0001 [] '" + topic + "' 01")) {
            for (byte b : Notation.bytes(packet)) {
                wire.send(new byte[] {b});
            }
        }
        wire.expect("20 # 00 00 {}").expect("90 # 0001 [] 01");
        wire.send("32 # '" + topic + "' 0001 [] <x>", "32 # '" + topic + "' 0002 [] <y>", "c0 00");
        wire.expectInAnyOrder(
                "40 02 0001",
                "32 # '" + topic + "' ???? [] <x>",
                "40 02 0002",
                "32 # '" + topic + "' ???? [] <y>",
                "d0 00");
    }

    // ---- 4.3.1, 4.3.2 ----

    @Test
    @Mqtt5({"MQTT-4.3.1-1", "MQTT-2.2.1-2", "MQTT-3.3.1-2"})
    void qosZeroGoesOutWithoutIdentifierAndDup(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        broker.v5().send("30 # '" + topic + "' [] <x>");
        sub.expect("30 # '" + topic + "' [] <x>").expectNothing();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @Mqtt5({
        "MQTT-4.3.2-1",
        "MQTT-4.3.2-2",
        "MQTT-4.3.3-1",
        "MQTT-4.3.3-2",
        "MQTT-2.2.1-4",
        "MQTT-3.3.1-3",
        "MQTT-3.3.1-1"
    })
    void eachNewMessageGoesOutWithAnUnusedIdentifierAndWithoutDup(int qos, TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, qos);
        Wire pub = broker.v5();
        Set<String> used = new HashSet<>(Set.of("0000"));
        for (int i = 1; i <= 50; i++) {
            // The DUP of the publisher is not passed on.
            pub.send("%02x # '%s' %04x [] <x>".formatted(qos == 1 ? 0x3A : 0x3C, topic, i));
            sub.expect("%02x # '%s' ???? [] <x>".formatted(0x30 | qos << 1, topic));
            assertTrue(used.add(sub.id()), sub.id());
        }
    }

    @Test
    @Mqtt5({"MQTT-2.2.1-4", "MQTT-4.3.2-1", "MQTT-4.3.3-1"})
    void anIdentifierIsNotUsedAgainBeforeItsExchangeIsOver(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        Wire pub = broker.v5().publish(topic, 2, "open");
        sub.expectPublish(topic, 2, "open");
        final String open = sub.id();
        sub.send("50 02 " + open).expect("62 02 " + open);
        for (int i = 0; i < 100; i++) {
            pub.publish(topic, 1 + i % 2, "x");
            sub.expectPublish(topic, 1 + i % 2, "x");
            assertNotEquals(open, sub.id());
            sub.acknowledge();
        }
        sub.send("70 02 " + open).expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.3.2-3", "MQTT-4.4.0-1", "MQTT-3.3.1-1"})
    void qosOneIsUnacknowledgedUntilPuback(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, KEPT).subscribe(topic, 1);
        broker.v5().publish(topic, 1, "one").publish(topic, 1, "two");
        sub.expectPublish(topic, 1, "one");
        final String one = sub.id();
        sub.expectPublish(topic, 1, "two");
        final String two = sub.id();
        sub.send("40 02 " + two).expectNothing().close();
        sub = broker.v5Resumed(me).expect("3a # '%s' %s [] <one>".formatted(topic, one));
        sub.expectNothing().close();
        broker.v5Resumed(me)
                .expect("3a # '%s' %s [] <one>".formatted(topic, one))
                .send("40 02 " + one)
                .expectNothing()
                .close();
        broker.v5Resumed(me).expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.3.2-4", "MQTT-4.3.2-5"})
    void afterPubackTheSameIdentifierIsANewMessage(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 1);
        broker.v5()
                .send("32 # '" + topic + "' 0005 [] <one>")
                .expect("40 02 0005")
                .send("32 # '" + topic + "' 0005 [] <two>")
                .expect("40 02 0005")
                .send("3a # '" + topic + "' 0005 [] <two>")
                .expect("40 02 0005");
        sub.expectPublish(topic, 1, "one")
                .expectPublish(topic, 1, "two")
                .expectPublish(topic, 1, "two")
                .expectNothing();
    }

    // ---- 4.3.3, the broker sends ----

    @Test
    @Mqtt5({"MQTT-4.3.3-3", "MQTT-4.4.0-1", "MQTT-3.3.1-1"})
    void qosTwoIsUnacknowledgedUntilPubrec(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, KEPT).subscribe(topic, 2);
        broker.v5().publish(topic, 2, "x");
        sub.expectPublish(topic, 2, "x");
        final String id = sub.id();
        sub.close();
        broker.v5Resumed(me).expect("3c # '%s' %s [] <x>".formatted(topic, id)).close();
        broker.v5Resumed(me)
                .expect("3c # '%s' %s [] <x>".formatted(topic, id))
                .acknowledge()
                .expectNothing()
                .close();
        broker.v5Resumed(me).expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.3.3-4", "MQTT-4.3.3-5", "MQTT-4.3.3-6", "MQTT-4.4.0-1", "MQTT-2.2.1-5"})
    void afterPubrecOnlyPubrelIsSentAgainUntilPubcomp(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, KEPT).subscribe(topic, 2);
        broker.v5().publish(topic, 2, "x");
        sub.expectPublish(topic, 2, "x");
        final String id = sub.id();
        sub.send("50 02 " + id).expect("62 02 " + id).expectNothing().close();
        broker.v5Resumed(me).expect("62 02 " + id).expectNothing().close();
        broker.v5Resumed(me)
                .expect("62 02 " + id)
                .send("70 02 " + id)
                .expectNothing()
                .close();
        broker.v5Resumed(me).expectNothing();
    }

    /** The PUBREC may have got lost, or its PUBREL: the client repeats neither, but may not know. */
    @Test
    @Mqtt5({"MQTT-4.3.3-4", "MQTT-4.3.3-6"})
    void aPubrecRepeatedAfterPubrelOnTheNextConnectionIsAnsweredWithPubrel(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, KEPT).subscribe(topic, 2);
        broker.v5().publish(topic, 2, "x");
        sub.expectPublish(topic, 2, "x");
        final String id = sub.id();
        sub.send("50 02 " + id).expect("62 02 " + id).close();
        broker.v5Resumed(me)
                .expect("62 02 " + id)
                .send("50 02 " + id)
                .expect("62 02 " + id)
                .send("70 02 " + id)
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.3.3-7"})
    void whatWasSentIsSentAgainThoughItHasExpired(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, KEPT + " 21 0001").subscribe(topic, 2);
        broker.v5().publish(topic, 2, "02 00000001", "sent").publish(topic, 2, "02 00000001", "waits");
        sub.expectPublish(topic, 2, "sent");
        final String id = sub.id();
        sub.expectNothing().disconnect();
        Clock.pass(1_300);
        broker.v5Resumed(me)
                .expect("3c # '%s' %s {} <sent>".formatted(topic, id))
                .acknowledge()
                .expectNothing();
    }

    // ---- 4.3.3, the broker receives ----

    @Test
    @Mqtt5({"MQTT-4.3.3-8", "MQTT-4.3.3-10", "MQTT-4.3.3-11", "MQTT-4.3.3-12"})
    void untilPubrelARepetitionIsAnsweredAndNotDelivered(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        broker.v5()
                .send("34 # '" + topic + "' 0005 [] <one>")
                .expect("50 02 0005")
                .send("3c # '" + topic + "' 0005 [] <one>")
                .expect("50 02 0005")
                .send("34 # '" + topic + "' 0005 [] <one>")
                .expect("50 02 0005")
                .send("62 02 0005")
                .expect("70 02 0005")
                .send("3c # '" + topic + "' 0005 [] <two>")
                .expect("50 02 0005")
                .send("62 02 0005")
                .expect("70 02 0005");
        sub.expectPublish(topic, 2, "one").expectPublish(topic, 2, "two").expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.3.3-10", "MQTT-4.3.3-11", "MQTT-4.3.3-12", "MQTT-3.1.2-5"})
    void aRepetitionOnTheNextConnectionIsAnsweredAndNotDelivered(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        broker.v5(me, 2, KEPT)
                .send("34 # '" + topic + "' 0005 [] <one>")
                .expect("50 02 0005")
                .close();
        broker.v5Resumed(me)
                .send("3c # '" + topic + "' 0005 [] <one>")
                .expect("50 02 0005")
                .close();
        broker.v5Resumed(me).send("62 02 0005").expect("70 02 0005").close();
        // PUBCOMP may have got lost: not to know the identifier is no error then (3.7.2.1).
        broker.v5Resumed(me).send("62 02 0005").expect("70 02 0005");
        sub.expectPublish(topic, 2, "one").acknowledge().expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.3.3-12", "MQTT-3.1.2-4"})
    void aNewSessionKnowsNoIdentifiersOfTheOldOne(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        broker.v5(me, 2, KEPT)
                .send("34 # '" + topic + "' 0005 [] <old>")
                .expect("50 02 0005")
                .close();
        broker.v5(me, 2, KEPT)
                .send("62 02 0005")
                .expect("70 # 0005 92 ..")
                .send("34 # '" + topic + "' 0005 [] <new>")
                .expect("50 02 0005");
        sub.expectPublish(topic, 2, "old").expectPublish(topic, 2, "new").expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.3.3-9"})
    void afterAPubrecOfAFailureTheSameIdentifierIsANewMessage(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        broker.v5()
                .send("34 # '$SYS/refused' 0005 [] <x>")
                .expect("50 # 0005 87 ..")
                .send("34 # '" + topic + "' 0005 [] <x>")
                .expect("50 02 0005")
                .send("62 02 0005")
                .expect("70 02 0005");
        sub.expectPublish(topic, 2, "x").acknowledge().expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.3.3-13"})
    void theExchangeIsCompletedThoughTheMessageHasExpired(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        Wire pub =
                broker.v5().send("34 # '" + topic + "' 0005 [02 00000001] <x>").expect("50 02 0005");
        sub.expect("34 # '" + topic + "' ???? [02 00000001] <x>");
        final String id = sub.id();
        Clock.pass(1_300);
        pub.send("62 02 0005").expect("70 02 0005");
        sub.send("50 02 " + id).expect("62 02 " + id).send("70 02 " + id).expectNothing();
    }

    /** QoS 1 and 2 share one space of identifiers only among what is under way. */
    @Test
    @Mqtt5({"MQTT-2.2.1-5", "MQTT-4.3.3-8"})
    void identifiersOfBothDirectionsHaveNothingToDoWithEachOther(TestBroker broker) {
        String topic = broker.unique();
        Wire both = broker.v5().subscribe(topic, 2);
        broker.v5().publish(topic, 2, "one");
        both.expectPublish(topic, 2, "one");
        String id = both.id();
        both.send("34 # '%s' %s [] <two>".formatted(topic, id));
        both.expectInAnyOrder("50 02 " + id, "34 # '%s' ???? [] <two>".formatted(topic));
        both.send("50 02 " + id).expect("62 02 " + id);
        both.send("62 02 " + id).expect("70 02 " + id);
        both.send("70 02 " + id).expectNothing();
    }
}
