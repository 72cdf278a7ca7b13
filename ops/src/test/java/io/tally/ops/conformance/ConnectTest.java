package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, section 3.1: what CONNECT must look like, client identifiers, take-over; wills and sessions elsewhere. */
@Conformance
final class ConnectTest {
    private static final int MALFORMED = 0x81;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final int UNSUPPORTED_VERSION = 0x84;
    private static final int TAKEN_OVER = 0x8E;

    @Mqtt5({"MQTT-3.1.0-1", "MQTT-3.14.0-1"})
    @ParameterizedTest
    @ValueSource(
            strings = {
                "c0 00",
                "30 # 'a' [] <x>",
                "82 # 0001 [] 'a' 00",
                "e0 00",
                "20 03 00 00 00",
                "f0 00",
                "40 02 0001",
                "00 00",
            })
    void anyOtherFirstPacketClosesWithoutAnAnswer(String packet, TestBroker broker) {
        broker.open().send(packet).expectClosed();
    }

    @Mqtt5({"MQTT-3.1.0-2", "MQTT-3.2.0-2"})
    @Test
    void aSecondConnectIsAProtocolError(TestBroker broker) {
        broker.v5().send("10 # 'MQTT' 05 02 003c [] 'again'").expectDisconnect(PROTOCOL_ERROR);
    }

    @Mqtt5({"MQTT-3.1.0-2", "MQTT-3.2.0-2"})
    @Test
    void aSecondConnectInTheSameWriteIsOneToo(TestBroker broker) {
        String connect = "10 # 'MQTT' 05 02 003c [] '" + broker.unique() + "'";
        Wire client = broker.open().send(connect, connect).expect("20 # 00 ?? {}");
        if (Notation.matches("20 # 00 00 {}", client.last())) {
            client.expectDisconnect(PROTOCOL_ERROR);
        } else {
            assertTrue(Notation.matches("20 # 00 82 {}", client.last()));
            client.expectClosed();
        }
    }

