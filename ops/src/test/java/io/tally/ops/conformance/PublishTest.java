package io.tally.ops.conformance;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 3.3.1 and 3.3.2.1: flags of PUBLISH, retained messages, topic names. */
@Conformance
final class PublishTest {
    private static final int CLEAN = 2;
    private static final int RETAIN = 16;
    private static final int MALFORMED = 0x81;
    private static final int RETAIN_AS_PUBLISHED = 8;
    private static final int ONLY_IF_NEW = 0x10;
    private static final int NO_RETAINED = 0x20;
    private static final String LONG = "11 000003e8";

    @Mqtt5({"MQTT-3.3.1-1", "MQTT-4.4.0-1", "MQTT-4.3.2-3", "MQTT-4.3.3-3"})
    @ParameterizedTest
    @CsvSource({"1, 32, 3a", "2, 34, 3c"})
    void dupIsSetWhenAMessageIsSentAgain(int qos, String first, String again, TestBroker broker) {
        String id = broker.unique();
        Wire client = broker.v5(id, CLEAN, LONG).subscribe(id, qos);
        broker.v5().publish(id, qos, "x");
        String packetId = client.expect(first + " # '" + id + "' ???? [] <x>").id();
        client.close();
        client = broker.v5(id, 0, LONG).expect(again + " # '" + id + "' " + packetId + " [] <x>");
        client.close();
        broker.v5(id, 0, LONG)
                .expect(again + " # '" + id + "' " + packetId + " [] <x>")
                .acknowledge()
                .disconnect();
        broker.v5(id, 0, "").expectNothing();
    }

