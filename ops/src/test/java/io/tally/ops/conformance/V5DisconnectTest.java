package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 3.12 to 3.14: PINGREQ, PINGRESP, DISCONNECT; section 4.13: errors. */
@Conformance
final class V5DisconnectTest {
    private static final String WILL = "10 # 'MQTT' 05 0e 0000 [11 0000ffff] '%s' [] '%s' 0004 <will>";

    // ---- PINGREQ ----

    @Test
    @Mqtt5("MQTT-3.12.4-1")
    void everyPingreqIsAnsweredWithOnePingresp(TestBroker broker) {
        broker.v5()
                .send("c0 00")
                .expect("d0 00")
                .send("c0 00", "c0 00", "c0 00")
                .expect("d0 00")
                .expect("d0 00")
                .expect("d0 00")
                .expectNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"c1 00", "c8 00", "cf 00", "c0 01 00"})
    @Mqtt5({"MQTT-2.1.3-1", "MQTT-4.13.1-1"})
    void aPingreqWithFlagsOrContentIsMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(0x81);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00 00",
                "0f 00",
                "20 03 00 00 00",
                "90 04 0001 00 00",
                "b0 04 0001 00 00",
                "d0 00",
                "f0 02 18 00",
                "10 # 'MQTT' 05 02 0000 [] 'again'",
            })
    @Mqtt5({"MQTT-4.13.1-1", "MQTT-3.1.0-2"})
    void packetsThatOnlyAServerSendsCloseTheConnection(String packet, TestBroker broker) {
        broker.v5().send(packet).expect("e0 # 8? ..").expectClosed();
    }

    // ---- DISCONNECT from the broker ----

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c0 00",
                "e0 00",
                "30 # 't' [] <x>",
                "82 # 0001 [] 't' 00",
                "00 00",
                "f0 00",
                "10 # 'MQTT' 05 03 0000 [] 'reserved'",
                "10 # 'MQTT' 05 02 0000 [21 0000] 'zero'",
                "10 # 'MQTT' 05 02 0000 [] (c080)",
                "10 # 'MQTT' 06 02 0000 [] 'six'",
            })
    @Mqtt5({"MQTT-3.14.0-1", "MQTT-4.13.1-1", "MQTT-4.13.2-1"})
    void noDisconnectIsSentBeforeAConnackOfSuccess(String packet, TestBroker broker) {
        Wire wire = broker.open().send(packet);
        byte[] first = wire.read();
        if (first != null) {
            assertTrue(Notation.matches("20 # 00 8? ..", first), Notation.hex(first));
            wire.expectClosed();
        }
    }

    @Test
    @Mqtt5({"MQTT-3.14.2-1", "MQTT-3.14.2-2", "MQTT-3.14.4-1", "MQTT-3.14.4-2", "MQTT-4.13.2-1", "MQTT-2.1.3-1"})
    void whoIsTakenOverGetsDisconnectWithoutASessionExpiryAndTheEnd(TestBroker broker) {
        String me = broker.unique();
        Wire old = broker.v5(me, 2, "11 00000064");
        broker.v5Resumed(me);
        old.expect("e0 # 8e ..");
        assertHasNoSessionExpiry(old.last());
        old.expectClosed();
    }

    @Test
    @Mqtt5({"MQTT-3.14.2-1", "MQTT-3.14.2-2", "MQTT-3.14.2-3", "MQTT-3.14.2-4", "MQTT-3.14.4-2"})
    void disconnectFitsTheClientsMaximumPacketSize(TestBroker broker) {
        for (String packet : List.of("30 # 'a/+' [] <x>", "c1 00", "82 # 0001 []", "30 # 't' [23 ffff] <x>")) {
            Wire small = broker.v5("11 00000064 27 00000018").send(packet).expect("e0 # ?? ..");
            assertTrue(small.last().length <= 24, Notation.hex(small.last()));
            assertHasNoSessionExpiry(small.last());
            small.expectClosed();
        }
    }

    private static void assertHasNoSessionExpiry(byte[] disconnect) {
        if (disconnect.length > 3) {
            int start = Varint.end(disconnect, 3, disconnect.length);
            List<byte[]> properties = Properties.split(disconnect, start, disconnect.length);
            assertTrue(properties.stream().noneMatch(p -> p[0] == 0x11), Notation.hex(disconnect));
        }
    }

    @Test
    @Mqtt5({"MQTT-4.13.1-1", "MQTT-4.13.2-1", "MQTT-3.14.4-1"})
    void nothingBehindAMalformedPacketIsHandled(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v5().subscribe(topic, 1);
        broker.v5().send("32 # '" + topic + "' 0001 [] <good>", "c1 00", "32 # '" + topic + "' 0002 [] <bad>");
        sub.expectPublish(topic, 1, "good").acknowledge().expectNothing();
    }

    // ---- DISCONNECT from the client ----

    @ParameterizedTest
    @ValueSource(strings = {"e1 00", "e2 00", "e8 02 00 00", "ef 00"})
    @Mqtt5({"MQTT-3.14.1-1", "MQTT-2.1.3-1", "MQTT-4.13.1-1"})
    void reservedFlagsAreMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(0x81);
    }

    @ParameterizedTest
    @ValueSource(strings = {"01", "10", "87", "89", "8b", "8d", "8e", "8f", "92", "9a", "9d", "a0", "ff"})
    @Mqtt5({"MQTT-3.14.2-1", "MQTT-4.13.1-1"})
    void codesThatAClientMayNotSendAreProtocolErrors(String code, TestBroker broker) {
        broker.v5().send("e0 01 " + code).expectDisconnect(0x82);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "e0 # 00 [11 00000001 11 00000001], 82",
                "e0 # 00 [1f 'a' 1f 'b'], 82",
                "e0 # 00 [21 0001], 81",
                "e0 # 00 [11 0001], 81",
                "e0 # 00 [1f (c080)], 81",
                "e0 # 00 [] 00, 81",
                "e0 # 00 05 11, 81",
            })
    @Mqtt5({"MQTT-4.13.1-1", "MQTT-1.5.4-1"})
    void propertiesThatCannotBeAreRefused(String packet, String code, TestBroker broker) {
        broker.v5(broker.unique(), 2, "11 00000064").send(packet).expectDisconnect(Integer.parseInt(code, 16));
    }

    @ParameterizedTest
    @ValueSource(strings = {"e0 00", "e0 01 00", "e0 # 00 []", "e0 # 00 [1f 'bye' 26 'k' '1' 26 'k' '2']"})
    @Mqtt5({"MQTT-3.14.4-3", "MQTT-3.1.2-10", "MQTT-3.1.2-8", "MQTT-3.14.2-1", "MQTT-3.14.4-1"})
    void normalDisconnectionDiscardsTheWillAndIsAnsweredByTheEndOnly(String packet, TestBroker broker) {
        String topic = broker.unique();
        String me = broker.unique();
        Wire watcher = broker.v5().subscribe(topic, 1);
        broker.open()
                .send(WILL.formatted(me, topic))
                .expect("20 # 00 00 {}")
                .send(packet)
                .expectClosed();
        watcher.expectNothing();
        // Nor does it come later, when the session ends.
        broker.v5(me, 2, "").disconnect();
        watcher.expectNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"04", "80", "81", "82", "83", "90", "93", "94", "95", "96", "97", "98", "99"})
    @Mqtt5({"MQTT-3.14.2-1", "MQTT-3.1.2-8", "MQTT-3.14.4-1"})
    void everyOtherCodeOfTheTablePublishesTheWill(String code, TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic, 1);
        broker.open()
                .send(WILL.formatted(broker.unique(), topic))
                .expect("20 # 00 00 {}")
                .send("e0 01 " + code)
                .expectClosed();
        watcher.expectPublish(topic, 1, "will").acknowledge().expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.14.4-1"})
    void nothingBehindDisconnectIsHandled(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic, 1);
        broker.v5()
                .send("32 # '" + topic + "' 0001 [] <before>", "e0 00", "32 # '" + topic + "' 0002 [] <behind>")
                .expectClosed();
        watcher.expectPublish(topic, 1, "before").acknowledge().expectNothing();
    }

    // ---- Session Expiry Interval in DISCONNECT ----

    @Test
    @Mqtt5({"MQTT-4.1.0-2", "MQTT-3.1.2-23"})
    void zeroEndsTheSessionAtOnce(TestBroker broker) {
        String me = broker.unique();
        broker.v5(me, 2, "11 ffffffff").send("e0 # 00 [11 00000000]").expectClosed();
        broker.open().send("10 # 'MQTT' 05 00 0000 [] '" + me + "'").expect("20 # 00 00 {}");
    }

    @Test
    @Mqtt5({"MQTT-4.1.0-1", "MQTT-3.1.2-23"})
    void anotherValueReplacesThatOfConnect(TestBroker broker) {
        String me = broker.unique();
        broker.v5(me, 2, "11 00000001").send("e0 # 00 [11 000000ff]").expectClosed();
        Clock.pass(1_300);
        broker.open().send("10 # 'MQTT' 05 00 0000 [] '" + me + "'").expect("20 # 01 00 {}");
    }

    @Test
    @Mqtt5({"MQTT-4.1.0-1", "MQTT-3.1.2-23"})
    void absentLeavesThatOfConnect(TestBroker broker) {
        String me = broker.unique();
        broker.v5(me, 2, "11 000000ff").send("e0 # 00 []").expectClosed();
        broker.open().send("10 # 'MQTT' 05 00 0000 [] '" + me + "'").expect("20 # 01 00 {}");
    }

    @Test
    @Mqtt5({"MQTT-4.13.1-1"})
    void nonZeroAfterZeroInConnectIsAProtocolErrorAndPublishesTheWill(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic, 1);
        broker.open()
                .send("10 # 'MQTT' 05 0e 0000 [] '%s' [] '%s' 0004 <will>".formatted(broker.unique(), topic))
                .expect("20 # 00 00 {}")
                .send("e0 # 00 [11 00000001]")
                .expectDisconnect(0x82);
        watcher.expectPublish(topic, 1, "will").acknowledge();
    }

    @Test
    void zeroAfterZeroIsAllowed(TestBroker broker) {
        broker.v5().send("e0 # 00 [11 00000000]").expectClosed();
    }
}
