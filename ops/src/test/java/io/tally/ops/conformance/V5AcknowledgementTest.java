package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 3.4 to 3.7: PUBACK, PUBREC, PUBREL, PUBCOMP. */
@Conformance
final class V5AcknowledgementTest {
    // ---- from the broker ----

    @Test
    @Mqtt5({"MQTT-3.4.2-1", "MQTT-2.2.1-5"})
    void pubackSaysWhetherAnybodyIsSubscribed(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().subscribe(topic, 1);
        broker.v5()
                .send("32 # '" + topic + "' 1234 [] <x>")
                .expect("40 02 1234")
                .send("32 # '" + broker.unique() + "' ffff [] <x>")
                .expect("40 # ffff 10 ..");
    }

    @Test
    @Mqtt5({"MQTT-3.5.2-1", "MQTT-2.2.1-5"})
    void pubrecSaysWhetherAnybodyIsSubscribed(TestBroker broker) {
        String topic = broker.unique();
        broker.v5().subscribe(topic, 1);
        broker.v5()
                .send("34 # '" + topic + "' 1234 [] <x>")
                .expect("50 02 1234")
                .send("34 # '" + broker.unique() + "' ffff [] <x>")
                .expect("50 # ffff 10 ..")
                .send("62 02 ffff", "62 02 1234")
                .expect("70 02 ffff")
                .expect("70 02 1234");
    }

    @Test
    @Mqtt5({"MQTT-3.4.2-1", "MQTT-3.5.2-1"})
    void refusedMessagesGetACodeOfTheTable(TestBroker broker) {
        broker.v5()
                .send("32 # '$SYS/x' 0001 [] <x>")
                .expect("40 # 0001 87 ..")
                .send("34 # '$SYS/x' 0001 [] <x>")
                .expect("50 # 0001 87 ..")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.7.2-1", "MQTT-4.3.3-11"})
    void pubcompSaysWhetherThePacketIdentifierWasKnown(TestBroker broker) {
        broker.v5()
                .send("62 02 0102")
                .expect("70 # 0102 92 ..")
                .send("62 # 0103 92 []")
                .expect("70 # 0103 92 ..")
                .publish(broker.unique(), 2, "x")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.6.2-1", "MQTT-2.2.1-5", "MQTT-2.1.3-1"})
    void pubrelRepeatsTheIdentifierWithSuccess(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        broker.v5().publish(topic, 2, "x");
        sub.expectPublish(topic, 2, "x");
        String id = sub.id();
        sub.send("50 02 " + id).expect("62 02 " + id).send("70 02 " + id).expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.6.2-1"})
    void pubrecForAnUnknownIdentifierIsAnsweredWithPubrelNotFound(TestBroker broker) {
        broker.v5()
                .send("50 02 0100")
                .expect("62 # 0100 92 ..")
                .send("70 02 0100")
                .send("50 # 0100 80 []")
                .expectNothing();
    }

    @Test
    @Mqtt5({
        "MQTT-3.4.2-2",
        "MQTT-3.4.2-3",
        "MQTT-3.5.2-2",
        "MQTT-3.5.2-3",
        "MQTT-3.6.2-2",
        "MQTT-3.6.2-3",
        "MQTT-3.7.2-2",
        "MQTT-3.7.2-3"
    })
    void noAcknowledgementExceedsTheClientsMaximumPacketSize(TestBroker broker) {
        Wire small = broker.v5("27 00000018");
        String topic = "t";
        small.send("32 # '$SYS/x' 0001 [] <x>");
        expectAtMost(24, small, "40 # 0001 87 ..");
        small.send("34 # '$SYS/x' 0001 [] <x>");
        expectAtMost(24, small, "50 # 0001 87 ..");
        small.send("62 02 0009");
        expectAtMost(24, small, "70 # 0009 92 ..");
        small.send("50 02 0009");
        expectAtMost(24, small, "62 # 0009 92 ..");
    }

    private static void expectAtMost(int bytes, Wire wire, String packet) {
        wire.expect(packet);
        assertTrue(wire.last().length <= bytes, Notation.hex(wire.last()));
    }

    // ---- from the client: what is allowed ----

    @ParameterizedTest
    @ValueSource(strings = {"00", "10", "80", "83", "87", "90", "91", "97", "99"})
    @Mqtt5({"MQTT-3.4.2-1", "MQTT-4.4.0-2", "MQTT-4.3.2-3"})
    void pubackOfEveryReasonCodeEndsTheDelivery(String code, TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, "11 ffffffff").subscribe(topic, 1);
        broker.v5().publish(topic, 1, "x");
        sub.expectPublish(topic, 1, "x");
        sub.send("40 # " + sub.id() + " " + code + " []").expectNothing().close();
        broker.v5Resumed(me).expectNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "83", "87", "90", "91", "97", "99"})
    @Mqtt5({"MQTT-3.5.2-1", "MQTT-4.4.0-2"})
    void pubrecOfAFailureEndsTheDelivery(String code, TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, "11 ffffffff").subscribe(topic, 2);
        broker.v5().publish(topic, 2, "x");
        sub.expectPublish(topic, 2, "x");
        sub.send("50 # " + sub.id() + " " + code).expectNothing().close();
        broker.v5Resumed(me).expectNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00", "00 []", "10", "10 []", "00 [1f 'taken' 26 'k' '1' 26 'k' '2']"})
    @Mqtt5({"MQTT-3.5.2-1", "MQTT-4.3.3-4"})
    void pubrecOfASuccessIsAnsweredWithPubrel(String rest, TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        broker.v5().publish(topic, 2, "x");
        sub.expectPublish(topic, 2, "x");
        String id = sub.id();
        sub.send("50 # " + id + " " + rest)
                .expect("62 02 " + id)
                .send("70 02 " + id)
                .expectNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00", "92", "00 []", "00 [1f 'go on' 26 'k' '1' 26 'k' '2']"})
    @Mqtt5({"MQTT-3.6.2-1", "MQTT-4.3.3-11"})
    void pubrelInEveryFormIsAnsweredWithPubcomp(String rest, TestBroker broker) {
        broker.v5()
                .send("34 # '" + broker.unique() + "' 0001 [] <x>")
                .expect("50 # 0001 10 ..")
                .send("62 # 0001 " + rest)
                .expect("70 02 0001");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00", "92", "92 []", "00 [1f 'done' 26 'k' '1' 26 'k' '2']"})
    @Mqtt5({"MQTT-3.7.2-1", "MQTT-4.3.3-5"})
    void pubcompInEveryFormEndsTheDelivery(String rest, TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, "11 ffffffff").subscribe(topic, 2);
        broker.v5().publish(topic, 2, "x");
        sub.expectPublish(topic, 2, "x");
        String id = sub.id();
        sub.send("50 02 " + id)
                .expect("62 02 " + id)
                .send("70 # " + id + " " + rest)
                .expectNothing()
                .close();
        broker.v5Resumed(me).expectNothing();
    }

    /** Clients that have lost their session, and repetitions, are no reason to close. */
    @Test
    @Mqtt5({"MQTT-3.4.2-1", "MQTT-3.7.2-1"})
    void acknowledgementsOwedForNothingArePassedOver(TestBroker broker) {
        broker.v5()
                .send("40 02 0007", "70 02 0007", "70 # 0008 92", "40 02 ffff")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.3.3-4"})
    void aRepeatedPubrecIsAnsweredWithPubrelAgain(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 2);
        broker.v5().publish(topic, 2, "x");
        sub.expectPublish(topic, 2, "x");
        String id = sub.id();
        sub.send("50 02 " + id)
                .expect("62 02 " + id)
                .send("50 02 " + id)
                .expect("62 02 " + id)
                .send("70 02 " + id)
                .expectNothing();
    }

    // ---- from the client: what is not ----

    @ParameterizedTest
    @CsvSource({
        "MQTT-3.4.2-1, 40 03 0001 01",
        "MQTT-3.4.2-1, 40 03 0001 92",
        "MQTT-3.4.2-1, 40 03 0001 ff",
        "MQTT-3.5.2-1, 50 03 0001 02",
        "MQTT-3.5.2-1, 50 03 0001 92",
        "MQTT-3.6.2-1, 62 03 0001 10",
        "MQTT-3.6.2-1, 62 03 0001 80",
        "MQTT-3.7.2-1, 70 03 0001 10",
        "MQTT-3.7.2-1, 70 03 0001 91",
    })
    @Mqtt5({"MQTT-3.4.2-1", "MQTT-3.5.2-1", "MQTT-3.6.2-1", "MQTT-3.7.2-1", "MQTT-4.13.1-1"})
    void aReasonCodeOutsideOfTheTableIsAProtocolError(String statement, String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(0x82);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "60 02 0001",
                "61 02 0001",
                "63 02 0001",
                "64 02 0001",
                "66 02 0001",
                "6a 02 0001",
                "6f 02 0001",
            })
    @Mqtt5({"MQTT-3.6.1-1", "MQTT-2.1.3-1", "MQTT-4.13.1-1"})
    void pubrelWithOtherFlagsIsMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(0x81);
    }

