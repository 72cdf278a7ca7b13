package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CONNACK, SUBACK and UNSUBACK. */
class ServerAnswersTest {
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[4096]);
    private final PropertyWriter none = new PropertyWriter();
    private final ConnackDecoder connack = new ConnackDecoder();
    private final SubackEncoder subackEncoder = new SubackEncoder();
    private final SubackDecoder suback = new SubackDecoder();

    @Test
    void writesConnackOfEachVersion() {
        assertEquals("20020000", connack(3, true, ReasonCode.SUCCESS));
        assertEquals("20020100", connack(4, true, ReasonCode.SUCCESS));
        assertEquals("2003010000", connack(5, true, ReasonCode.SUCCESS));
        assertEquals("20020001", connack(4, false, ReasonCode.UNSUPPORTED_PROTOCOL_VERSION));
        assertEquals("2003008400", connack(5, false, ReasonCode.UNSUPPORTED_PROTOCOL_VERSION));
    }

    /** [MQTT-3.2.2-6]. */
    @Test
    void writesNoSessionPresentWithAFailure() {
        assertEquals("20020005", connack(4, true, ReasonCode.NOT_AUTHORIZED));
        assertEquals("2003008700", connack(5, true, ReasonCode.NOT_AUTHORIZED));
    }

    @Test
    void writesNothingBefore5WhenNoReturnCodeFits() {
        assertEquals("", connack(4, false, ReasonCode.PROTOCOL_ERROR));
        assertEquals("2003008200", connack(5, false, ReasonCode.PROTOCOL_ERROR));
    }

    private String connack(int version, boolean sessionPresent, ReasonCode reason) {
        return Packets.hex(buffer, ConnackEncoder.encode(version, sessionPresent, reason, none, buffer, 0));
    }

    @ParameterizedTest
    @CsvSource({
        "0, SUCCESS",
        "1, UNSUPPORTED_PROTOCOL_VERSION",
        "2, CLIENT_IDENTIFIER_NOT_VALID",
        "3, SERVER_UNAVAILABLE",
        "4, BAD_USER_NAME_OR_PASSWORD",
        "5, NOT_AUTHORIZED"
    })
    void translatesReturnCodes(int returnCode, ReasonCode reason) {
        assertEquals(returnCode, ReasonCodes.returnCode(reason));
        assertEquals(SUCCESS, connack.wrap(4, 0, Packets.ofHex("000" + returnCode), 0, 2));
        assertEquals(reason.code(), connack.reasonCode());
    }

    @Test
    void readsTheConnackItWrites() {
        for (long seed = 0; seed < 1_000; seed++) {
            RandomFields fields = new RandomFields(new SplittableRandom(seed));
            PropertyWriter properties = fields.properties(PacketType.CONNACK, Direction.TO_CLIENT, 0);
            ReasonCode reason = fields.oneOf(new ReasonCode[] {SUCCESS, ReasonCode.SERVER_MOVED});
            boolean present = fields.maybe();
            int length = ConnackEncoder.encode(5, present, reason, properties, buffer, 0);
            assertEquals(ConnackEncoder.encodedLength(properties), length);
            int header = FrameDecoder.headerLength(FrameDecoder.decode(buffer, 0, length));
            assertEquals(SUCCESS, connack.wrap(5, 0, buffer, header, length - header));
            assertEquals(reason.code(), connack.reasonCode());
            assertEquals(present && reason == SUCCESS, connack.sessionPresent());
            Packets.assertProperties(properties, connack.properties());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "4, ''",
        "4, 00",
        "4, 0000 00",
        "5, 0000",
        "5, 0000 00 00",
        "5, 0000 01",
        "4, 0200",
        "5, 0300 00",
        "5, 0000 03 230001"
    })
    void refusesMalformedConnacks(int version, String hex) {
        assertEquals(MALFORMED_PACKET, connackOf(version, hex));
    }

    @ParameterizedTest
    @CsvSource({
        "4, 0006",
        "4, 0105", // Session Present with a failure [MQTT-3.2.2-6]
        "5, 0187 00",
        "5, 0001 00", // not a reason code of CONNACK [MQTT-3.2.2-8]
        "5, 008d 00",
        "5, 0000 02 2402", // Maximum QoS 2
        "5, 0000 02 2502",
        "5, 0000 02 2802",
        "5, 0000 02 2902",
        "5, 0000 02 2a02",
        "5, 0000 03 210000",
        "5, 0000 05 2700000000",
        "5, 0000 03 160000" // Authentication Data without Method
    })
    void refusesProtocolErrorsInConnack(int version, String hex) {
        assertEquals(PROTOCOL_ERROR, connackOf(version, hex));
    }

    private ReasonCode connackOf(int version, String hex) {
        UnsafeBuffer packet = Packets.ofHex(hex);
        return connack.wrap(version, 0, packet, 0, packet.capacity());
    }

    @Test
    void writesSubackAndUnsubackOfEachVersion() {
        assertEquals("900500010080 8f".replace(" ", "").replace("8f", "80"), encode(4, PacketType.SUBACK, "00808f"));
        assertEquals("900600010000808f", encode(5, PacketType.SUBACK, "00808f"));
        assertEquals("b0020001", encode(4, PacketType.UNSUBACK, "0011"));
        assertEquals("b0050001000011", encode(5, PacketType.UNSUBACK, "0011"));
    }

    private String encode(int version, int type, String codes) {
        UnsafeBuffer bytes = Packets.ofHex(codes);
        subackEncoder.begin(version, type, 1).reasonCodes(bytes, 0, bytes.capacity());
        int length = subackEncoder.encode(buffer, 0);
        assertEquals(subackEncoder.encodedLength(), length);
        return Packets.hex(buffer, length);
    }

    @ParameterizedTest
    @ValueSource(ints = {PacketType.SUBACK, PacketType.UNSUBACK})
    void readsWhatItWrites(int type) {
        for (long seed = 0; seed < 1_000; seed++) {
            RandomFields fields = new RandomFields(new SplittableRandom(seed));
            PropertyWriter properties = fields.properties(type, Direction.TO_CLIENT, 0);
            byte[] codes = {0, (byte) (type == PacketType.SUBACK ? 2 : 0x11), (byte) 0x97};
            codes[2] = (byte) (type == PacketType.SUBACK ? 0x97 : 0x87);
            int packetId = fields.packetId();
            subackEncoder
                    .begin(5, type, packetId)
                    .properties(properties)
                    .reasonCodes(new UnsafeBuffer(codes), 0, codes.length);
            int length = subackEncoder.encode(buffer, 0);
            int header = FrameDecoder.headerLength(FrameDecoder.decode(buffer, 0, length));
            assertEquals(SUCCESS, suback.wrap(5, buffer.getByte(0), buffer, header, length - header));
            assertEquals(packetId, suback.packetId());
            assertEquals(codes.length, suback.count());
            for (int i = 0; i < codes.length; i++) {
                assertEquals(codes[i] & 0xFF, suback.reasonCode(i));
            }
            Packets.assertProperties(properties, suback.properties());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "4, 90, ''",
        "4, 90, 00",
        "5, 90, 0001",
        "5, 90, 0001 01",
        "4, b0, 0001 00",
        "4, 92, 0001 00",
        "5, b2, 0001 00 00",
        "5, 90, 0001 02 0101 00"
    })
    void refusesMalformedSubacks(int version, String firstByte, String hex) {
        assertEquals(MALFORMED_PACKET, suback(version, firstByte, hex));
    }

    @ParameterizedTest
    @CsvSource({
        "4, 90, 0000 00",
        "4, b0, 0000",
        "4, 90, 0001", // no code [MQTT-3.8.4-6]
        "5, 90, 0001 00",
        "5, b0, 0001 00",
        "4, 90, 0001 03", // [MQTT-3.9.3-2]
        "4, 90, 0001 8f",
        "5, 90, 0001 00 11",
        "5, b0, 0001 00 01"
    })
    void refusesProtocolErrorsInSuback(int version, String firstByte, String hex) {
        assertEquals(PROTOCOL_ERROR, suback(version, firstByte, hex));
    }

    @Test
    void readsSubacksBefore5() {
        assertEquals(SUCCESS, suback(4, "90", "1234 00 01 02 80"));
        assertEquals(4, suback.count());
        assertEquals(0x80, suback.reasonCode(3));
        assertEquals(SUCCESS, suback(3, "b0", "1234"));
        assertEquals(0, suback.count());
    }

    private ReasonCode suback(int version, String firstByte, String hex) {
        UnsafeBuffer packet = Packets.ofHex(hex);
        return suback.wrap(version, Integer.parseInt(firstByte, 16), packet, 0, packet.capacity());
    }

    @Test
    void knowsNoSessionPresentIn31() {
        assertEquals(SUCCESS, connack.wrap(3, 0, Packets.ofHex("ff00"), 0, 2));
        assertFalse(connack.sessionPresent());
        assertEquals(SUCCESS, connack.wrap(4, 0, Packets.ofHex("0100"), 0, 2));
        assertTrue(connack.sessionPresent());
    }
}
