package io.tally.ops.conformance;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 3.1.1, sections 3.8 to 3.14: SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT. */
@Conformance
final class V311SubscribeTest {
    @ParameterizedTest
    @ValueSource(strings = {"03", "04", "08", "10", "40", "80", "ff", "06"})
    @Mqtt311({"MQTT-3.8.3-4", "MQTT-4.8.0-1"})
    void anyOtherQosByteClosesTheConnection(String qos, TestBroker broker) {
        broker.v4().send("82 # 0001 'a' " + qos).expectClosed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0001", "00ff", "8000", "ffff"})
    @Mqtt311({"MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-2.3.1-7", "MQTT-3.10.4-4", "MQTT-3.10.4-5"})
    void answersRepeatTheIdentifier(String id, TestBroker broker) {
        broker.v4()
                .send("82 # " + id + " 'a' 00")
                .expect("90 03 " + id + " 00")
                .send("a2 # " + id + " 'a'")
                .expect("b0 02 " + id)
                .send("a2 # " + id + " 'a'")
                .expect("b0 02 " + id);
    }

    @Test
    @Mqtt311({"MQTT-3.8.4-4", "MQTT-3.8.4-5", "MQTT-3.9.3-1", "MQTT-3.9.3-2"})
    void oneSubackHasACodeForEachFilterInTheirOrder(TestBroker broker) {
        String t = broker.unique();
        String deep = t + "/a".repeat(300);
        Wire sub = broker.v4()
                .send("82 # 0a0b '%s/2' 02 '%s/0' 00 '%s' 02 '%s/1' 01 '%s/2' 01".formatted(t, t, deep, t, t))
                .expect("90 07 0a0b 02 00 80 01 01");
        broker.v4().publish(t + "/2", 2, "two").publish(t + "/0", 2, "zero").publish(t + "/1", 2, "one");
        sub.expectPublish(t + "/2", 1, "two")
                .expectPublish(t + "/0", 0, "zero")
                .expectPublish(t + "/1", 1, "one")
                .expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.8.4-5", "MQTT-3.9.3-2"})
    void whatIsNotGrantedHasTheFailureCode(@Config("max_subscriptions_per_session 2") TestBroker broker) {
        String t = broker.unique();
        broker.v4()
                .send("82 # 0001 '%s/1' 00 '%s/2' 01 '%s/3' 02 '%s/1' 02".formatted(t, t, t, t))
                .expect("90 06 0001 00 01 80 02")
                .publish(t + "/3", 1, "refused")
                .expectNothing();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 1", "0, 2", "1, 0", "1, 1", "1, 2", "2, 0", "2, 1", "2, 2"})
    @Mqtt311({"MQTT-3.8.4-6", "MQTT-3.8.4-5"})
    void messagesComeAtTheLowerOfPublishedAndGrantedQos(int published, int granted, TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, granted);
        broker.v4().publish(topic, published, "x");
        sub.expectPublish(topic, Math.min(published, granted), "x")
                .acknowledge()
                .expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.8.4-3", "MQTT-3.3.1-8"})
    void anIdenticalFilterReplacesTheSubscriptionAndRetainedMessagesComeAgain(TestBroker broker) {
        String topic = broker.unique();
        Wire pub = broker.v4().publish(topic, 1 | 16, "", "kept");
        Wire sub = broker.v4()
                .subscribe(topic, 0)
                .expect("31 # '" + topic + "' <kept>")
                .subscribe(topic, 1)
                .expect("33 # '" + topic + "' ???? <kept>")
                .acknowledge();
        pub.publish(topic, 2, "", "new");
        sub.expectPublish(topic, 1, "new").acknowledge().expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.8.4-3"})
    void replacingLosesNoMessageAndDoublesNone(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, 1);
        Wire pub = broker.v4();
        int messages = 100;
        for (int i = 0; i < messages; i++) {
            pub.send("32 # '%s' %04x <m%d>".formatted(topic, i + 1, i));
            if (i % 10 == 0) {
                sub.send("82 # %04x '%s' %02x".formatted(i + 1, topic, 1 + i / 10 % 2));
            }
        }
        int next = 0;
        int subacks = 0;
        while (next < messages || subacks < 10) {
            byte[] packet = sub.read();
            if (packet != null && packet[0] == (byte) 0x90) {
                subacks++;
            } else if (packet != null && Notation.matches("32 # '%s' ???? <m%d>".formatted(topic, next), packet)) {
                sub.acknowledge();
                next++;
            } else {
                throw new AssertionError("message " + next + " expected");
            }
        }
        sub.expectNothing();
    }

    // ---- UNSUBSCRIBE ----

    @Test
    @Mqtt311({"MQTT-3.10.4-1", "MQTT-3.10.4-2", "MQTT-3.10.4-5"})
    void onlyTheVerySameFilterIsDeleted(TestBroker broker) {
        String t = broker.unique();
        Wire sub = broker.v4().subscribe(t + "/+", 0);
        Wire pub = broker.v4();
        for (String other : new String[] {"/a", "/#", "", "/+/", "/+/+"}) {
            sub.send("a2 # 0001 '" + t + other + "'").expect("b0 02 0001");
        }
        sub.send("a2 # 0001 '" + t.toUpperCase(Locale.ROOT) + "/+'").expect("b0 02 0001");
        pub.publish(t + "/a", 0, "still");
        sub.expectPublish(t + "/a", 0, "still").send("a2 # 0002 '" + t + "/+'").expect("b0 02 0002");
        pub.publish(t + "/a", 0, "gone");
        sub.expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.10.4-6", "MQTT-3.10.4-2", "MQTT-3.10.4-4"})
    void severalFiltersAreDeletedWithOneUnsuback(TestBroker broker) {
        String t = broker.unique();
        Wire sub = broker.v4().subscribe(t + "/1", 1).subscribe(t + "/2", 1).subscribe(t + "/3", 1);
        sub.send("a2 # 0102 '%s/1' '%s/none' '%s/3'".formatted(t, t, t)).expect("b0 02 0102");
        broker.v4().publish(t + "/1", 1, "x").publish(t + "/2", 1, "x").publish(t + "/3", 1, "x");
        sub.expectPublish(t + "/2", 1, "x").acknowledge().expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.10.4-3", "MQTT-3.10.4-2"})
    void deliveriesThatHaveBegunAreCompleted(TestBroker broker) {
        String me = broker.unique();
        String t = broker.unique();
        Wire sub = broker.v4(me, 0).subscribe(t + "/+", 2);
        broker.v4().publish(t + "/1", 1, "one").publish(t + "/2", 2, "two").publish(t + "/3", 2, "three");
        sub.expectPublish(t + "/1", 1, "one");
        final String one = sub.id();
        sub.expectPublish(t + "/2", 2, "two");
        final String two = sub.id();
        sub.expectPublish(t + "/3", 2, "three");
        final String three = sub.id();
        sub.send("50 02 " + three).expect("62 02 " + three);
        sub.send("a2 # 0001 '" + t + "/+'").expect("b0 02 0001");
        broker.v4().publish(t + "/1", 1, "new");
        sub.send("70 02 " + three).expectNothing().close();
        broker.v4Resumed(me)
                .expect("3a # '%s/1' %s <one>".formatted(t, one))
                .acknowledge()
                .expect("3c # '%s/2' %s <two>".formatted(t, two))
                .acknowledge()
                .expectNothing();
    }

    // ---- PINGREQ, DISCONNECT ----

    @Test
    @Mqtt311("MQTT-3.12.4-1")
    void everyPingreqIsAnsweredWithOnePingresp(TestBroker broker) {
        broker.v4().send("c0 00", "c0 00").expect("d0 00").expect("d0 00").expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.14.4-1", "MQTT-3.14.4-2"})
    void afterDisconnectNothingIsHandledAndTheBrokerCloses(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v4().subscribe(topic, 0);
        broker.v4()
                .send("30 # '" + topic + "' <before>", "e0 00", "30 # '" + topic + "' <behind>", "c0 00")
                .expectClosed();
        watcher.expectPublish(topic, 0, "before").expectNothing();
    }
}
