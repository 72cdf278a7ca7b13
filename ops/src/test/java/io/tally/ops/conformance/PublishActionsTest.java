package io.tally.ops.conformance;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, section 3.3.4: what a PUBLISH is answered with, and who gets it how often. */
@Conformance
final class PublishActionsTest {
    private static final int CLEAN = 2;
    private static final String LONG = "11 000003e8";
    private static final String DUPLICATES = "allow_duplicate_messages true";

    @Mqtt5("MQTT-3.3.4-1")
    @Test
    void eachQosHasItsAnswer(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().subscribe(topic, 0);
        Wire publisher = broker.v5();
        publisher.send("30 # '" + topic + "' [] <x>").expectNothing();
        publisher.send("32 # '" + topic + "' 0001 [] <x>").expect("40 02 0001").expectNothing();
        publisher.send("34 # '" + topic + "' 0001 [] <x>").expect("50 02 0001").expectNothing();
        publisher.send("62 02 0001").expect("70 02 0001").expectNothing();
    }

    @Mqtt5("MQTT-3.3.4-1")
    @Test
    void anEmptyMessageIsAnsweredLikeOthers(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic, 2);
        broker.v5().publish(topic, 1, "").publish(topic, 2, "");
        watcher.expect("32 # '" + topic + "' ???? []").acknowledge();
        watcher.expect("34 # '" + topic + "' ???? []").acknowledge();
    }

    @Mqtt5("MQTT-3.3.4-2")
    @ParameterizedTest
    @CsvSource({"0, 1, 2", "2, 1, 0", "1, 2, 0", "0, 0, 1", "1, 0, 0", "0, 0, 0"})
    void overlappingSubscriptionsGetOneCopyAtTheirHighestQos(int a, int b, int c, TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5()
                .subscribe(topic + "/#", a)
                .subscribe(topic + "/+", b)
                .subscribe(topic + "/x", c);
        broker.v5().publish(topic + "/x", 2, "m");
        watcher.expectPublish(topic + "/x", Math.max(a, Math.max(b, c)), "m").acknowledge();
        watcher.expectNothing();
    }

    @Mqtt5("MQTT-3.3.4-2")
    @Test
    void aMessageIsNotRaisedToTheQosOfItsSubscriptions(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic + "/#", 2).subscribe(topic + "/+", 1);
        broker.v5().publish(topic + "/x", 0, "m").publish(topic + "/x", 1, "n");
        watcher.expectPublish(topic + "/x", 0, "m").expectPublish(topic + "/x", 1, "n");
    }

    @Mqtt5({"MQTT-3.3.4-3", "MQTT-3.3.4-4"})
    @Test
    void oneCopyCarriesAllMatchingIdentifiers(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5()
                .subscribe(topic + "/#", 0, "0b 01")
                .subscribe(topic + "/+", 1, "0b ff ff ff 7f")
                .subscribe(topic + "/x", 0, "0b 80 01")
                .subscribe(topic + "/y", 0, "0b 05");
        broker.v5().publish(topic + "/x", 1, "m");
        watcher.expectOneOf(inAllOrders("32 # '" + topic + "/x' ???? [%s] <m>", "0b 01", "0b ff ff ff 7f", "0b 80 01"));
        watcher.acknowledge().expectNothing();
    }

    @Mqtt5({"MQTT-3.3.4-3", "MQTT-3.3.4-4"})
    @Test
    void subscriptionsWithoutIdentifierAddNone(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic + "/#", 0, "0b 07").subscribe(topic + "/+", 1);
        broker.v5().publish(topic + "/x", 0, "m").publish(topic, 0, "n");
        watcher.expect("30 # '" + topic + "/x' [0b 07] <m>").expect("30 # '" + topic + "' [0b 07] <n>");
    }

    @Mqtt5("MQTT-3.3.4-3")
    @Test
    void anIdentifierThatTwoSubscriptionsHaveMayComeTwice(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic + "/#", 0, "0b 07").subscribe(topic + "/+", 0, "0b 07");
        broker.v5().publish(topic + "/x", 0, "m");
        watcher.expectOneOf("30 # '" + topic + "/x' [0b 07 0b 07] <m>", "30 # '" + topic + "/x' [0b 07] <m>");
        watcher.expectNothing();
    }

    @Mqtt5("MQTT-3.3.4-3")
    @Test
    void subscribingAgainReplacesTheIdentifier(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic, 0, "0b 07").subscribe(topic, 0, "0b 08");
        Wire publisher = broker.v5().publish(topic, 0, "m");
        watcher.expect("30 # '" + topic + "' [0b 08] <m>").subscribe(topic, 0);
        publisher.publish(topic, 0, "n");
        watcher.expect("30 # '" + topic + "' [] <n>");
    }

    @Mqtt5("MQTT-3.3.4-3")
    @Test
    void identifiersAreKeptWithTheSessionAndForRetainedMessages(TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        broker.v5().publish(topic, 1 + 16, "", "retained");
        Wire watcher = broker.v5(id, CLEAN, LONG).subscribe(topic, 1, "0b 09");
        watcher.expect("33 # '" + topic + "' ???? [0b 09] <retained>")
                .acknowledge()
                .disconnect();
        broker.v5().publish(topic, 1, "queued");
        broker.v5(id, 0, "").expect("32 # '" + topic + "' ???? [0b 09] <queued>");
    }

    @Mqtt5({"MQTT-3.3.4-3", "MQTT-3.3.4-4"})
    @Test
    void aSharedSubscriptionHasItsIdentifierToo(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe("$share/g/" + topic, 0, "0b 0a");
        broker.v5().publish(topic, 0, "m");
        watcher.expect("30 # '" + topic + "' [0b 0a] <m>");
    }

    @Mqtt5({"MQTT-3.3.4-2", "MQTT-3.3.4-5"})
    @Test
    void severalCopiesCarryEachItsIdentifier(@Config(DUPLICATES) TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5()
                .subscribe(topic + "/#", 0, "0b 01")
                .subscribe(topic + "/+", 1, "0b 02")
                .subscribe(topic + "/x", 0);
        broker.v5().publish(topic + "/x", 1, "m");
        watcher.expectInAnyOrder(
                "30 # '" + topic + "/x' [0b 01] <m>",
                "32 # '" + topic + "/x' ???? [0b 02] <m>",
                "30 # '" + topic + "/x' [] <m>");
        watcher.expectNothing();
    }

    @Mqtt5({"MQTT-3.3.4-7", "MQTT-4.13.1-1"})
    @Test
    void moreThanTheServersReceiveMaximumEndsTheConnection(@Config("max_inflight_messages 2") TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.open()
                .send("10 # 'MQTT' 05 02 0000 [] '" + broker.unique() + "'")
                .expect("20 # 00 00 {21 0002}");
        client.send("34 # '" + topic + "' 0001 [] <x>").expect("50 # 0001 ..");
        client.send("34 # '" + topic + "' 0002 [] <x>").expect("50 # 0002 ..");
        client.send("34 # '" + topic + "' 0003 [] <x>").expectDisconnect(0x93);
    }

    @Mqtt5("MQTT-3.3.4-8")
    @Test
    void theServersReceiveMaximumConcernsNothingButPublish(@Config("max_inflight_messages 2") TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5();
        client.send("34 # '" + topic + "' 0001 [] <x>").expect("50 # 0001 ..");
        client.send("34 # '" + topic + "' 0002 [] <x>").expect("50 # 0002 ..");
        client.send("30 # '" + topic + "' [] <x>").expectNothing();
        client.subscribe(topic, 1).expectNothing();
        client.send("62 02 0001").expect("70 02 0001");
        client.send("34 # '" + topic + "' 0003 [] <x>")
                .expectInAnyOrder("50 02 0003", "32 # '" + topic + "' ???? [] <x>");
    }

    @Mqtt5({"MQTT-3.3.4-9", "MQTT-3.3.4-10"})
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void neverMoreThanTheClientsReceiveMaximumIsUnderWay(int most, TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5("21 %04x".formatted(most)).subscribe(topic, 2);
        Wire publisher = broker.v5();
        for (int i = 0; i < most + 3; i++) {
            publisher.publish(topic, 2, "m" + i);
        }
        for (int i = 0; i < most; i++) {
            client.expectPublish(topic, 2, "m" + i);
        }
        String last = client.id();
        client.expectNothing();
        client.send("50 02 " + last).expect("62 02 " + last).expectNothing();
        client.send("70 02 " + last).expectPublish(topic, 2, "m" + most).expectNothing();
        publisher.publish(topic, 0, "unlimited");
        client.expectPublish(topic, 0, "unlimited").expectNothing();
    }

    private static String[] inAllOrders(String packet, String a, String b, String c) {
        return new String[] {
            packet.formatted(a + b + c),
            packet.formatted(a + c + b),
            packet.formatted(b + a + c),
            packet.formatted(b + c + a),
            packet.formatted(c + a + b),
            packet.formatted(c + b + a)
        };
    }
}