    @ParameterizedTest
    @ValueSource(strings = {"41 02 0001", "42 02 0001", "48 02 0001", "51 02 0001", "52 02 0001", "72 02 0001"})
    @Mqtt5({"MQTT-2.1.3-1", "MQTT-4.13.1-1"})
    void acknowledgementsWithFlagsAreMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(0x81);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "40 00",
                "40 01 00",
                "50 01 00",
                "62 00",
                "70 01 01",
                "40 # 0001 00 [11 00000001]",
                "50 # 0001 00 [01 00]",
                "62 # 0001 00 [23 0001]",
                "70 # 0001 00 [1c 'x']",
                "40 # 0001 00 [] 00",
                "50 # 0001 00 05 1f 'a'",
                "62 # 0001 00 03 1f 0005",
                "70 # 0001 00 8000",
                "40 # 0001 00 [1f (c080)]",
                "50 # 0001 00 [26 'a' (eda080)]",
            })
    @Mqtt5({"MQTT-4.13.1-1", "MQTT-1.5.4-1", "MQTT-1.5.5-1", "MQTT-1.5.7-1"})
    void acknowledgementsThatCannotBeReadAreMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(0x81);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "40 # 0001 00 [1f 'a' 1f 'b']",
                "50 # 0001 00 [1f 'a' 1f 'b']",
                "62 # 0001 00 [1f 'a' 1f 'b']",
                "70 # 0001 00 [1f 'a' 1f 'b']",
                "40 02 0000",
                "62 02 0000",
            })
    @Mqtt5({"MQTT-4.13.1-1"})
    void aSecondReasonStringAndIdentifierZeroAreProtocolErrors(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(0x82);
    }
}
