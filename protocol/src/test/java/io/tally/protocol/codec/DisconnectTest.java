package io.tally.protocol.codec;

import static io.tally.protocol.codec.Direction.TO_CLIENT;
import static io.tally.protocol.codec.Direction.TO_SERVER;
import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** DISCONNECT and AUTH. */
class DisconnectTest {
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[4096]);
    private final DisconnectDecoder fromClient = new DisconnectDecoder(TO_SERVER);
    private final DisconnectDecoder fromServer = new DisconnectDecoder(TO_CLIENT);
    private final AuthDecoder authFromClient = new AuthDecoder(TO_SERVER);
    private final AuthDecoder authFromServer = new AuthDecoder(TO_CLIENT);

    @Test
    void writesTheShortestForm() {
        assertEquals("e000", Packets.hex(buffer, DisconnectEncoder.encode(4, 0x8B, buffer, 0)));
        assertEquals("e000", Packets.hex(buffer, DisconnectEncoder.encode(5, 0, buffer, 0)));
        assertEquals("e0018b", Packets.hex(buffer, DisconnectEncoder.encode(5, 0x8B, buffer, 0)));
        PropertyWriter properties = new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 1);
        int length = DisconnectEncoder.encodeLong(4, properties, buffer, 0);
        assertEquals("e00704051100000001", Packets.hex(buffer, length));
    }

    @ParameterizedTest
    @EnumSource(Direction.class)
    void readsTheDisconnectItWrites(Direction direction) {
        DisconnectDecoder decoder = direction == TO_SERVER ? fromClient : fromServer;
        for (long seed = 0; seed < 1_000; seed++) {
            RandomFields fields = new RandomFields(new SplittableRandom(seed));
            PropertyWriter properties = fields.properties(PacketType.DISCONNECT, direction, 0);
            int code = fields.oneOf(0, 0x80, 0x98);
            int length = DisconnectEncoder.encodeLong(code, properties, buffer, 0);
            int header = FrameDecoder.headerLength(FrameDecoder.decode(buffer, 0, length));
            assertEquals(SUCCESS, decoder.wrap(5, 0, buffer, header, length - header));
            assertEquals(code, decoder.reasonCode());
            Packets.assertProperties(properties, decoder.properties());
        }
    }

    @Test
    void readsEveryForm() {
        assertEquals(SUCCESS, disconnect(fromClient, 4, ""));
        assertEquals(SUCCESS, disconnect(fromClient, 5, ""));
        assertEquals(0, fromClient.reasonCode());
        assertEquals(SUCCESS, disconnect(fromClient, 5, "04"));
        assertEquals(4, fromClient.reasonCode());
        assertEquals(DisconnectDecoder.ABSENT, fromClient.sessionExpirySeconds());
        assertEquals(SUCCESS, disconnect(fromClient, 5, "00 05 11ffffffff"));
        assertEquals(0xFFFF_FFFFL, fromClient.sessionExpirySeconds());
        assertEquals(SUCCESS, disconnect(fromServer, 5, "9d 05 1c000261 62"));
        assertEquals("ab", fromServer.properties().string(Property.SERVER_REFERENCE));
    }

    @ParameterizedTest
    @CsvSource({"4, 00", "3, 00", "5, 00 01", "5, 00 00 00", "5, 00 80", "5, 00 03 210001", "5, 00 04 1f0001 ff"})
    void refusesMalformedDisconnects(int version, String hex) {
        assertEquals(MALFORMED_PACKET, disconnect(fromClient, version, hex));
    }

    /** [MQTT-3.14.1-1]. */
    @Test
    void refusesFlags() {
        assertEquals(MALFORMED_PACKET, fromClient.wrap(5, 1, buffer, 0, 0));
        assertEquals(MALFORMED_PACKET, fromClient.wrap(4, 2, buffer, 0, 0));
        assertEquals(MALFORMED_PACKET, authFromClient.wrap(5, 1, buffer, 0, 0));
    }

    /** [MQTT-3.14.2-1], [MQTT-3.14.2-2]. */
    @Test
    void refusesWhatTheOtherSideMaySend() {
        assertEquals(PROTOCOL_ERROR, disconnect(fromClient, 5, "8e"));
        assertEquals(PROTOCOL_ERROR, disconnect(fromServer, 5, "04"));
        assertEquals(PROTOCOL_ERROR, disconnect(fromServer, 5, "00 05 1100000001"));
        assertEquals(PROTOCOL_ERROR, disconnect(fromServer, 4, ""));
        assertEquals(PROTOCOL_ERROR, disconnect(fromClient, 5, "01"));
        assertEquals(PROTOCOL_ERROR, disconnect(fromClient, 5, "00 0a 11000000011100000001"));
    }

    @Test
    void writesAndReadsAuth() {
        PropertyWriter properties = new PropertyWriter()
                .add(Property.AUTHENTICATION_METHOD, "M")
                .add(Property.AUTHENTICATION_DATA, new byte[] {1});
        int length = AuthEncoder.encode(0x18, properties, buffer, 0);
        assertEquals("f00a18081500014d16000101", Packets.hex(buffer, length));
        assertEquals(SUCCESS, authFromClient.wrap(5, 0, buffer, 2, length - 2));
        assertEquals(0x18, authFromClient.reasonCode());
        assertEquals("M", authFromClient.properties().string(Property.AUTHENTICATION_METHOD));
        Packets.assertProperties(properties, authFromClient.properties());
    }

    @ParameterizedTest
    @ValueSource(strings = {"18", "18 01", "18 04 1500014d 00", "18 05 150001 4d", "18 03 210001"})
    void refusesMalformedAuths(String hex) {
        assertEquals(MALFORMED_PACKET, auth(authFromClient, 5, hex));
    }

    /** AUTH is a reserved packet type before 5.0. */
    @Test
    void refusesAuthBefore5() {
        assertEquals(MALFORMED_PACKET, auth(authFromClient, 4, "18 04 1500014d"));
    }

    /** [MQTT-3.15.2-1]. */
    @Test
    void refusesProtocolErrorsInAuth() {
        assertEquals(PROTOCOL_ERROR, auth(authFromClient, 5, "18 00"));
        assertEquals(PROTOCOL_ERROR, auth(authFromClient, 5, ""));
        assertEquals(PROTOCOL_ERROR, auth(authFromClient, 5, "00 04 1500014d"));
        assertEquals(SUCCESS, auth(authFromServer, 5, ""));
        assertEquals(SUCCESS, auth(authFromServer, 5, "00 04 1500014d"));
        assertEquals(SUCCESS, auth(authFromClient, 5, "19 04 1500014d"));
        assertEquals(PROTOCOL_ERROR, auth(authFromServer, 5, "19 04 1500014d"));
    }

    private static ReasonCode disconnect(DisconnectDecoder decoder, int version, String hex) {
        UnsafeBuffer packet = Packets.ofHex(hex);
        return decoder.wrap(version, 0, packet, 0, packet.capacity());
    }

    private static ReasonCode auth(AuthDecoder decoder, int version, String hex) {
        UnsafeBuffer packet = Packets.ofHex(hex);
        return decoder.wrap(version, 0, packet, 0, packet.capacity());
    }
}
