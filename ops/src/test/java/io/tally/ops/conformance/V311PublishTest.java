package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 3.1.1, sections 3.3 to 3.7 and 4: PUBLISH and its exchanges, redelivery, order, topics. */
@Conformance
final class V311PublishTest {
    // ---- form ----

    @ParameterizedTest
    @ValueSource(
            strings = {"36 # 'a' 0001 <x>", "37 # 'a' 0001 <x>", "3e # 'a' 0001 <x>", "38 # 'a' <x>", "39 # 'a' <x>"})
    @Mqtt311({"MQTT-3.3.1-4", "MQTT-3.3.1-2", "MQTT-4.8.0-1"})
    void qosThreeAndDupAtQosZeroCloseTheConnection(String packet, TestBroker broker) {
        broker.v4().send(packet).expectClosed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "#", "a/+", "a/#", "a+", "#a", "a/+/b"})
    @Mqtt311({"MQTT-3.3.2-2", "MQTT-4.7.1-1", "MQTT-4.8.0-1"})
    void aTopicNameWithWildcardsClosesTheConnection(String topic, TestBroker broker) {
        broker.v4().send("30 # '" + topic + "' <x>").expectClosed();
        broker.v4().send("32 # '" + topic + "' 0001 <x>").expectClosed();
    }

    @Test
    @Mqtt311({"MQTT-4.7.3-1", "MQTT-4.8.0-1"})
    void anEmptyTopicNameOrFilterClosesTheConnection(TestBroker broker) {
        broker.v4().send("30 # '' <x>").expectClosed();
        broker.v4().send("82 # 0001 '' 00").expectClosed();
        broker.v4().send("a2 # 0001 ''").expectClosed();
    }

    @Test
    @Mqtt311({"MQTT-3.3.2-1", "MQTT-3.3.2-3", "MQTT-2.3.1-5", "MQTT-4.3.1-1", "MQTT-3.3.4-1", "MQTT-7.1.1-1"})
    void qosZeroIsPassedOnAsItIs(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, 2);
        broker.v4().send("30 # '" + topic + "' <x>", "30 # '" + topic + "'").expectNothing();
        sub.expect("30 # '" + topic + "' <x>").expect("30 # '" + topic + "'").expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-4.7.3-3"})
    void topicsOfTheLargestLengthAreCarried(TestBroker broker) {
        String start = broker.unique();
        String topic = start + "x".repeat(65_535 - start.length());
        Wire sub = broker.v4().subscribe(topic, 1);
        broker.v4().publish(topic, 1, "x");
        sub.expectPublish(topic, 1, "x").acknowledge().expectNothing();
    }

    // ---- retained messages ----

    @Test
    @Mqtt311({"MQTT-3.3.1-5", "MQTT-3.3.1-6", "MQTT-3.3.1-8", "MQTT-3.3.1-9"})
    void theLastRetainedMessageOfEachTopicGoesToNewSubscribers(TestBroker broker) {
        String t = broker.unique();
        Wire there = broker.v4().subscribe(t + "/#", 2);
        broker.v4()
                .publish(t + "/1", 1 | 16, "", "old")
                .publish(t + "/1", 2 | 16, "", "new")
                .publish(t + "/2", 0 | 16, "", "zero");
        there.expectPublish(t + "/1", 1, "old")
                .expectPublish(t + "/1", 2, "new")
                .expectPublish(t + "/2", 0, "zero");
        broker.v4()
                .subscribe(t + "/+", 2)
                .expectInAnyOrder("35 # '" + t + "/1' ???? <new>", "31 # '" + t + "/2' <zero>")
                .expectNothing();
        broker.v4()
                .subscribe(t + "/1", 1)
                .expect("33 # '" + t + "/1' ???? <new>")
                .expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.3.1-7"})
    void aRetainedMessageOfQosZeroReplacesTheOldOne(TestBroker broker) {
        String topic = broker.unique();
        broker.v4().publish(topic, 1 | 16, "", "old").publish(topic, 0 | 16, "", "new");
        broker.v4().subscribe(topic, 1).expect("31 # '" + topic + "' <new>").expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.3.1-10", "MQTT-3.3.1-11"})
    void anEmptyPayloadRemovesTheRetainedMessageAndIsPassedOn(TestBroker broker) {
        String topic = broker.unique();
        Wire there = broker.v4().subscribe(topic, 1);
        broker.v4().publish(topic, 1 | 16, "", "kept").publish(topic, 1 | 16, "", "");
        there.expectPublish(topic, 1, "kept")
                .acknowledge()
                .expectPublish(topic, 1, "")
                .acknowledge();
        broker.v4().subscribe(topic, 1).expectNothing();
        broker.v4().subscribe(topic, 1).expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.3.1-12"})
    void withoutRetainNothingIsStoredOrRemoved(TestBroker broker) {
        String topic = broker.unique();
        broker.v4().publish(topic, 1, "", "no");
        broker.v4().subscribe(topic, 1).expectNothing();
        broker.v4()
                .publish(topic, 1 | 16, "", "kept")
                .publish(topic, 1, "", "other")
                .publish(topic, 0, "", "");
        broker.v4()
                .subscribe(topic, 1)
                .expect("33 # '" + topic + "' ???? <kept>")
                .expectNothing();
    }

    // ---- who gets it ----

    @ParameterizedTest
    @CsvSource({"0, 1, 2", "2, 1, 0", "1, 0, 1", "2, 2, 0"})
    @Mqtt311({"MQTT-3.3.5-1"})
    void overlappingSubscriptionsDeliverAtTheHighestQos(int one, int two, int three, TestBroker broker) {
        String t = broker.unique();
        Wire sub = broker.v4().subscribe(t + "/#", one).subscribe(t + "/+", two).subscribe(t + "/a", three);
        broker.v4().publish(t + "/a", 2, "x");
        sub.expectPublish(t + "/a", Math.max(one, Math.max(two, three)), "x")
                .acknowledge()
                .expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.3.5-2"})
    void whatMayNotBePublishedIsAcknowledgedAndGoesNowhere(TestBroker broker) {
        String topic = "$SYS/" + broker.unique();
        Wire sub = broker.v4().subscribe(topic, 2);
        broker.v4()
                .publish(topic, 0, "x")
                .publish(topic, 1, "x")
                .publish(topic, 2, "x")
                .expectNothing();
        sub.expectNothing();
    }

    // ---- QoS 1 ----

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @Mqtt311({"MQTT-2.3.1-4", "MQTT-4.3.2-1", "MQTT-4.3.3-1", "MQTT-3.3.1-3", "MQTT-3.3.1-1"})
    void eachNewMessageGoesOutWithAnUnusedIdentifierAndWithoutDup(int qos, TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, qos);
        Wire pub = broker.v4();
        Set<String> used = new HashSet<>(Set.of("0000"));
        for (int i = 1; i <= 50; i++) {
            pub.send("%02x # '%s' %04x <x>".formatted(qos == 1 ? 0x3A : 0x3C, topic, i));
            sub.expect("%02x # '%s' ???? <x>".formatted(0x30 | qos << 1, topic));
            assertTrue(used.add(sub.id()), sub.id());
        }
    }

    @Test
    @Mqtt311({"MQTT-4.3.2-2", "MQTT-2.3.1-6", "MQTT-3.3.4-1"})
    void afterPubackTheSameIdentifierIsANewMessage(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, 1);
        broker.v4()
                .send("32 # '" + topic + "' 0005 <one>")
                .expect("40 02 0005")
                .send("3a # '" + topic + "' 0005 <two>")
                .expect("40 02 0005")
                .send("32 # '" + topic + "' ffff <three>")
                .expect("40 02 ffff");
        sub.expectPublish(topic, 1, "one").expectPublish(topic, 1, "two").expectPublish(topic, 1, "three");
    }

    // ---- QoS 2 ----

    @Test
    @Mqtt311({"MQTT-4.3.3-2", "MQTT-2.3.1-6", "MQTT-3.3.4-1"})
    void untilPubrelARepetitionIsAnsweredAndNotDelivered(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, 2);
        broker.v4()
                .send("34 # '" + topic + "' 0005 <one>")
                .expect("50 02 0005")
                .send("3c # '" + topic + "' 0005 <one>")
                .expect("50 02 0005")
                .send("62 02 0005")
                .expect("70 02 0005")
                .send("62 02 0005")
                .expect("70 02 0005")
                .send("3c # '" + topic + "' 0005 <two>")
                .expect("50 02 0005")
                .send("62 02 0005")
                .expect("70 02 0005");
        sub.expectPublish(topic, 2, "one").expectPublish(topic, 2, "two").expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-4.3.3-2", "MQTT-4.1.0-1", "MQTT-3.1.2-4"})
    void aRepetitionOnTheNextConnectionIsAnsweredAndNotDelivered(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, 2);
        broker.v4(me, 0)
                .send("34 # '" + topic + "' 0005 <one>")
                .expect("50 02 0005")
                .close();
        broker.v4Resumed(me)
                .send("3c # '" + topic + "' 0005 <one>")
                .expect("50 02 0005")
                .close();
        broker.v4Resumed(me).send("62 02 0005").expect("70 02 0005").close();
        broker.v4Resumed(me).send("62 02 0005").expect("70 02 0005");
        sub.expectPublish(topic, 2, "one").expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-4.3.3-1", "MQTT-2.3.1-6"})
    void everyPubrecIsAnsweredWithPubrel(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, 2);
        broker.v4().publish(topic, 2, "x");
        sub.expectPublish(topic, 2, "x");
        String id = sub.id();
        sub.send("50 02 " + id).expect("62 02 " + id).send("50 02 " + id).expect("62 02 " + id);
        sub.send("70 02 " + id).send("50 02 7654").expect("62 02 7654").expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-4.8.0-1"})
    void acknowledgementsOwedForNothingArePassedOver(TestBroker broker) {
        broker.v4().send("40 02 0007", "70 02 0007").expectNothing();
    }

    // ---- redelivery ----

    @Test
    @Mqtt311({"MQTT-4.4.0-1", "MQTT-3.3.1-1", "MQTT-4.3.3-1", "MQTT-4.3.2-1", "MQTT-4.6.0-6", "MQTT-4.6.0-5"})
    void theNextConnectionGetsAllThatIsOpenInOrder(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v4(me, 0).subscribe(topic, 2);
        Wire pub = broker.v4();
        List<String> ids = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            int qos = i % 2 == 0 ? 2 : 1;
            pub.publish(topic, qos, "m" + i);
            sub.expectPublish(topic, qos, "m" + i);
            ids.add(sub.id());
        }
        sub.send("50 02 " + ids.get(1))
                .expect("62 02 " + ids.get(1))
                .send("40 02 " + ids.get(2))
                .expectNothing()
                .close();
        pub.publish(topic, 2, "m6");
        for (int times = 0; times < 2; times++) {
            Wire again = broker.v4Resumed(me)
                    .expect("3a # '%s' %s <m1>".formatted(topic, ids.get(0)))
                    .expect("62 02 " + ids.get(1))
                    .expect("3c # '%s' %s <m4>".formatted(topic, ids.get(3)))
                    .expect("3a # '%s' %s <m5>".formatted(topic, ids.get(4)))
                    .expect("3%s # '%s' ???? <m6>".formatted(times == 0 ? "4" : "c", topic));
            if (times == 0) {
                ids.add(again.id());
            }
            again.expectNothing().close();
        }
        Wire last = broker.v4Resumed(me);
        for (int i = 0; i < 5; i++) {
            last.read();
        }
        last.send("40 02 " + ids.get(0), "70 02 " + ids.get(1), "40 02 " + ids.get(4));
        last.send("50 02 " + ids.get(3), "50 02 " + ids.get(5))
                .expect("62 02 " + ids.get(3))
                .expect("62 02 " + ids.get(5))
                .send("70 02 " + ids.get(5), "70 02 " + ids.get(3))
                .expectNothing()
                .close();
        broker.v4Resumed(me).expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-4.1.0-2", "MQTT-3.1.2-6"})
    void aCleanSessionLastsAsLongAsItsConnection(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v4(me, 2).subscribe(topic, 2);
        Wire pub = broker.v4().publish(topic, 2, "one");
        sub.expectPublish(topic, 2, "one").acknowledge().expectNothing();
        pub.publish(topic, 1, "two");
        sub.expectPublish(topic, 1, "two").close();
        new Wire(broker.port(), 4)
                .send("10 # 'MQTT' 04 00 0000 '" + me + "'")
                .expect("20 02 00 00")
                .expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-4.4.0-1", "MQTT-3.1.4-2"})
    void whoTakesOverGetsWhatIsOpen(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire old = broker.v4(me, 0).subscribe(topic, 2);
        broker.v4().publish(topic, 2, "one").publish(topic, 2, "two");
        old.expectPublish(topic, 2, "one");
        final String one = old.id();
        old.expectPublish(topic, 2, "two");
        final String two = old.id();
        old.send("50 02 " + one).expect("62 02 " + one);
        Wire young = broker.v4Resumed(me).expect("62 02 " + one).expect("3c # '%s' %s <two>".formatted(topic, two));
        old.expectClosed();
        young.send("70 02 " + one).acknowledge().expectNothing();
    }

    // ---- order ----

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Mqtt311({"MQTT-4.6.0-5", "MQTT-4.6.0-6"})
    void messagesArriveInTheOrderOfPublishing(int qos, TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, 2);
        Wire pub = broker.v4();
        int count = 300;
        for (int i = 0; i < count; i++) {
            String id = qos == 0 ? "" : "%04x".formatted(i + 1);
            pub.send("%02x # '%s' %s <m%d>".formatted(0x30 | qos << 1, topic, id, i));
        }
        for (int i = 0; i < count; i++) {
            sub.expectPublish(topic, qos, "m" + i);
        }
        sub.expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-4.6.0-2", "MQTT-4.6.0-3", "MQTT-4.6.0-4"})
    void theBrokerAnswersInOrder(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, 2);
        Wire pub = broker.v4();
        List<String> ids = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            pub.send("34 # '%s' %04x <x>".formatted(topic, i));
        }
        for (int i = 1; i <= 20; i++) {
            pub.expect("50 02 %04x".formatted(i));
            sub.expectPublish(topic, 2, "x");
            ids.add(sub.id());
        }
        ids.forEach(id -> sub.send("50 02 " + id));
        ids.forEach(id -> sub.expect("62 02 " + id));
        for (int i = 21; i <= 40; i++) {
            pub.send("32 # '%s' %04x <x>".formatted(topic, i));
        }
        for (int i = 21; i <= 40; i++) {
            pub.expect("40 02 %04x".formatted(i));
        }
    }

    // ---- topics ----

    /** U is a word of this test. */
    @ParameterizedTest
    @CsvSource({
        "U, U, true",
        "U, U/, false",
        "U, /U, false",
        "U/#, U, true",
        "U/#, U/a/b, true",
        "U/#, Ua, false",
        "U/+, U/a, true",
        "U/+, U/, true",
        "U/+, U, false",
        "U/+, U/a/b, false",
        "+/+/U, /a/U, true",
        "+/U, /U, true",
        "+/U, a/b/U, false",
        "U/+/b, U//b, true",
        "U/+/+/#, U/a/b, true",
        "U/+/+/#, U/a, false",
        "U/A, U/a, false",
        "U/é, U/é, true",
        "$U/#, $U/a, true",
        "+/U, $x/U, false",
        "+/U/#, $x/U/a, false",
    })
    @Mqtt311({"MQTT-4.7.1-2", "MQTT-4.7.1-3", "MQTT-4.7.2-1", "MQTT-4.7.3-4", "MQTT-3.3.2-3"})
    void filtersMatch(String filter, String topic, boolean matches, TestBroker broker) {
        String u = broker.unique();
        Wire sub = broker.v4().subscribe(filter.replace("U", u), 1);
        broker.v4().publish(topic.replace("U", u), 1, "x");
        if (matches) {
            sub.expectPublish(topic.replace("U", u), 1, "x").acknowledge();
        }
        sub.expectNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a#", "#a", "a/#/b", "#/", "##", "a/b#", "a+", "+a", "a/b+", "++", "+#", "a/+b/c"})
    @Mqtt311({"MQTT-4.7.1-2", "MQTT-4.7.1-3", "MQTT-4.8.0-1"})
    void misplacedWildcardsCloseTheConnection(String filter, TestBroker broker) {
        broker.v4().send("82 # 0001 '" + filter + "' 00").expectClosed();
    }
}
