package io.tally.ops.conformance;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 4.4, 4.6 and 4.9: what is sent again, order, flow control. */
@Conformance
final class V5DeliveryTest {
    private static final String KEPT = "11 ffffffff";

    // ---- 4.4 redelivery ----

    @Test
    @Mqtt5({"MQTT-4.4.0-1", "MQTT-4.6.0-5", "MQTT-3.3.1-1", "MQTT-2.2.1-4"})
    void theNextConnectionGetsAllThatIsOpenInOrder(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, KEPT + " 21 0004").subscribe(topic, 2);
        Wire pub = broker.v5();
        for (int i = 1; i <= 6; i++) {
            pub.publish(topic, i % 2 == 0 ? 2 : 1, "m" + i);
        }
        List<String> ids = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            sub.expectPublish(topic, i % 2 == 0 ? 2 : 1, "m" + i);
            ids.add(sub.id());
        }
        sub.send("50 02 " + ids.get(1))
                .expect("62 02 " + ids.get(1))
                .expectNothing()
                .close();
        Wire again = broker.v5Resumed(me)
                .expect("3a # '%s' %s [] <m1>".formatted(topic, ids.get(0)))
                .expect("62 02 " + ids.get(1))
                .expect("3a # '%s' %s [] <m3>".formatted(topic, ids.get(2)))
                .expect("3c # '%s' %s [] <m4>".formatted(topic, ids.get(3)))
                // These were never on the wire.
                .expect("32 # '%s' ???? [] <m5>".formatted(topic));
        ids.add(again.id());
        again.expect("34 # '%s' ???? [] <m6>".formatted(topic));
        ids.add(again.id());
        again.expectNothing();
        again.send("40 02 " + ids.get(0), "70 02 " + ids.get(1), "40 02 " + ids.get(2), "40 02 " + ids.get(4));
        again.send("50 02 " + ids.get(3)).expect("62 02 " + ids.get(3)).send("70 02 " + ids.get(3));
        again.send("50 02 " + ids.get(5)).expect("62 02 " + ids.get(5)).send("70 02 " + ids.get(5));
        again.expectNothing().close();
        broker.v5Resumed(me).expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.4.0-1"})
    void nothingIsSentAgainOnTheSameConnection(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        broker.v5().publish(topic, 1, "one").publish(topic, 2, "two").publish(topic, 2, "three");
        sub.expectPublish(topic, 1, "one").expectPublish(topic, 2, "two");
        String id = sub.id();
        sub.expectPublish(topic, 2, "three").send("50 02 " + id).expect("62 02 " + id);
        Clock.pass(1_200);
        sub.subscribe(topic, 2).expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.4.0-1", "MQTT-3.1.2-4"})
    void cleanStartSendsNothingAgain(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, KEPT).subscribe(topic, 2);
        broker.v5().publish(topic, 1, "one").publish(topic, 2, "two");
        sub.expectPublish(topic, 1, "one").expectPublish(topic, 2, "two");
        sub.send("50 02 " + sub.id()).expect("62 02 " + sub.id()).close();
        broker.open()
                .send("10 # 'MQTT' 05 02 0000 [] '" + me + "'")
                .expect("20 # 00 00 {}")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.4.0-1", "MQTT-3.1.4-3", "MQTT-3.1.2-5"})
    void whoTakesOverGetsWhatIsOpen(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire old = broker.v5(me, 2, KEPT).subscribe(topic, 2);
        Wire pub = broker.v5().publish(topic, 2, "one").publish(topic, 2, "two");
        old.expectPublish(topic, 2, "one");
        final String one = old.id();
        old.expectPublish(topic, 2, "two");
        final String two = old.id();
        old.send("50 02 " + one).expect("62 02 " + one);
        Wire young = broker.v5Resumed(me);
        old.expectDisconnect(0x8E);
        young.expect("62 02 " + one).expect("3c # '%s' %s [] <two>".formatted(topic, two));
        young.send("70 02 " + one).acknowledge();
        pub.publish(topic, 2, "three");
        young.expectPublish(topic, 2, "three").acknowledge().expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.4.0-1", "MQTT-4.6.0-6", "MQTT-3.1.2-23"})
    void whatCameWhileAwayFollowsWhatIsSentAgain(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, KEPT).subscribe(topic, 1);
        Wire pub = broker.v5().publish(topic, 1, "one");
        sub.expectPublish(topic, 1, "one");
        final String one = sub.id();
        sub.close();
        pub.publish(topic, 1, "two").publish(topic, 0, "not queued").publish(topic, 1, "three");
        Wire again = broker.v5Resumed(me).expect("3a # '%s' %s [] <one>".formatted(topic, one));
        again.acknowledge().expect("32 # '%s' ???? [] <two>".formatted(topic)).acknowledge();
        pub.publish(topic, 1, "four");
        again.expectPublish(topic, 1, "three")
                .acknowledge()
                .expectPublish(topic, 1, "four")
                .acknowledge();
        again.expectNothing();
    }

    // ---- 4.6 order ----

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Mqtt5({"MQTT-4.6.0-5", "MQTT-4.6.0-6"})
    void messagesArriveInTheOrderOfPublishing(int qos, TestBroker broker) {
        String t = broker.unique();
        Wire sub = broker.v5().subscribe(t + "/#", 2);
        Wire pub = broker.v5();
        int count = 300;
        for (int i = 0; i < count; i++) {
            String id = qos == 0 ? "" : "%04x".formatted(i + 1);
            pub.send("%02x # '%s/%d' %s [] <m%d>".formatted(0x30 | qos << 1, t, i % 3, id, i));
        }
        for (int i = 0; i < count; i++) {
            sub.expectPublish(t + "/" + i % 3, qos, "m" + i);
        }
        sub.expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.6.0-6"})
    void acknowledgingOutOfOrderDoesNotChangeTheOrder(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5("21 0003").subscribe(topic, 1);
        Wire pub = broker.v5();
        for (int i = 1; i <= 6; i++) {
            pub.publish(topic, 1, "m" + i);
        }
        List<String> ids = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            sub.expectPublish(topic, 1, "m" + i);
            ids.add(sub.id());
        }
        sub.send("40 02 " + ids.get(2)).expectPublish(topic, 1, "m4");
        sub.send("40 02 " + ids.get(1)).expectPublish(topic, 1, "m5");
        sub.send("40 02 " + sub.id()).expectPublish(topic, 1, "m6").expectNothing();
    }

    /** Acknowledgements of the broker, a receiver too, stand in the order of what they answer. */
    @Test
    @Mqtt5({"MQTT-4.6.0-2", "MQTT-4.6.0-3", "MQTT-4.6.0-4"})
    void theBrokerAnswersInOrder(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        Wire pub = broker.v5();
        for (int i = 1; i <= 20; i++) {
            pub.send("34 # '%s' %04x [] <x>".formatted(topic, i));
        }
        List<String> ids = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            pub.expect("50 02 %04x".formatted(i));
            sub.expectPublish(topic, 2, "x");
            ids.add(sub.id());
        }
        ids.forEach(id -> sub.send("50 02 " + id));
        ids.forEach(id -> sub.expect("62 02 " + id));
        for (int i = 1; i <= 20; i++) {
            pub.send("62 02 %04x".formatted(i));
        }
        for (int i = 1; i <= 20; i++) {
            pub.expect("70 02 %04x".formatted(i));
        }
        for (int i = 1; i <= 20; i++) {
            pub.send("32 # '%s' %04x [] <x>".formatted(topic, i));
        }
        for (int i = 1; i <= 20; i++) {
            pub.expect("40 02 %04x".formatted(i));
        }
    }

    // ---- 4.9 flow control ----

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10})
    @Mqtt5({"MQTT-4.9.0-1", "MQTT-4.9.0-2", "MQTT-3.3.4-9"})
    void noMoreThanReceiveMaximumIsUnacknowledged(int maximum, TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5("21 %04x".formatted(maximum)).subscribe(topic, 1);
        Wire pub = broker.v5();
        for (int i = 0; i < 2 * maximum + 1; i++) {
            pub.publish(topic, 1, "m" + i);
        }
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < maximum; i++) {
            sub.expectPublish(topic, 1, "m" + i);
            ids.add(sub.id());
        }
        sub.expectNothing();
        for (int i = 0; i <= maximum; i++) {
            sub.send("40 02 " + ids.get(i)).expectPublish(topic, 1, "m" + (maximum + i));
            ids.add(sub.id());
            sub.expectNothing();
        }
    }

    @Test
    @Mqtt5({"MQTT-4.9.0-1", "MQTT-4.9.0-2"})
    void qosTwoCountsUntilPubcompOrAFailedPubrec(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5("21 0001").subscribe(topic, 2);
        broker.v5()
                .publish(topic, 2, "one")
                .publish(topic, 1, "two")
                .publish(topic, 2, "three")
                .publish(topic, 2, "four");
        sub.expectPublish(topic, 2, "one");
        final String one = sub.id();
        sub.expectNothing();
        sub.send("50 02 " + one).expect("62 02 " + one).expectNothing();
        sub.send("70 02 " + one).expectPublish(topic, 1, "two");
        sub.send("40 02 " + sub.id()).expectPublish(topic, 2, "three");
        sub.send("50 # " + sub.id() + " 83")
                .expectPublish(topic, 2, "four")
                .acknowledge()
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.9.0-2", "MQTT-4.9.0-3", "MQTT-3.3.4-10"})
    void withoutQuotaEverythingElseGoesOn(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5("21 0001").subscribe(topic, 2);
        Wire pub = broker.v5().publish(topic, 2, "one").publish(topic, 1, "waits");
        sub.expectPublish(topic, 2, "one");
        final String one = sub.id();
        pub.publish(topic, 0, "qos zero");
        sub.expectPublish(topic, 0, "qos zero");
        sub.send("c0 00").expect("d0 00");
        sub.send("82 # 0001 [] 'other' 01").expect("90 # 0001 [] 01");
        sub.send("a2 # 0002 [] 'other'").expect("b0 # 0002 [] 00");
        String away = broker.unique();
        sub.send("32 # '" + away + "' 0003 [] <x>").expect("40 # 0003 10 ..");
        sub.send("34 # '" + away + "' 0004 [] <x>").expect("50 # 0004 10 ..");
        sub.send("62 02 0004").expect("70 02 0004");
        sub.send("50 02 " + one).expect("62 02 " + one);
        sub.send("70 02 " + one).expectPublish(topic, 1, "waits").acknowledge().expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.9.0-1", "MQTT-4.4.0-1"})
    void theQuotaIsFullAgainOnTheNextConnection(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, KEPT + " 21 0002").subscribe(topic, 1);
        broker.v5().publish(topic, 1, "one").publish(topic, 1, "two").publish(topic, 1, "three");
        sub.expectPublish(topic, 1, "one")
                .expectPublish(topic, 1, "two")
                .expectNothing()
                .close();
        Wire again = broker.open()
                .send("10 # 'MQTT' 05 00 0000 [11 ffffffff 21 0001] '" + me + "'")
                .expect("20 # 01 00 {}")
                .expect("3a # '" + topic + "' ???? [] <one>");
        final String one = again.id();
        again.expectNothing()
                .send("40 02 " + one)
                .expect("3a # '" + topic + "' ???? [] <two>")
                .acknowledge()
                .expect("32 # '" + topic + "' ???? [] <three>")
                .acknowledge()
                .expectNothing();
    }

    @ParameterizedTest
    @CsvSource({"1, 40", "2, 50"})
    @Mqtt5({"MQTT-4.9.0-1", "MQTT-4.9.0-2"})
    void theBrokersReceiveMaximumMayBeUsedUp(int qos, String answer, TestBroker broker) {
        String topic = broker.unique();
        broker.v5().subscribe(topic, 0);
        Wire pub = broker.v5();
        int maximum = receiveMaximum(pub);
        for (int i = 1; i <= maximum; i++) {
            pub.send("%02x # '%s' %04x [] <x>".formatted(0x30 | qos << 1, topic, i));
        }
        for (int i = 1; i <= maximum; i++) {
            pub.expect(answer + " 02 %04x".formatted(i));
        }
        pub.send("30 # '" + topic + "' [] <x>").expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.13.1-1", "MQTT-4.9.0-2"})
    void oneMoreThanTheBrokersReceiveMaximumClosesTheConnection(TestBroker broker) {
        Wire pub = broker.v5();
        int maximum = receiveMaximum(pub);
        String topic = broker.unique();
        broker.v5().subscribe(topic, 0);
        for (int i = 1; i <= maximum; i++) {
            pub.send("34 # '%s' %04x [] <x>".formatted(topic, i)).expect("50 02 %04x".formatted(i));
        }
        pub.send("62 02 0001").expect("70 02 0001");
        pub.send("34 # '%s' 0001 [] <x>".formatted(topic)).expect("50 02 0001");
        // A repetition is not one more, but this is.
        pub.send("3c # '%s' 0001 [] <x>".formatted(topic)).expect("50 02 0001");
        pub.send("32 # '%s' ffff [] <x>".formatted(topic)).expectDisconnect(0x93);
    }

    /** As the CONNACK said that came last. */
    private static int receiveMaximum(Wire wire) {
        byte[] connack = wire.last();
        int start = Varint.end(connack, 4, connack.length);
        for (byte[] property : Properties.split(connack, start, connack.length)) {
            if (property[0] == 0x21) {
                return (property[1] & 0xFF) << 8 | property[2] & 0xFF;
            }
        }
        return 65_535;
    }
}
