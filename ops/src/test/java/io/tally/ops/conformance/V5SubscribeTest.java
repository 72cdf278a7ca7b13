package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 3.8 and 3.9: SUBSCRIBE and SUBACK. */
@Conformance
final class V5SubscribeTest {
    // ---- form ----

    @ParameterizedTest
    @ValueSource(strings = {"80", "81", "83", "84", "86", "8a", "8f"})
    @Mqtt5({"MQTT-3.8.1-1", "MQTT-2.1.3-1", "MQTT-4.13.1-1"})
    void otherFlagsAreMalformed(String first, TestBroker broker) {
        broker.v5().send(first + " # 0001 [] 'a' 00").expectDisconnect(0x81);
    }

    @ParameterizedTest
    @ValueSource(strings = {"(c080)", "(61 eda080)", "(61 edbfbf 62)", "(ff)", "(61 00)", "(f4908080)", "(e282)"})
    @Mqtt5({"MQTT-3.8.3-1", "MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-4.7.3-2", "MQTT-4.13.1-1"})
    void aFilterThatIsNoUtf8StringClosesTheConnection(String filter, TestBroker broker) {
        broker.v5().send("82 # 0001 [] " + filter + " 00").expect("e0 # 8? ..").expectClosed();
    }

    @Test
    @Mqtt5({"MQTT-3.8.3-2", "MQTT-4.13.1-1"})
    void noFilterIsAProtocolError(TestBroker broker) {
        broker.v5().send("82 # 0001 []").expectDisconnect(0x82);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"82 00", "82 01 00", "82 02 0001", "82 # 0001 [] 'a'", "82 # 0001 [] 0005 61", "82 # 0001 05"})
    @Mqtt5({"MQTT-3.8.3-2", "MQTT-4.13.1-1"})
    void aCutSubscribeIsMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(0x81);
    }

    @ParameterizedTest
    @ValueSource(strings = {"40", "80", "c0", "41", "82"})
    @Mqtt5({"MQTT-3.8.3-5", "MQTT-4.13.1-1"})
    void reservedOptionBitsAreMalformed(String options, TestBroker broker) {
        broker.v5().send("82 # 0001 [] 'a' " + options).expectDisconnect(0x81);
    }

    @ParameterizedTest
    @ValueSource(strings = {"03", "30", "32", "3f"})
    @Mqtt5({"MQTT-4.13.1-1"})
    void qosThreeAndRetainHandlingThreeAreProtocolErrors(String options, TestBroker broker) {
        broker.v5().send("82 # 0001 [] 'a' " + options).expectDisconnect(0x82);
    }

    @Test
    @Mqtt5({"MQTT-3.8.3-4", "MQTT-4.13.1-1"})
    void noLocalOnASharedSubscriptionIsAProtocolError(TestBroker broker) {
        broker.v5().send("82 # 0001 [] '$share/g/a' 04").expectDisconnect(0x82);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "0b 00, 82",
                "0b 01 0b 02, 82",
                "0b 8000, 81",
                "0b ffffffff 7f, 81",
                "11 00000001, 81",
                "1f 'x', 81"
            })
    @Mqtt5({"MQTT-4.13.1-1"})
    void otherPropertiesCloseTheConnection(String properties, String code, TestBroker broker) {
        broker.v5().send("82 # 0001 [" + properties + "] 'a' 00").expectDisconnect(Integer.parseInt(code, 16));
    }

    @Test
    @Mqtt5({"MQTT-2.2.1-3"})
    void identifierZeroIsAProtocolError(TestBroker broker) {
        broker.v5().send("82 # 0000 [] 'a' 00").expectDisconnect(0x82);
    }

    @Test
    void userPropertiesAndTheLargestSubscriptionIdentifierAreTaken(TestBroker broker) {
        String topic = broker.unique();
        broker.v5()
                .send("82 # 0001 [26 'k' '1' 0b ffffff7f 26 'k' '2'] '" + topic + "' 00")
                .expect("90 # 0001 [] 00")
                .send("30 # '" + topic + "' [] <x>")
                .expect("30 # '" + topic + "' [0b ffffff7f] <x>");
    }

    // ---- SUBACK ----

    @ParameterizedTest
    @ValueSource(strings = {"0001", "00ff", "8000", "ffff"})
    @Mqtt5({"MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-2.2.1-6", "MQTT-2.2.2-1", "MQTT-2.1.3-1"})
    void subackRepeatsTheIdentifier(String id, TestBroker broker) {
        broker.v5().send("82 # " + id + " [] 'a' 00").expect("90 # " + id + " [] 00");
    }

    @Test
    @Mqtt5({"MQTT-3.8.4-5", "MQTT-3.8.4-6", "MQTT-3.8.4-7", "MQTT-3.9.3-1", "MQTT-3.9.3-2"})
    void oneSubackHasACodeForEachFilterInTheirOrder(TestBroker broker) {
        String t = broker.unique();
        String deep = t + "/a".repeat(300);
        Wire sub = broker.v5()
                .send("82 # 0a0b [] '%s/2' 02 '%s/0' 00 '%s' 02 '%s/1' 01 '%s/2' 01".formatted(t, t, deep, t, t))
                .expect("90 # 0a0b {} 02 00 8f 01 01");
        broker.v5().publish(t + "/2", 2, "two").publish(t + "/0", 2, "zero").publish(t + "/1", 2, "one");
        // The last filter replaces the first, as if it had come in a packet of its own.
        sub.expectPublish(t + "/2", 1, "two")
                .expectPublish(t + "/0", 0, "zero")
                .expectPublish(t + "/1", 1, "one")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.8.4-7", "MQTT-3.9.3-2", "MQTT-3.8.4-6"})
    void whatIsNotGrantedHasAFailureCodeAndNoSubscription(
            @Config("max_subscriptions_per_session 2") TestBroker broker) {
        String t = broker.unique();
        broker.v5()
                .send("82 # 0001 [] '%s/1' 00 '%s/2' 01 '%s/3' 02 '%s/1' 02".formatted(t, t, t, t))
                .expect("90 # 0001 {} 00 01 97 02")
                .publish(t + "/3", 1, "refused")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.9.3-2"})
    void sharedSubscriptionsHaveALimitOfTheirOwn(@Config("max_shared_subscriptions_per_session 1") TestBroker broker) {
        broker.v5()
                .send("82 # 0001 [] '$share/g/a' 01 '$share/h/a' 01 'a' 01 '$share/g/a' 02")
                .expect("90 # 0001 {} 01 97 01 02");
    }

    @Test
    @Mqtt5({"MQTT-3.9.2-1", "MQTT-3.9.2-2"})
    void subackWithAFailureFitsTheClientsMaximumPacketSize(
            @Config("max_subscriptions_per_session 2") TestBroker broker) {
        Wire small = broker.v5("27 00000018");
        small.send("82 # 0001 [] 'a' 00 'b' 00 'c' 00").expect("90 # 0001 {} 00 00 97");
        assertTrue(small.last().length <= 24, Notation.hex(small.last()));
    }

    @Test
    @Mqtt5({"MQTT-3.1.2-24"})
    void aSubackTooLargeForTheClientIsNotSent(TestBroker broker) {
        broker.v5("27 00000018").send("82 # 0001 [] " + "'a' 00".repeat(20)).expectDisconnect(0x95);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 1", "0, 2", "1, 0", "1, 1", "1, 2", "2, 0", "2, 1", "2, 2"})
    @Mqtt5({"MQTT-3.8.4-8", "MQTT-3.8.4-7"})
    void messagesComeAtTheLowerOfPublishedAndGrantedQos(int published, int granted, TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, granted);
        broker.v5().publish(topic, published, "x");
        sub.expectPublish(topic, Math.min(published, granted), "x")
                .acknowledge()
                .expectNothing();
    }

    // ---- replacing ----

    @Test
    @Mqtt5({"MQTT-3.8.4-3"})
    void anIdenticalFilterReplacesTheSubscription(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 0, "0b 07").subscribe(topic, 2, "0b 08");
        Wire pub = broker.v5().publish(topic, 2, "one");
        sub.expect("34 # '" + topic + "' ???? [0b 08] <one>").acknowledge().expectNothing();
        sub.subscribe(topic, 1);
        pub.publish(topic, 2, "two");
        sub.expect("32 # '" + topic + "' ???? [] <two>").acknowledge().expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.8.4-3", "MQTT-3.8.3-3", "MQTT-3.3.1-13"})
    void allOptionsOfTheReplacedSubscriptionAreGone(TestBroker broker) {
        String topic = broker.unique();
        Wire self = broker.v5().subscribe(topic, 0x0D);
        self.publish(topic, 0, "own").expectNothing();
        self.subscribe(topic, 0x01).send("33 # '" + topic + "' 0001 [] <own>");
        self.expectInAnyOrder("40 02 0001", "32 # '" + topic + "' ???? [] <own>")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.8.4-4", "MQTT-3.3.1-9"})
    void replacingWithRetainHandlingZeroSendsRetainedMessagesAgain(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().publish(topic, 1 | 16, "", "kept");
        Wire sub = broker.v5();
        for (int i = 1; i <= 3; i++) {
            sub.send("82 # 000%d [] '%s' 01".formatted(i, topic))
                    .expect("90 # 000%d [] 01".formatted(i))
                    .expect("33 # '" + topic + "' ???? [] <kept>")
                    .acknowledge();
        }
        sub.send("82 # 0004 [] '" + topic + "' 11").expect("90 # 0004 [] 01");
        sub.send("82 # 0005 [] '" + topic + "' 21").expect("90 # 0005 [] 01").expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.8.4-4"})
    void replacingLosesNoMessageAndDoublesNone(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 1);
        Wire pub = broker.v5();
        int messages = 200;
        int replaced = 20;
        for (int i = 0; i < messages; i++) {
            pub.send("32 # '%s' %04x [] <m%d>".formatted(topic, i + 1, i));
            if (i % (messages / replaced) == 0) {
                sub.send("82 # %04x [] '%s' %02x".formatted(i + 1, topic, 1 + i % 2));
            }
        }
        int next = 0;
        int subacks = 0;
        while (next < messages || subacks < replaced) {
            byte[] packet = sub.read();
            if (packet != null && packet[0] == (byte) 0x90) {
                subacks++;
            } else {
                assertTrue(
                        packet != null && Notation.matches("32 # '%s' ???? [] <m%d>".formatted(topic, next), packet),
                        "message " + next + " expected");
                sub.acknowledge();
                next++;
            }
        }
        sub.expectNothing();
    }

    // ---- No Local ----

    @Test
    @Mqtt5({"MQTT-3.8.3-3"})
    void noLocalKeepsOwnMessagesAway(TestBroker broker) {
        String topic = broker.unique();
        Wire self = broker.v5().subscribe(topic, 0x06);
        self.publish(topic, 0, "own")
                .publish(topic, 1, "own")
                .publish(topic, 2, "own")
                .expectNothing();
        broker.v5().publish(topic, 2, "other");
        self.expectPublish(topic, 2, "other").acknowledge().expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.8.3-3"})
    void noLocalGoesByClientIdNotByConnection(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        broker.v5(me, 2, "11 ffffffff").subscribe(topic, 0x05).disconnect();
        broker.v5Resumed(me).publish(topic, 1, "own").expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.8.3-3"})
    void anOverlappingSubscriptionWithoutNoLocalStillGetsOwnMessages(TestBroker broker) {
        String t = broker.unique();
        Wire self = broker.v5().subscribe(t + "/+", 0x06, "0b 01").subscribe(t + "/a", 0x01, "0b 02");
        self.send("34 # '" + t + "/a' 0001 [] <own>");
        self.expectInAnyOrder("50 02 0001", "32 # '" + t + "/a' ???? [0b 02] <own>");
    }
}