    @Mqtt5("MQTT-3.1.0-2")
    @Test
    void aSecondConnectDoesNotTouchTheSessionThatItNames(TestBroker broker) {
        String other = broker.unique();
        Wire neighbour = broker.v5(other, 2, "");
        broker.v5().send("10 # 'MQTT' 05 02 0000 [] '" + other + "'").expectDisconnect(PROTOCOL_ERROR);
        neighbour.expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-1")
    @ParameterizedTest
    @ValueSource(strings = {"'mqtt'", "'MQTT5'", "'MQT'", "'MQTT '", "''", "'HTTP'", "'MQIsdp'", "(4d 51 54 54 00)"})
    void anotherProtocolNameIsRefusedOrClosed(String name, TestBroker broker) {
        broker.open().send("10 # " + name + " 05 02 003c [] 'c'").expectClosedAfterAtMost("20 # 00 8? {}");
    }

    @Mqtt5("MQTT-3.1.2-2")
    @ParameterizedTest
    @ValueSource(strings = {"06", "07", "55", "7f", "85", "ff"})
    void anUnknownVersionIsRefused(String version, TestBroker broker) {
        broker.open()
                .send("10 # 'MQTT' " + version + " 02 003c [] 'c'")
                .expectClosedAfterAtMost("20 # 00 %02x {}".formatted(UNSUPPORTED_VERSION));
    }

    @Mqtt5("MQTT-3.1.2-2")
    @ParameterizedTest
    @ValueSource(strings = {"00", "01", "02", "03"})
    void anOldVersionIsRefused(String version, TestBroker broker) {
        broker.open().send("10 # 'MQTT' " + version + " 02 003c 'c'").expectClosedAfterAtMost("20 ..");
    }

    @Mqtt5("MQTT-3.1.2-3")
    @ParameterizedTest
    @ValueSource(strings = {"01", "03"})
    void theReservedConnectFlagIsMalformed(String flags, TestBroker broker) {
        broker.open().send("10 # 'MQTT' 05 " + flags + " 003c [] 'c'").expectConnectRefused(MALFORMED);
    }

    @Mqtt5({"MQTT-3.1.2-11", "MQTT-3.1.2-13"})
    @ParameterizedTest
    @ValueSource(strings = {"0a", "12", "1a", "22", "2a", "3a"})
    void willQosAndWillRetainWithoutAWillAreMalformed(String flags, TestBroker broker) {
        broker.open().send("10 # 'MQTT' 05 " + flags + " 003c [] 'c'").expectConnectRefused(MALFORMED);
    }

    @Mqtt5("MQTT-3.1.2-12")
    @Test
    void willQos3IsMalformed(TestBroker broker) {
        broker.open().send("10 # 'MQTT' 05 1e 0000 [] 'c' [] 'w' (78)").expectConnectRefused(MALFORMED);
        broker.open().send("10 # 'MQTT' 05 3e 0000 [] 'c' [] 'w' (78)").expectConnectRefused(MALFORMED);
    }

    @Mqtt5({"MQTT-3.1.2-9", "MQTT-3.1.2-16", "MQTT-3.1.2-17", "MQTT-3.1.2-18", "MQTT-3.1.2-19", "MQTT-3.1.4-1"})
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "02, 'c' 'user'", // a field without its flag
                "82, 'c'",
                "82, 'c' 'user' 'password'",
                "c2, 'c' 'user'",
                "42, 'c'",
                "42, 'c' 'password' 'more'",
                "06, 'c'",
                "06, 'c' []",
                "06, 'c' [] 'w'",
                "06, 'c' 'w' (78)", // will without properties
                "06, 'c' [] 'w' (78) 'user'",
                "c6, 'c' [] 'w' (78) 'user'",
                "02, 0005 <c>",
                "02, 00",
                "02, 'c' 00",
            })
    void fieldsThatAreMissingOrTooManyAreMalformed(String flags, String payload, TestBroker broker) {
        broker.open().send("10 # 'MQTT' 05 " + flags + " 003c [] " + payload).expectConnectRefused(MALFORMED);
    }

    @Mqtt5("MQTT-3.1.2-19")
    @Test
    void aPasswordNeedsNoUserName(TestBroker broker) {
        broker.open()
                .send("10 # 'MQTT' 05 42 0000 [] '" + broker.unique() + "' (00 ff fe)")
                .expect("20 # 00 00 {}");
    }

    @Mqtt5({"MQTT-3.1.3-1", "MQTT-3.1.3-3"})
    @Test
    void allFieldsStandInTheirOrder(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic, 1);
        Wire client = broker.open()
                .send("10 # 'MQTT' 05 ce 0000 [11 00000000 26 'a' 'b'] '" + broker.unique() + "' [03 'type'] '" + topic
                        + "' (<gone>) 'user' (<secret>)")
                .expect("20 # 00 00 {}");
        client.close();
        watcher.expect("32 # '" + topic + "' ???? [03 'type'] <gone>");
    }

    @Mqtt5("MQTT-3.1.4-1")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "10 00",
                "10 01 00",
                "10 # 'MQTT'",
                "10 # 'MQTT' 05",
                "10 # 'MQTT' 05 02",
                "10 # 'MQTT' 05 02 00",
                "10 # 0005 <MQTT>",
            })
    void aConnectThatEndsTooEarlyCloses(String packet, TestBroker broker) {
        broker.open().send(packet).expectClosedAfterAtMost("20 # 00 81 {}");
    }

    @Mqtt5("MQTT-3.1.4-1")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "11 00000001 11 00000001",
                "21 0001 21 0001",
                "27 00000fff 27 00000fff",
                "22 0001 22 0001",
                "19 00 19 00",
                "17 01 17 01",
                "15 'm' 15 'm'",
                "15 'm' 16 (00) 16 (00)",
                "21 0000",
                "27 00000000",
                "19 02",
                "17 02",
                "16 (00)",
            })
    void propertiesGivenTwiceOrOutOfRangeAreProtocolErrors(String properties, TestBroker broker) {
        broker.open().send("10 # 'MQTT' 05 02 003c [" + properties + "] 'c'").expectConnectRefused(PROTOCOL_ERROR);
    }

    @Mqtt5("MQTT-3.1.4-1")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "01 00",
                "02 00000001",
                "03 'x'",
                "08 'x'",
                "09 (00)",
                "0b 01",
                "12 'x'",
                "13 0001",
                "18 00000001",
                "1a 'x'",
                "1c 'x'",
                "1f 'x'",
                "23 0001",
                "24 01",
                "25 01",
                "28 01",
                "29 01",
                "2a 01",
                "00 00",
                "04 00",
                "2b 00",
                "7f",
                "80 01 00",
                "11 0000",
                "21 00",
                "26 'x'",
                "26 'x' 0005 <y>",
                "19",
            })
    void propertiesThatDoNotBelongInConnectAreMalformed(String properties, TestBroker broker) {
        broker.open().send("10 # 'MQTT' 05 02 003c [" + properties + "] 'c'").expectConnectRefused(MALFORMED);
    }

    @Mqtt5("MQTT-3.1.4-1")
    @ParameterizedTest
    @CsvSource({
        "82, 01 02",
        "82, 01 00 01 00",
        "82, 02 00000001 02 00000001",
        "82, 03 'x' 03 'x'",
        "82, 08 'x' 08 'x'",
        "82, 09 (00) 09 (00)",
        "82, 18 00000001 18 00000001",
        "81, 11 00000001",
        "81, 0b 01",
        "81, 23 0001",
        "81, 1f 'x'",
        "81, 18 0001",
    })
    void willPropertiesAreCheckedToo(String code, String properties, TestBroker broker) {
        broker.open()
                .send("10 # 'MQTT' 05 06 003c [] 'c' [" + properties.replace("\"", "'") + "] 'w' (78)")
                .expectConnectRefused(Integer.parseInt(code, 16));
    }

    @Mqtt5({"MQTT-3.1.4-1", "MQTT-3.1.3-11"})
    @ParameterizedTest
    @ValueSource(strings = {"'a/#'", "'+'", "'a/+/b'", "''"})
    void aWillTopicThatIsNoTopicNameIsRefused(String topic, TestBroker broker) {
        broker.open()
                .send("10 # 'MQTT' 05 06 003c [] 'c' [] " + topic + " (78)")
                .expectClosedAfterAtMost("20 # 00 ?? {}");
    }

    @Mqtt5("MQTT-3.1.4-1")
    @Test
    void allPropertiesOfConnectAreTaken(TestBroker broker) {
        broker.open()
                .send("10 # 'MQTT' 05 02 003c [11 0000000a 21 0001 27 00010000 22 0005 19 00 17 00 26 'a' 'b'] '"
                        + broker.unique() + "'")
                .expect("20 # 00 00 {}");
    }

    @Mqtt5("MQTT-3.1.3-2")
    @Test
    void theClientIdIsTheKeyOfTheSession(TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, 2, "11 0000000a").disconnect();
        broker.open()
                .send("10 # 'MQTT' 05 00 0000 [] '" + id.toUpperCase() + "'")
                .expect("20 # 00 00 {}");
        broker.open().send("10 # 'MQTT' 05 00 0000 [] '" + id + " '").expect("20 # 00 00 {}");
        broker.open().send("10 # 'MQTT' 05 00 0000 [] '" + id + "'").expect("20 # 01 00 {}");
    }

    @Mqtt5("MQTT-3.1.3-5")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Q",
                "0123456789abcdefghijklm",
                "nopqrstuvwxyzABCDEFGHIJ",
                "KLMNOPQRSTUVWXYZ0123456",
            })
    void clientIdsOf1To23LettersAndDigitsAreTaken(String id, TestBroker broker) {
        broker.v5(id, 2, "");
    }

    @Mqtt5("MQTT-3.1.3-5")
    @ParameterizedTest
    @ValueSource(ints = {24, 127, 1024})
    void longerClientIdsAreTakenWhole(int length, TestBroker broker) {
        String id = broker.unique() + "x".repeat(length);
        Wire one = broker.v5(id, 2, "");
        Wire other = broker.v5(id + "y", 2, "");
        one.expectNothing();
        other.expectNothing();
    }

    @Mqtt5({"MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.2.2-16"})
    @Test
    void anEmptyClientIdIsReplacedByOneThatWorks(TestBroker broker) {
        Wire client =
                broker.open().send("10 # 'MQTT' 05 02 0000 [11 0000000a] ''").expect("20 # 00 00 {12 (..)}");
        String id = client.property(0x12).substring(4);
        client.disconnect();
        broker.open()
                .send("10 # 'MQTT' 05 00 0000 [] (" + id + ")")
                .expect("20 # 01 00 {}")
                .noProperty(0x12);
    }

    @Mqtt5({"MQTT-3.1.3-6", "MQTT-3.2.2-16"})
    @Test
    void assignedClientIdsDiffer(TestBroker broker) {
        String connect = "10 # 'MQTT' 05 02 0000 [] ''";
        Wire one = broker.open().send(connect).expect("20 # 00 00 {12 (..)}");
        Wire two = broker.open().send(connect).expect("20 # 00 00 {12 (..)}");
        one.expectNothing();
        two.expectNothing();
    }

    @Mqtt5("MQTT-3.1.3-6")
    @Test
    void anEmptyClientIdNeedsNoCleanStart(TestBroker broker) {
        broker.open().send("10 # 'MQTT' 05 00 0000 [] ''").expect("20 # 00 00 {12 (..)}");
    }

    @Mqtt5({"MQTT-3.1.4-3", "MQTT-4.13.2-1"})
    @ParameterizedTest
    @ValueSource(strings = {"00", "02"})
    void whoConnectsWithTheSameClientIdTakesOver(String flags, TestBroker broker) {
        String id = broker.unique();
        Wire old = broker.v5(id, 2, "");
        Wire young = broker.v5(id, Integer.parseInt(flags, 16), "");
        old.expectDisconnect(TAKEN_OVER);
        young.expectNothing();
    }

    @Mqtt5("MQTT-3.1.4-3")
    @Test
    void aClientOf311IsTakenOverBySilence(TestBroker broker) {
        String id = broker.unique();
        Wire old = broker.v4(id, 2);
        broker.v5(id, 2, "");
        old.expectClosed();
    }

    @Mqtt5("MQTT-3.1.4-6")
    @Test
    void nothingBehindARefusedConnectIsProcessed(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic, 1);
        String refused = "10 # 'MQTT' 05 03 003c [] 'c'";
        broker.open()
                .send(refused, "33 # '" + topic + "' 0001 [] <no>", "c0 00")
                .expectConnectRefused(MALFORMED);
        watcher.expectNothing();
        broker.v5().subscribe(topic, 1).expectNothing();
    }

    @Mqtt5({"MQTT-3.1.4-5", "MQTT-3.2.0-1"})
    @Test
    void packetsMayFollowBeforeConnackAndAreAnsweredBehindIt(TestBroker broker) {
        String topic = broker.unique();
        broker.open()
                .send(
                        "10 # 'MQTT' 05 02 003c [] '" + broker.unique() + "'",
                        "c0 00",
                        "82 # 0001 [] '" + topic + "' 00",
                        "30 # '" + topic + "' [] <x>")
                .expect("20 # 00 00 {}")
                .expectInAnyOrder("d0 00", "90 # 0001 [] 00", "30 # '" + topic + "' [] <x>");
    }

    @Mqtt5("MQTT-3.1.4-5")
    @Test
    void aDisconnectRightBehindTheConnectIsAnsweredByConnackAndTheClose(TestBroker broker) {
        broker.open()
                .send("10 # 'MQTT' 05 02 003c [] '" + broker.unique() + "'", "e0 00")
                .expect("20 # 00 00 {}")
                .expectClosed();
    }

    @Mqtt5("MQTT-3.1.4-5")
    @Test
    void aConnectThatComesByteByByteIsAccepted(TestBroker broker) {
        Wire client = broker.open();
        for (byte b : Notation.bytes("10 # 'MQTT' 05 02 003c [] '" + broker.unique() + "'")) {
            client.send(new byte[] {b});
        }
        client.expect("20 # 00 00 {}");
    }
}
