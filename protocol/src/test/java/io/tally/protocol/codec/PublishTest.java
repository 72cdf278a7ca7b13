package io.tally.protocol.codec;

import static io.tally.protocol.codec.Direction.TO_CLIENT;
import static io.tally.protocol.codec.Direction.TO_SERVER;
import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;
import static io.tally.protocol.codec.ReasonCode.TOPIC_ALIAS_INVALID;
import static io.tally.protocol.codec.ReasonCode.TOPIC_NAME_INVALID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.Invariant;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.DeliverEffect;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishTest {
    private static final int DUP_RETAIN = DeliverEffect.FLAG_DUP | DeliverEffect.FLAG_RETAIN;

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[8192]);
    private final UnsafeBuffer command = new UnsafeBuffer(new byte[8192]);
    private final PublishEncoder encoder = new PublishEncoder();
    private final PublishDecoder fromClient = new PublishDecoder(TO_SERVER);
    private final PublishDecoder fromServer = new PublishDecoder(TO_CLIENT);

    @Test
    void writesTheBytesOfEachVersionAndQos() {
        message("a/b", new PropertyWriter(), new byte[] {'h', 'i'});
        assertEquals("30 07 0003612f62 6869".replace(" ", ""), encode(3, 0, 1));
        assertEquals("30 07 0003612f62 6869".replace(" ", ""), encode(4, 0, 1));
        assertEquals("30 08 0003612f62 00 6869".replace(" ", ""), encode(5, 0, 1));
        assertEquals("32 09 0003612f62 0001 6869".replace(" ", ""), encode(4, 1, 1));
        assertEquals("3d 0a 0003612f62 ffff 00 6869".replace(" ", ""), encode(5, 2 | DUP_RETAIN, 65_535));
        assertEquals(
                "35 0a 0003612f62 ffff 00 6869".replace(" ", ""), encode(5, 2 | DeliverEffect.FLAG_RETAIN, 65_535));
    }

    @Test
    void writesExpiryThenSubscriptionIdsThenTheMessagesProperties() {
        message("t", new PropertyWriter().add(Property.PAYLOAD_FORMAT_INDICATOR, 1), new byte[] {'x'});
        subscriptionIds(1, 300);
        encoder.begin(5, 1, 10)
                .message(new PublishCommand().wrap(command, 0))
                .expirySeconds(0xFFFF_FFFFL)
                .subscriptionIds(ids, 4, 2);
        String expected = "32 13 000174 000a 0c 02ffffffff 0b01 0bac02 0101 78".replace("0c 02", "0c02");
        assertEquals(expected.replace(" ", ""), Packets.hex(buffer, encoder.encode(buffer, 0)));
        encoder.begin(4, 1, 10)
                .message(new PublishCommand().wrap(command, 0))
                .expirySeconds(7)
                .subscriptionIds(ids, 4, 2);
        assertEquals("3206000174000a78", Packets.hex(buffer, encoder.encode(buffer, 0)));
        assertEquals(8, encoder.encodedLength());
    }

    private final UnsafeBuffer ids = new UnsafeBuffer(new byte[64]);

    private void subscriptionIds(int... values) {
        for (int i = 0; i < values.length; i++) {
            ids.putInt(4 + 4 * i, values[i], ByteOrder.LITTLE_ENDIAN);
        }
    }

    private void message(String topic, PropertyWriter properties, byte[] payload) {
        byte[] name = Wire.utf8(topic);
        PublishCommand.writeFixed(command, 0, 0, 5, 0, 0);
        PublishCommand.writeLengths(command, 0, name.length, properties.length(), payload.length);
        PublishCommand view = new PublishCommand().wrap(command, 0);
        command.putBytes(view.topicOffset(), name);
        command.putBytes(view.propertiesOffset(), properties.buffer(), 0, properties.length());
        command.putBytes(view.payloadOffset(), payload);
    }

    private String encode(int version, int flags, int packetId) {
        encoder.begin(version, flags, packetId).message(new PublishCommand().wrap(command, 0));
        int length = encoder.encode(buffer, 0);
        assertEquals(encoder.encodedLength(), length);
        return Packets.hex(buffer, length);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5})
    void readsWhatItWrites(int version) {
        long own = Property.bit(Property.MESSAGE_EXPIRY_INTERVAL) | Property.bit(Property.SUBSCRIPTION_IDENTIFIER);
        for (long seed = 0; seed < 5_000; seed++) {
            RandomFields fields = new RandomFields(new SplittableRandom(seed));
            String topic = fields.topic();
            PropertyWriter properties = fields.properties(PacketType.PUBLISH, TO_CLIENT, own);
            byte[] payload = fields.bytes(300);
            message(topic, properties, payload);
            int qos = fields.upTo(2);
            int flags = qos | (qos == 0 ? 0 : fields.oneOf(0, 8)) | fields.oneOf(0, 4);
            int packetId = fields.packetId();
            long expiry = fields.oneOf(-1, 0, 1, Integer.MAX_VALUE);
            encoder.begin(version, flags, packetId)
                    .message(new PublishCommand().wrap(command, 0))
                    .expirySeconds(expiry);
            assertEquals(SUCCESS, decode(version), "seed " + seed);
            assertEquals(topic, fromServer.topic());
            assertEquals(flags, fromServer.commandFlags() & ~PublishCommand.FLAG_EXPIRES);
            assertEquals(qos == 0 ? 0 : packetId, fromServer.packetId());
            Packets.assertBytes(payload, buffer, fromServer.payloadOffset(), fromServer.payloadLength());
            assertEquals(version == 5 ? expiry : -1, fromServer.expirySeconds());
            long alias = Property.bit(Property.TOPIC_ALIAS);
            int aliasLength = fromServer.topicAlias() == 0 ? 0 : 3;
            assertEquals(version == 5 ? properties.length() - aliasLength : 0, fromServer.forwardedPropertiesLength());
            assertEquals(
                    fromServer.topicAlias() != 0,
                    (fromServer.properties().lengthWithout(alias)
                            != fromServer.properties().length()));
        }
    }

    private ReasonCode decode(int version) {
        int length = encoder.encode(buffer, 0);
        assertEquals(encoder.encodedLength(), length);
        long frame = FrameDecoder.decode(buffer, 0, length);
        assertEquals(length, FrameDecoder.packetLength(frame));
        int header = FrameDecoder.headerLength(frame);
        return fromServer.wrap(version, buffer.getByte(0) & 0xF, buffer, header, length - header);
    }

    @Test
    void readsSeveralSubscriptionIdentifiersFromAServer() {
        message("t", new PropertyWriter(), new byte[0]);
        subscriptionIds(1, 127, 128, 16_384, VarInt.MAX);
        encoder.begin(5, 0, 0).message(new PublishCommand().wrap(command, 0)).subscriptionIds(ids, 4, 5);
        assertEquals(SUCCESS, decode(5));
        PropertyCursor cursor = fromServer.properties().cursor(new PropertyCursor());
        StringBuilder seen = new StringBuilder();
        while (cursor.next()) {
            seen.append(cursor.id()).append('=').append(cursor.number()).append(' ');
        }
        assertEquals("11=1 11=127 11=128 11=16384 11=268435455 ", seen.toString());
        assertEquals(0, fromServer.forwardedPropertiesLength());
    }

    /** What the gateway journals: [MQTT-3.3.2-4], [MQTT-3.3.2-15] to [MQTT-3.3.2-18], [MQTT-3.3.2-20]. */
    @Test
    void copiesPropertiesWithoutThoseOfTheHopInTheirOrder() {
        String kept = "26 0001 62 0001 32 01 01 03 0001 63 08 0001 64 09 0002 0000 26 0001 61 0001 31";
        String all =
                "26 0001 62 0001 32 02 00000005 01 01 03 0001 63 23 0007 08 0001 64 09 0002 0000 26 0001 61 0001 31";
        UnsafeBuffer packet = Packets.ofHex("0001 74 25" + all + "ff");
        assertEquals(SUCCESS, fromClient.wrap(5, 0, packet, 0, packet.capacity()));
        assertEquals(5, fromClient.expirySeconds());
        assertEquals(7, fromClient.topicAlias());
        assertEquals(PublishCommand.FLAG_EXPIRES, fromClient.commandFlags());
        byte[] expected = Packets.ofHex(kept).byteArray();
        assertEquals(expected.length, fromClient.forwardedPropertiesLength());
        assertEquals(expected.length, fromClient.copyForwardedProperties(buffer, 9));
        Packets.assertBytes(expected, buffer, 9, expected.length);
        assertEquals(1, fromClient.payloadLength());
    }

    @Test
    void copiesPropertiesWholeWhenNoneBelongsToTheHop() {
        UnsafeBuffer packet = Packets.ofHex("0001 74 07 26 0001 62 0001 32");
        assertEquals(SUCCESS, fromClient.wrap(5, 0, packet, 0, packet.capacity()));
        assertEquals(7, fromClient.copyForwardedProperties(buffer, 0));
        assertEquals("26000162000132", Packets.hex(buffer, 7));
        assertEquals(0, fromClient.payloadLength());
    }

    @ParameterizedTest
    @CsvSource({
        // version, flags, packet
        "4, 6, 0001 74 0001", // QoS 3 [MQTT-3.3.1-4]
        "5, 7, 0001 74 0001 00",
        "3, 6, 0001 74 0001",
        "4, 8, 0001 74", // DUP at QoS 0 [MQTT-3.3.1-2]
        "5, 8, 0001 74 00",
        "4, 0, ''", // cut off
        "4, 0, 00",
        "4, 0, 0002 74",
        "4, 2, 0001 74",
        "4, 2, 0001 74 00",
        "5, 0, 0001 74",
        "5, 2, 0001 74 0001",
        "5, 0, 0001 74 80",
        "5, 0, 0001 74 8000", // property length with a needless byte [MQTT-1.5.5-1]
        "5, 0, 0001 74 8080808001",
        "5, 0, 0001 74 05 0101",
        "5, 0, 0001 74 01 01",
        "5, 0, 0001 74 04 02000000",
        "5, 0, 0001 74 02 2300",
        "5, 0, 0001 74 04 03000261",
        "5, 0, 0001 74 06 260001610001",
        "5, 0, 0001 74 02 0b80",
        "5, 0, 0001 74 03 0b8100", // needless byte
        "5, 0, 0001 74 06 0b8080808001",
        "4, 0, 0001 00", // U+0000 [MQTT-4.7.3-2]
        "4, 0, 0002 c328", // not UTF-8
        "5, 0, 0003 eda080 00",
        "5, 0, 0001 74 04 030001ff", // Content Type [MQTT-3.3.2-19]
        "5, 0, 0001 74 04 080001ff", // Response Topic [MQTT-3.3.2-13]
        "5, 0, 0001 74 06 260001ff0000", // User Property [MQTT-1.5.7-1]
        "5, 0, 0001 74 06 260000000100",
        "5, 0, 0001 74 02 1900", // not a property of PUBLISH
        "5, 0, 0001 74 05 1800000001",
        "5, 0, 0001 74 02 0001",
        "5, 0, 0001 74 02 2b01",
        "5, 0, 0001 74 02 8101"
    })
    void refusesMalformedPackets(int version, int flags, String hex) {
        assertEquals(MALFORMED_PACKET, wrap(fromClient, version, flags, hex));
        assertEquals(MALFORMED_PACKET, wrap(fromServer, version, flags, hex));
    }

    @ParameterizedTest
    @CsvSource({
        "4, 2, 0001 74 0000", // packet id 0 [MQTT-2.2.1-3]
        "5, 4, 0001 74 0000 00",
        "4, 0, 0000", // no topic and no alias
        "5, 0, 0000 00",
        "5, 0, 0001 74 02 0102", // Payload Format Indicator 2
        "5, 0, 0001 74 04 01010101", // twice
        "5, 0, 0001 74 0a 02000000010200000001",
        "5, 0, 0001 74 06 230001230001",
        "5, 0, 0001 74 08 0300016103000161",
        "5, 0, 0001 74 06 090000090000",
        "5, 0, 0001 74 04 0800012b", // Response Topic with a wildcard [MQTT-3.3.2-14]
        "5, 0, 0001 74 03 080000",
        "5, 0, 0001 74 02 0b00" // Subscription Identifier 0
    })
    void refusesProtocolErrors(int version, int flags, String hex) {
        assertEquals(PROTOCOL_ERROR, wrap(fromClient, version, flags, hex));
        assertEquals(PROTOCOL_ERROR, wrap(fromServer, version, flags, hex));
    }

    /** [MQTT-3.3.2-2]. */
    @ParameterizedTest
    @CsvSource({"3, 0001 23", "4, 0003 612f2b", "5, 0009 6161616161616161 23 00", "5, 0001 2b 00"})
    void refusesWildcardsInTheTopic(int version, String hex) {
        assertEquals(TOPIC_NAME_INVALID, wrap(fromClient, version, 0, hex));
    }

    /** [MQTT-3.3.2-8]. */
    @Test
    void refusesTopicAliasZero() {
        assertEquals(TOPIC_ALIAS_INVALID, wrap(fromClient, 5, 0, "0000 03 230000"));
    }

    /** [MQTT-3.3.4-6]. */
    @Test
    void refusesSubscriptionIdentifiersFromAClient() {
        assertEquals(PROTOCOL_ERROR, wrap(fromClient, 5, 0, "0001 74 02 0b01"));
        assertEquals(SUCCESS, wrap(fromServer, 5, 0, "0001 74 02 0b01"));
    }

    @Test
    void acceptsAnAliasInsteadOfATopic() {
        assertEquals(SUCCESS, wrap(fromClient, 5, 0, "0000 03 23ffff"));
        assertEquals(0, fromClient.topicLength());
        assertEquals(0, fromClient.topicLevels());
        assertEquals(65_535, fromClient.topicAlias());
    }

    /** 3.1 says nothing about DUP at QoS 0. */
    @Test
    void acceptsDupAtQosZeroFrom31() {
        assertEquals(SUCCESS, wrap(fromClient, 3, 8, "0001 74"));
        assertTrue(fromClient.dup());
    }

    @Test
    void givesLevelsAndPayloadOfAMessageWithoutProperties() {
        assertEquals(SUCCESS, wrap(fromClient, 4, 3, "0005 612f622f63 1234 6869"));
        assertEquals(3, fromClient.topicLevels());
        assertEquals(1, fromClient.qos());
        assertTrue(fromClient.retain());
        assertFalse(fromClient.dup());
        assertEquals(0x1234, fromClient.packetId());
        assertEquals(2, fromClient.payloadLength());
        assertEquals(PublishDecoder.NO_EXPIRY, fromClient.expirySeconds());
    }

    @Test
    void doesNotWritePacketIdZeroAboveQosZero() {
        message("t", new PropertyWriter(), new byte[0]);
        assertThrows(Invariant.Broken.class, () -> encode(4, 1, 0));
        assertThrows(Invariant.Broken.class, () -> encode(4, 1, 65_536));
    }

    private static ReasonCode wrap(PublishDecoder decoder, int version, int flags, String hex) {
        UnsafeBuffer packet = Packets.ofHex(hex);
        return decoder.wrap(version, flags, packet, 0, packet.capacity());
    }
}
