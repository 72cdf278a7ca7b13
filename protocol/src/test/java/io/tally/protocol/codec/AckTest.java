package io.tally.protocol.codec;

import static io.tally.protocol.codec.Direction.TO_CLIENT;
import static io.tally.protocol.codec.Direction.TO_SERVER;
import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tally.protocol.Invariant;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AckTest {
    private static final int FAILURE = 0x92;

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[1024]);
    private final AckDecoder decoder = new AckDecoder(TO_SERVER);

    @ParameterizedTest
    @CsvSource({"4, 40020102", "5, 50020102", "6, 62020102", "7, 70020102"})
    void writesTwoBytesForSuccess(int type, String expected) {
        for (int version = 3; version <= 5; version++) {
            assertEquals(4, AckEncoder.encode(version, type, 0x0102, 0, buffer, 0));
            assertEquals(expected, Packets.hex(buffer, 4));
        }
    }

    @Test
    void writesTheReasonCodeFrom5On() {
        assertEquals(5, AckEncoder.encode(5, PacketType.PUBREC, 1, 0x97, buffer, 0));
        assertEquals("5003000197", Packets.hex(buffer, 5));
        assertEquals(4, AckEncoder.encode(4, PacketType.PUBREC, 1, 0x97, buffer, 0));
        assertEquals("50020001", Packets.hex(buffer, 4));
    }

    @Test
    void writesPropertiesInTheLongForm() {
        PropertyWriter properties = new PropertyWriter().add(Property.REASON_STRING, "no");
        int length = AckEncoder.encodeLong(PacketType.PUBREL, 1, FAILURE, properties, buffer, 0);
        assertEquals("6209000192051f00026e6f", Packets.hex(buffer, length));
    }

    @Test
    void doesNotWritePacketIdZero() {
        assertThrows(Invariant.Broken.class, () -> AckEncoder.encode(4, PacketType.PUBACK, 0, 0, buffer, 0));
        PropertyWriter none = new PropertyWriter();
        assertThrows(Invariant.Broken.class, () -> AckEncoder.encodeLong(PacketType.PUBACK, 0, 0, none, buffer, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {PacketType.PUBACK, PacketType.PUBREC, PacketType.PUBREL, PacketType.PUBCOMP})
    void readsWhatItWrites(int type) {
        for (long seed = 0; seed < 1_000; seed++) {
            RandomFields fields = new RandomFields(new SplittableRandom(seed));
            int packetId = fields.packetId();
            int failure = type <= PacketType.PUBREC ? 0x97 : FAILURE;
            int code = fields.oneOf(0, failure);
            int version = 3 + fields.upTo(2);
            assertEquals(SUCCESS, decode(version, AckEncoder.encode(version, type, packetId, code, buffer, 0)));
            assertEquals(packetId, decoder.packetId());
            assertEquals(version == 5 ? code : 0, decoder.reasonCode());
            assertEquals(0, decoder.properties().length());

            PropertyWriter properties = fields.properties(type, TO_SERVER, 0);
            assertEquals(SUCCESS, decode(5, AckEncoder.encodeLong(type, packetId, code, properties, buffer, 0)));
            assertEquals(packetId, decoder.packetId());
            assertEquals(code, decoder.reasonCode());
            Packets.assertProperties(properties, decoder.properties());
        }
    }

    private ReasonCode decode(int version, int length) {
        int header = FrameDecoder.headerLength(FrameDecoder.decode(buffer, 0, length));
        return decoder.wrap(version, buffer.getByte(0), buffer, header, length - header);
    }

    @ParameterizedTest
    @CsvSource({"40, 0001 00", "40, 0001 10 00", "70, 0001 92", "62, 0001 00 05 1f0002 6e6f", "50, 0001 99 00"})
    void readsEveryFormOf5(String firstByte, String hex) {
        assertEquals(SUCCESS, wrap(5, firstByte, hex));
        assertEquals(1, decoder.packetId());
    }

    @ParameterizedTest
    @CsvSource({
        "4, 40, ''",
        "4, 40, 00",
        "4, 40, 0001 00", // no reason code before 5.0
        "3, 70, 0001 00",
        "5, 40, ''",
        "5, 50, 00",
        "4, 41, 0001", // flags [MQTT-2.1.3-1]
        "5, 48, 0001",
        "4, 60, 0001", // PUBREL is 0010 [MQTT-3.6.1-1]
        "5, 60, 0001",
        "5, 6a, 0001",
        "5, 72, 0001",
        "5, 40, 0001 00 01", // property length passes the end
        "5, 40, 0001 00 80",
        "5, 40, 0001 00 00 00", // trailing
        "5, 40, 0001 00 8000",
        "5, 40, 0001 00 02 0100", // not a property of PUBACK
        "5, 40, 0001 00 04 1f0001 ff",
        "5, 40, 0001 00 02 1f00"
    })
    void refusesMalformedPackets(int version, String firstByte, String hex) {
        assertEquals(MALFORMED_PACKET, wrap(version, firstByte, hex));
    }

    @ParameterizedTest
    @CsvSource({
        "4, 40, 0000", // packet id 0 [MQTT-2.2.1-5]
        "5, 50, 0000",
        "3, 62, 0000",
        "5, 40, 0000 00 00",
        "5, 40, 0001 92", // not a reason code of PUBACK [MQTT-3.4.2-1]
        "5, 62, 0001 97", // nor this of PUBREL [MQTT-3.6.2-1]
        "5, 70, 0001 01 00",
        "5, 40, 0001 00 08 1f0001 61 1f0001 61" // twice
    })
    void refusesProtocolErrors(int version, String firstByte, String hex) {
        assertEquals(PROTOCOL_ERROR, wrap(version, firstByte, hex));
    }

    /** 3.1 resends PUBREL with DUP. */
    @Test
    void acceptsDupOnPubrelOf31() {
        assertEquals(SUCCESS, wrap(3, "6a", "0001"));
    }

    @Test
    void readsPingsWithNothingInThem() {
        assertEquals(2, PingEncoder.encodeRequest(buffer, 0));
        assertEquals("c000", Packets.hex(buffer, 2));
        assertEquals(2, PingEncoder.encodeResponse(buffer, 0));
        assertEquals("d000", Packets.hex(buffer, 2));
        assertEquals(SUCCESS, PingDecoder.check(4, 0xC0, 0));
        assertEquals(SUCCESS, PingDecoder.check(5, 0xD0, 0));
        assertEquals(MALFORMED_PACKET, PingDecoder.check(5, 0xC0, 1));
        assertEquals(MALFORMED_PACKET, PingDecoder.check(4, 0xC1, 0));
    }

    @Test
    void readsBothDirections() {
        UnsafeBuffer packet = Packets.ofHex("0001 10");
        assertEquals(SUCCESS, new AckDecoder(TO_CLIENT).wrap(5, 0x40, packet, 0, 3));
    }

    private ReasonCode wrap(int version, String firstByte, String hex) {
        UnsafeBuffer packet = Packets.ofHex(hex);
        return decoder.wrap(version, Integer.parseInt(firstByte, 16), packet, 0, packet.capacity());
    }
}
