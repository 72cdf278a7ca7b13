package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;
import static io.tally.protocol.codec.ReasonCode.TOPIC_NAME_INVALID;
import static io.tally.protocol.codec.ReasonCode.UNSUPPORTED_PROTOCOL_VERSION;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectTest {
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[4096]);
    private final ConnectEncoder encoder = new ConnectEncoder();
    private final ConnectDecoder decoder = new ConnectDecoder();

    @Test
    void writesTheBytesOfEachVersion() {
        assertEquals("10 0e 0006 4d5149736470 03 02 003c 0000".replace(" ", ""), encode(minimal(3)));
        assertEquals("10 0c 0004 4d515454 04 02 003c 0000".replace(" ", ""), encode(minimal(4)));
        assertEquals("10 0d 0004 4d515454 05 02 003c 00 0000".replace(" ", ""), encode(minimal(5)));
    }

    private ConnectEncoder minimal(int version) {
        return encoder.begin(version, "").keepAliveSeconds(60);
    }

    @Test
    void writesEveryField() {
        PropertyWriter properties = new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 10);
        PropertyWriter willProperties = new PropertyWriter().add(Property.WILL_DELAY_INTERVAL, 5);
        encoder.begin(5, "c")
                .cleanStart(false)
                .keepAliveSeconds(0x0102)
                .properties(properties)
                .will("w", new byte[] {7}, 1, true)
                .willProperties(willProperties)
                .userName("u")
                .password(new byte[] {8, 9});
        String expected = "10 26 0004 4d515454 05 ec 0102 05 11 0000000a 0001 63"
                + "05 18 00000005 0001 77 0001 07 0001 75 0002 0809";
        assertEquals(expected.replace(" ", ""), encode(encoder));
        assertEquals(40, encoder.encodedLength());
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5})
    void readsWhatItWrites(int version) {
        for (long seed = 0; seed < 2_000; seed++) {
            RandomFields fields = new RandomFields(new SplittableRandom(seed));
            String clientId = fields.text(30);
            boolean cleanStart = fields.maybe();
            int keepAlive = fields.upTo(65_535);
            PropertyWriter properties = fields.properties(PacketType.CONNECT, Direction.TO_SERVER, 0);
            encoder.begin(version, clientId)
                    .cleanStart(cleanStart)
                    .keepAliveSeconds(keepAlive)
                    .properties(properties);
            String userName = "u" + fields.text(20);
            byte[] password = fields.bytes(20);
            boolean login = fields.maybe();
            if (login) {
                encoder.userName(userName).password(password);
            }
            assertEquals(SUCCESS, decode(), "seed " + seed);
            assertEquals(version, decoder.protocolVersion());
            assertEquals(clientId, decoder.clientId());
            assertEquals(cleanStart, decoder.cleanStart());
            assertEquals(keepAlive, decoder.keepAliveSeconds());
            assertEquals(login, decoder.hasUserName() && decoder.hasPassword());
            assertEquals(login ? userName : "", decoder.userName());
            assertArrayEquals(login ? password : new byte[0], decoder.password());
            Packets.assertProperties(version == 5 ? properties : new PropertyWriter(), decoder.properties());
            assertFalse(decoder.hasWill());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5})
    void readsTheWillItWrites(int version) {
        for (long seed = 0; seed < 2_000; seed++) {
            RandomFields fields = new RandomFields(new SplittableRandom(seed));
            String topic = fields.topic();
            byte[] payload = fields.bytes(100);
            int qos = fields.upTo(2);
            boolean retain = fields.maybe();
            PropertyWriter properties = fields.properties(Property.WILL, Direction.TO_SERVER, 0);
            encoder.begin(version, "c").will(topic, payload, qos, retain).willProperties(properties);
            assertEquals(SUCCESS, decode(), "seed " + seed);
            assertTrue(decoder.hasWill());
            assertEquals(topic, decoder.willTopic());
            assertEquals(qos, decoder.willQos());
            assertEquals(retain, decoder.willRetain());
            Packets.assertBytes(payload, buffer, decoder.willPayloadOffset(), decoder.willPayloadLength());
            Packets.assertProperties(version == 5 ? properties : new PropertyWriter(), decoder.willProperties());
        }
    }

    @Test
    void takesAbsentPropertiesForTheirDefaults() {
        encoder.begin(5, "c");
        assertEquals(SUCCESS, decode());
        assertEquals(0, decoder.sessionExpirySeconds());
        assertEquals(65_535, decoder.receiveMaximum());
        assertEquals(Integer.MAX_VALUE, decoder.maximumPacketSize());
        assertEquals(0, decoder.topicAliasMaximum());
        assertTrue(decoder.requestProblemInformation());
        assertFalse(decoder.requestResponseInformation());
        assertNull(decoder.properties().string(Property.AUTHENTICATION_METHOD));
    }

    @Test
    void readsEveryProperty() {
        PropertyWriter properties = new PropertyWriter()
                .add(Property.SESSION_EXPIRY_INTERVAL, 0xFFFF_FFFFL)
                .add(Property.RECEIVE_MAXIMUM, 65_535)
                .add(Property.MAXIMUM_PACKET_SIZE, 0xFFFF_FFFFL)
                .add(Property.TOPIC_ALIAS_MAXIMUM, 9)
                .add(Property.REQUEST_PROBLEM_INFORMATION, 0)
                .add(Property.REQUEST_RESPONSE_INFORMATION, 1)
                .add(Property.AUTHENTICATION_METHOD, "SCRAM")
                .add(Property.AUTHENTICATION_DATA, new byte[] {1, 2});
        encoder.begin(5, "c").properties(properties);
        assertEquals(SUCCESS, decode());
        assertEquals(0xFFFF_FFFFL, decoder.sessionExpirySeconds());
        assertEquals(65_535, decoder.receiveMaximum());
        assertEquals(Integer.MAX_VALUE, decoder.maximumPacketSize());
        assertEquals(9, decoder.topicAliasMaximum());
        assertFalse(decoder.requestProblemInformation());
        assertTrue(decoder.requestResponseInformation());
        assertEquals("SCRAM", decoder.properties().string(Property.AUTHENTICATION_METHOD));
        assertEquals(2, decoder.properties().valueLength(Property.AUTHENTICATION_DATA));
    }

    @Test
    void copiesWillPropertiesWithoutDelayAndExpiry() {
        PropertyWriter properties = new PropertyWriter()
                .addUserProperty("a", "1")
                .add(Property.WILL_DELAY_INTERVAL, 5)
                .add(Property.CONTENT_TYPE, "t")
                .add(Property.MESSAGE_EXPIRY_INTERVAL, 0xFFFF_FFFFL)
                .addUserProperty("a", "2");
        encoder.begin(5, "c").will("w", new byte[0], 0, false).willProperties(properties);
        assertEquals(SUCCESS, decode());
        assertEquals(5, decoder.willDelaySeconds());
        assertEquals(0xFFFF_FFFFL, decoder.willExpirySeconds());
        PropertyWriter kept = new PropertyWriter()
                .addUserProperty("a", "1")
                .add(Property.CONTENT_TYPE, "t")
                .addUserProperty("a", "2");
        UnsafeBuffer copy = new UnsafeBuffer(new byte[100]);
        assertEquals(kept.length(), decoder.forwardedWillPropertiesLength());
        assertEquals(kept.length(), decoder.copyWillProperties(copy, 3));
        Packets.assertBytes(Packets.bytes(kept), copy, 3, kept.length());
    }

    /** The name and level of the packet decide; section 3.1.2.1 and 3.1.2.2. */
    @ParameterizedTest
    @CsvSource({
        "0004 4d515454 03, 3", "0004 4d515454 06, 6", "0004 4d515454 00, 0", "0004 4d515454 84, 132",
        "0006 4d5149736470 04, 4", "0006 4d5149736470 05, 5", "0004 4d717474 04, 4", "0003 4d5154 04, 4",
        "0000 04, 4", "0005 4d51545454 05, 5"
    })
    void refusesOtherProtocols(String start, int level) {
        assertEquals(UNSUPPORTED_PROTOCOL_VERSION, decode(0, start + " 02 0000 0000"));
        assertEquals(level, decoder.protocolVersion());
    }

    @ParameterizedTest
    @CsvSource({
        // level, connect flags, what follows the keep alive
        "4, 03, 0000", // reserved flag [MQTT-3.1.2-3]
        "5, 03, 00 0000",
        "4, 0a, 0000", // QoS without a will [MQTT-3.1.2-11]
        "5, 12, 00 0000",
        "4, 22, 0000", // retain without a will [MQTT-3.1.2-13]
        "5, 1e, 00 0000 00 0001 77 0000", // will QoS 3 [MQTT-3.1.2-12]
        "4, 1e, 0000 0001 77 0000",
        "4, 42, 0000 0000", // 3.1.1: a password without a user name [MQTT-3.1.2-22]
        "3, 42, 0000 0000",
        "4, 02, 0001", // cut off
        "4, 02, 00",
        "4, 02, ''",
        "5, 02, ''",
        "5, 02, 00",
        "4, 06, 0000 0001 77",
        "4, 82, 0000",
        "4, c2, 0000 0001 75",
        "4, 02, 0000 00", // trailing
        "5, 02, 00 0000 00",
        "4, 02, 0001 00", // U+0000 in the client id [MQTT-1.5.4-2]
        "4, 02, 0003 eda080", // surrogate [MQTT-1.5.4-1]
        "4, 06, 0000 0002 c080 0000",
        "4, 82, 0000 0001 ff",
        "5, 02, 02 2100 0000", // property cut off
        "5, 02, 05 11000000 0000",
        "5, 02, 80 0000",
        "5, 02, 8000 0000", // property length with a needless byte [MQTT-1.5.5-1]
        "5, 02, 03 230001 0000", // Topic Alias
        "5, 02, 05 1800000001 0000", // Will Delay Interval outside of the will
        "5, 02, 02 0401 0000", // no such property
        "5, 02, 02 ff01 0000",
        "5, 06, 00 0000 03 210001 0001 77 0000", // Receive Maximum in the will
        "5, 02, 04 15000161 0000 00",
        "5, 02, 04 150001c3 0000"
    })
    void refusesMalformedPackets(int level, String flags, String rest) {
        assertEquals(MALFORMED_PACKET, decode(0, start(level) + flags + "0000" + rest));
    }

    @ParameterizedTest
    @CsvSource({
        "02, 03 210000 0000", // Receive Maximum 0
        "02, 05 2700000000 0000", // Maximum Packet Size 0
        "02, 02 1702 0000", // Request Problem Information 2
        "02, 02 1902 0000", // Request Response Information 2
        "02, 06 210001210001 0000", // given twice
        "02, 0a 11000000011100000001 0000",
        "02, 03 160000 0000", // Authentication Data without Method
        "06, 00 0000 02 0102 0001 77 0000", // Payload Format Indicator 2
        "06, 00 0000 0a 18000000011800000001 0001 77 0000",
        "06, 00 0000 04 08000123 0001 77 0000" // Response Topic '#' [MQTT-3.3.2-14]
    })
    void refusesProtocolErrors(String flags, String rest) {
        assertEquals(PROTOCOL_ERROR, decode(0, start(5) + flags + "0000" + rest));
    }

    @ParameterizedTest
    @CsvSource({"4, 0000 0001 23 0000", "4, 0000 0000 0000", "5, 00 0000 00 0003 612f2b 0000"})
    void refusesWillTopicsThatAreNoTopicNames(int level, String rest) {
        assertEquals(TOPIC_NAME_INVALID, decode(0, start(level) + "06 0000" + rest));
    }

    private static String start(int level) {
        return level == 3 ? "0006 4d5149736470 03" : "0004 4d515454 0" + level;
    }

    /** [MQTT-2.1.3-1]; 3.1 leaves these bits unused. */
    @Test
    void looksAtTheFixedHeaderFlagsFrom311On() {
        assertEquals(SUCCESS, decode(8, start(3) + "02 0000 0000"));
        assertEquals(MALFORMED_PACKET, decode(8, start(4) + "02 0000 0000"));
        assertEquals(MALFORMED_PACKET, decode(1, start(5) + "02 0000 00 0000"));
    }

    /** MQTT 3.1, section 3.1: the remaining length takes precedence over the flags. */
    @Test
    void toleratesMissingLoginIn31Only() {
        assertEquals(SUCCESS, decode(0, start(3) + "c2 0000 0000"));
        assertFalse(decoder.hasUserName());
        assertFalse(decoder.hasPassword());
        assertEquals(SUCCESS, decode(0, start(3) + "c2 0000 0000 0001 75"));
        assertEquals("u", decoder.userName());
        assertFalse(decoder.hasPassword());
        assertEquals(MALFORMED_PACKET, decode(0, start(3) + "c2 0000 0000 0001"));
    }

    /** Allowed from 5.0 on [MQTT-3.1.2-19]. */
    @Test
    void readsAPasswordWithoutAUserName() {
        assertEquals(SUCCESS, decode(0, start(5) + "42 0000 00 0000 0001 70"));
        assertArrayEquals(new byte[] {'p'}, decoder.password());
        assertEquals("", decoder.userName());
    }

    @Test
    void forgetsThePacketBefore() {
        encoder.begin(5, "c")
                .will("w", new byte[] {1}, 2, true)
                .userName("u")
                .password(new byte[] {1})
                .properties(new PropertyWriter().add(Property.RECEIVE_MAXIMUM, 3))
                .willProperties(new PropertyWriter().add(Property.WILL_DELAY_INTERVAL, 5));
        assertEquals(SUCCESS, decode());
        assertEquals(SUCCESS, decode(0, start(4) + "02 0000 0000"));
        assertEquals("", decoder.userName());
        assertEquals(0, decoder.password().length);
        assertEquals(65_535, decoder.receiveMaximum());
        assertEquals(0, decoder.willDelaySeconds());
        assertEquals("", decoder.willTopic());
        assertEquals(0, decoder.willPayloadLength());
    }

    private String encode(ConnectEncoder connect) {
        return Packets.hex(buffer, connect.encode(buffer, 0));
    }

    private ReasonCode decode() {
        int length = encoder.encode(buffer, 0);
        assertEquals(encoder.encodedLength(), length);
        long frame = FrameDecoder.decode(buffer, 0, length);
        assertEquals(length, FrameDecoder.packetLength(frame));
        int header = FrameDecoder.headerLength(frame);
        return decoder.wrap(buffer.getByte(0) & 0xF, buffer, header, length - header);
    }

    private ReasonCode decode(int headerFlags, String hex) {
        UnsafeBuffer packet = Packets.ofHex(hex);
        return decoder.wrap(headerFlags, packet, 0, packet.capacity());
    }
}