    @Mqtt5("MQTT-3.3.1-1")
    @Test
    void dupIsNotSetOnWhatWasQueuedAndNeverSent(TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, CLEAN, LONG).subscribe(id, 2).close();
        broker.v5().publish(id, 1, "one").publish(id, 2, "two");
        Wire client = broker.v5(id, 0, "");
        client.expect("32 # '" + id + "' ???? [] <one>").acknowledge();
        client.expect("34 # '" + id + "' ???? [] <two>").acknowledge();
    }

    @Mqtt5("MQTT-3.3.1-1")
    @Test
    void whatTheWindowHeldBackIsNotADuplicate(TestBroker broker) {
        String id = broker.unique();
        Wire client = broker.v5(id, CLEAN, "21 0001 " + LONG).subscribe(id, 1);
        broker.v5().publish(id, 1, "one").publish(id, 1, "two");
        client.expect("32 # '" + id + "' ???? [] <one>").close();
        Wire back = broker.v5(id, 0, "21 0001");
        back.expect("3a # '" + id + "' ???? [] <one>").acknowledge();
        back.expect("32 # '" + id + "' ???? [] <two>").acknowledge();
    }

    @Mqtt5({"MQTT-3.3.1-2", "MQTT-4.3.1-1"})
    @Test
    void aQos0MessageIsGivenOutWithoutDup(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, 2);
        broker.v5().publish(topic, 0, "x");
        client.expect("30 # '" + topic + "' [] <x>");
    }

    @Mqtt5("MQTT-3.3.1-2")
    @Test
    void dupAtQos0EndsTheConnection(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, 0);
        broker.v5().send("38 # '" + topic + "' [] <x>").expect("e0 # 8? ..").expectClosed();
        client.expectNothing();
    }

    @Mqtt5({"MQTT-3.3.1-3", "MQTT-4.3.2-2", "MQTT-4.3.3-2"})
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void dupOfTheSenderIsNotCopied(int qos, TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, 2);
        broker.v5().publish(topic, qos + 8, "", "x");
        client.expect("%02x # '%s' ???? [] <x>".formatted(0x30 | qos << 1, topic));
    }

    @Mqtt5("MQTT-3.3.1-4")
    @ParameterizedTest
    @ValueSource(strings = {"36", "37", "3e", "3f"})
    void qos3IsMalformed(String header, TestBroker broker) {
        broker.v5().send(header + " # 'a' 0001 [] <x>").expectDisconnect(MALFORMED);
    }

    @Mqtt5("MQTT-3.3.1-5")
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void theLastRetainedMessageOfATopicIsKeptWithItsQos(int qos, TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, 1 + RETAIN, "03 'old'", "old").publish(topic, qos + RETAIN, "03 'new'", "new");
        String id = qos == 0 ? "" : "????";
        broker.v5().subscribe(topic, 2).expect("%02x # '%s' %s [03 'new'] <new>".formatted(0x31 | qos << 1, topic, id));
    }

    @Mqtt5("MQTT-3.3.1-5")
    @Test
    void aRetainedMessageStaysWhenItsPublisherGoes(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, RETAIN, "", "x").disconnect();
        Wire publisher = broker.v5().publish(topic, RETAIN + 1, "", "y");
        publisher.close();
        broker.v5().subscribe(topic, 0).expect("31 # '" + topic + "' [] <y>");
    }

    @Mqtt5({"MQTT-3.3.1-6", "MQTT-3.3.1-7"})
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void anEmptyRetainedMessageRemovesAndIsDeliveredLikeAnyOther(int qos, TestBroker broker) {
        String topic = broker.unique();
        Wire publisher = broker.v5().publish(topic, 1 + RETAIN, "", "x");
        Wire watcher = broker.v5().subscribe(topic, 2);
        watcher.expect("33 # '" + topic + "' ???? [] <x>").acknowledge();
        publisher.publish(topic, qos + RETAIN, "", "");
        String id = qos == 0 ? "" : "????";
        watcher.expect("%02x # '%s' %s []".formatted(0x30 | qos << 1, topic, id))
                .acknowledge();
        broker.v5().subscribe(topic, 2).expectNothing();
    }

    @Mqtt5("MQTT-3.3.1-7")
    @Test
    void anEmptyRetainedMessageWithPropertiesIsNotKeptEither(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, 1 + RETAIN, "26 'a' 'b'", "");
        broker.v5().subscribe(topic, 2).expectNothing();
    }

    @Mqtt5("MQTT-3.3.1-8")
    @ParameterizedTest
    @ValueSource(strings = {"y", ""})
    void withoutRetainTheRetainedMessageStays(String payload, TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, RETAIN, "", "x").publish(topic, 0, payload).publish(topic, 1, payload);
        broker.v5().subscribe(topic, 0).expect("31 # '" + topic + "' [] <x>").expectNothing();
    }

    @Mqtt5("MQTT-3.3.1-9")
    @Test
    void retainHandling0SendsRetainedMessagesEachTime(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, RETAIN, "", "x").publish(topic + "/y", RETAIN + 1, "", "y");
        Wire client = broker.v5();
        for (int i = 0; i < 2; i++) {
            client.subscribe(topic + "/#", 1)
                    .expectInAnyOrder("31 # '" + topic + "' [] <x>", "33 # '" + topic + "/y' ???? [] <y>");
        }
        client.expectNothing();
    }

    @Mqtt5("MQTT-3.3.1-10")
    @Test
    void retainHandling1SendsThemToNewSubscriptionsOnly(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, RETAIN, "", "x");
        Wire client = broker.v5().subscribe(topic, ONLY_IF_NEW).expect("31 # '" + topic + "' [] <x>");
        client.subscribe(topic, ONLY_IF_NEW).expectNothing();
        client.subscribe(topic, ONLY_IF_NEW + 1).expectNothing();
        client.send("a2 # 0001 [] '" + topic + "'").expect("b0 # 0001 [] 00");
        client.subscribe(topic, ONLY_IF_NEW).expect("31 # '" + topic + "' [] <x>");
    }

    @Mqtt5("MQTT-3.3.1-10")
    @Test
    void aSubscriptionOfAResumedSessionIsNotNew(TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        broker.v5().publish(topic, RETAIN, "", "x");
        broker.v5(id, CLEAN, LONG).subscribe(topic, NO_RETAINED).disconnect();
        broker.v5(id, 0, LONG).subscribe(topic, ONLY_IF_NEW).expectNothing().disconnect();
        broker.v5(id, CLEAN, LONG).subscribe(topic, ONLY_IF_NEW).expect("31 # '" + topic + "' [] <x>");
    }

    @Mqtt5("MQTT-3.3.1-11")
    @Test
    void retainHandling2SendsNone(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, RETAIN, "", "x");
        Wire client = broker.v5().subscribe(topic, NO_RETAINED).expectNothing();
        broker.v5().publish(topic, 0, "y");
        client.expect("30 # '" + topic + "' [] <y>");
    }

    @Mqtt5("MQTT-3.3.1-9")
    @Test
    void aSharedSubscriptionGetsNoRetainedMessages(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, RETAIN, "", "x");
        broker.v5().subscribe("$share/g/" + topic, 1).expectNothing();
    }

    @Mqtt5({"MQTT-3.3.1-12", "MQTT-3.3.1-13"})
    @ParameterizedTest
    @CsvSource({"0, 0, 30", "0, 16, 30", "8, 0, 30", "8, 16, 31"})
    void retainIsGivenOnOnlyAsPublished(int options, int flags, String header, TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, options);
        broker.v5().publish(topic, flags, "", "x");
        client.expect(header + " # '" + topic + "' [] <x>");
    }

    @Mqtt5("MQTT-3.3.1-13")
    @Test
    void retainAsPublishedIsKeptForWhatIsQueued(TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        broker.v5(id, CLEAN, LONG).subscribe(topic, 1 + RETAIN_AS_PUBLISHED).close();
        broker.v5().publish(topic, 1 + RETAIN, "", "x").publish(topic, 1, "y");
        Wire client = broker.v5(id, 0, "");
        client.expect("33 # '" + topic + "' ???? [] <x>").acknowledge();
        client.expect("32 # '" + topic + "' ???? [] <y>").acknowledge();
    }

    @Mqtt5("MQTT-3.3.1-12")
    @ParameterizedTest
    @ValueSource(ints = {0, RETAIN_AS_PUBLISHED})
    void theRetainedMessageOfANewSubscriptionHasRetainSet(int options, TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, RETAIN, "", "x");
        broker.v5().subscribe(topic, options).expect("31 # '" + topic + "' [] <x>");
    }

    @Mqtt5({"MQTT-3.3.2-1", "MQTT-4.7.3-1"})
    @ParameterizedTest
    @ValueSource(strings = {"30 00", "30 01 00", "30 # 0005 <ab>", "32 # 'a'", "32 # 'a' 00"})
    void aPublishThatEndsTooEarlyIsMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(MALFORMED);
    }

    @Mqtt5("MQTT-4.7.3-1")
    @Test
    void aTopicNameHasAtLeastOneCharacter(TestBroker broker) {
        broker.v5().send("30 # '' [] <x>").expect("e0 # ?? ..").expectClosed();
    }

    @Mqtt5({"MQTT-3.3.2-2", "MQTT-4.7.0-1"})
    @ParameterizedTest
    @ValueSource(strings = {"#", "+", "a/#", "a/+", "a/+/b", "a+", "a#", "+/a", "#/a"})
    void aTopicNameWithAWildcardEndsTheConnection(String topic, TestBroker broker) {
        for (int qos = 0; qos < 3; qos++) {
            String id = qos == 0 ? "" : "0001";
            broker.v5()
                    .send("%02x # '%s' %s [] <x>".formatted(0x30 | qos << 1, topic, id))
                    .expectOneOf("e0 # 81 ..", "e0 # 82 ..", "e0 # 90 ..")
                    .expectClosed();
        }
    }

    @Mqtt5("MQTT-3.3.2-3")
    @ParameterizedTest
    @ValueSource(strings = {"/+", "/#", "/a/#", "/+/b", "/a/+", "/a/b", "/a/b/#"})
    void theTopicNameIsThatOfThePublishWhateverTheFilter(String filter, TestBroker broker) {
        String root = broker.unique();
        Wire client = broker.v5().subscribe(root + filter, 0);
        Wire publisher = broker.v5();
        publisher.publish(root + "/a/b", 0, "x").publish(root + "/a", 0, "y").expectNothing();
        if (filter.equals("/+")) {
            client.expect("30 # '" + root + "/a' [] <y>");
        } else {
            client.expect("30 # '" + root + "/a/b' [] <x>");
        }
    }
}
