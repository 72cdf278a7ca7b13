package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;
import static io.tally.protocol.codec.ReasonCode.TOPIC_FILTER_INVALID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubscribeTest {
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[8192]);
    private final SubscribeEncoder encoder = new SubscribeEncoder();
    private final SubscribeDecoder subscribe = new SubscribeDecoder();
    private final UnsubscribeDecoder unsubscribe = new UnsubscribeDecoder();

    @Test
    void writesTheBytesOfEachVersion() {
        encoder.begin(4, PacketType.SUBSCRIBE, 10).filter("a/b", 1).filter("#", 2);
        assertEquals("820c000a0003612f6201000123 02".replace(" ", ""), encode());
        PropertyWriter properties = new PropertyWriter().add(Property.SUBSCRIPTION_IDENTIFIER, 300);
        encoder.begin(5, PacketType.SUBSCRIBE, 10).properties(properties).filter("a", 0x2E);
        assertEquals("820a000a030bac020001612e", encode());
        encoder.begin(3, PacketType.UNSUBSCRIBE, 10).filter("a");
        assertEquals("a205000a000161", encode());
        encoder.begin(5, PacketType.UNSUBSCRIBE, 10).filter("a");
        assertEquals("a206000a00000161", encode());
    }

    private String encode() {
        int length = encoder.encode(buffer, 0);
        assertEquals(encoder.encodedLength(), length);
        return Packets.hex(buffer, length);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5})
    void readsTheSubscribeItWrites(int version) {
        for (long seed = 0; seed < 1_000; seed++) {
            RandomFields fields = new RandomFields(new SplittableRandom(seed));
            PropertyWriter properties = fields.properties(PacketType.SUBSCRIBE, Direction.TO_SERVER, 0);
            int packetId = fields.packetId();
            String[] filters = filters(fields);
            int options = version == 5 ? fields.oneOf(0, 1, 2, 0x18, 0x2E) : fields.upTo(2);
            encoder.begin(version, PacketType.SUBSCRIBE, packetId).properties(properties);
            for (String filter : filters) {
                encoder.filter(filter, options);
            }
            UnsafeBuffer packet = Packets.ofHex(encode());
            int header = FrameDecoder.headerLength(FrameDecoder.decode(packet, 0, packet.capacity()));
            assertEquals(SUCCESS, subscribe.wrap(version, 2, packet, header, packet.capacity() - header));
            assertEquals(packetId, subscribe.packetId());
            assertEquals(filters.length, subscribe.filterCount());
            for (String filter : filters) {
                assertTrue(subscribe.nextFilter());
                assertEquals(filter, subscribe.filter());
                assertEquals(options, subscribe.options());
            }
            assertFalse(subscribe.nextFilter());
            subscribe.rewind();
            assertTrue(subscribe.nextFilter());
            assertEquals(filters[0], subscribe.filter());
            Packets.assertProperties(version == 5 ? properties : new PropertyWriter(), subscribe.properties());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5})
    void readsTheUnsubscribeItWrites(int version) {
        for (long seed = 0; seed < 1_000; seed++) {
            RandomFields fields = new RandomFields(new SplittableRandom(seed));
            PropertyWriter properties = fields.properties(PacketType.UNSUBSCRIBE, Direction.TO_SERVER, 0);
            int packetId = fields.packetId();
            String[] filters = filters(fields);
            encoder.begin(version, PacketType.UNSUBSCRIBE, packetId).properties(properties);
            for (String filter : filters) {
                encoder.filter(filter);
            }
            UnsafeBuffer packet = Packets.ofHex(encode());
            int header = FrameDecoder.headerLength(FrameDecoder.decode(packet, 0, packet.capacity()));
            assertEquals(SUCCESS, unsubscribe.wrap(version, 2, packet, header, packet.capacity() - header));
            assertEquals(packetId, unsubscribe.packetId());
            assertEquals(filters.length, unsubscribe.filterCount());
            for (String filter : filters) {
                assertTrue(unsubscribe.nextFilter());
                assertEquals(filter, unsubscribe.filter());
            }
            assertFalse(unsubscribe.nextFilter());
            Packets.assertProperties(version == 5 ? properties : new PropertyWriter(), unsubscribe.properties());
        }
    }

    private static String[] filters(RandomFields fields) {
        String[] filters = new String[1 + fields.upTo(4)];
        for (int i = 0; i < filters.length; i++) {
            filters[i] = fields.filter();
        }
        return filters;
    }

    @Test
    void readsEveryOption() {
        assertEquals(SUCCESS, subscribe(5, "0001 02 0b05 000c 2473686172652f672f612f62 2a 0001 61 14"));
        assertEquals(5, subscribe.subscriptionId());
        assertTrue(subscribe.nextFilter());
        assertTrue(subscribe.isShared());
        assertEquals(2, subscribe.levels());
        assertEquals(2, subscribe.qos());
        assertTrue(subscribe.retainAsPublished());
        assertFalse(subscribe.noLocal());
        assertEquals(2, subscribe.retainHandling());
        assertTrue(subscribe.nextFilter());
        assertFalse(subscribe.isShared());
        assertTrue(subscribe.noLocal());
        assertEquals(0, subscribe.qos());
        assertEquals(1, subscribe.retainHandling());
    }

    @ParameterizedTest
    @CsvSource({
        "4, ''",
        "4, 00",
        "5, 0001",
        "4, 0001 0001 61", // options missing
        "5, 0001 00 0001 61",
        "4, 0001 0002 61",
        "4, 0001 00",
        "4, 0001 0001 61 04", // reserved bits [MQTT-3.8.3-5]
        "4, 0001 0001 61 80",
        "5, 0001 00 0001 61 40",
        "5, 0001 00 0001 61 80",
        "4, 0001 0001 00 00", // U+0000
        "4, 0001 0001 ff 00", // [MQTT-3.8.3-1]
        "4, 0001 0001 61 00 00", // trailing
        "5, 0001 03 230001 0001 61 00", // not a property of SUBSCRIBE
        "5, 0001 05 0b80808080 0001 61 00",
        "5, 0001 7f 0001 61 00"
    })
    void refusesMalformedSubscribes(int version, String hex) {
        assertEquals(MALFORMED_PACKET, subscribe(version, hex));
    }

    @ParameterizedTest
    @CsvSource({
        "4, 0000 0001 61 00", // packet id 0
        "5, 0000 00 0001 61 00",
        "4, 0001", // no filter [MQTT-3.8.3-2]
        "5, 0001 00",
        "5, 0001 02 0b01",
        "4, 0001 0001 61 03", // QoS 3
        "5, 0001 00 0001 61 03",
        "5, 0001 00 0001 61 30", // Retain Handling 3
        "5, 0001 00 000a 2473686172652f672f61 04", // No Local on a shared subscription [MQTT-3.8.3-4]
        "5, 0001 02 0b00 0001 61 00", // Subscription Identifier 0
        "5, 0001 04 0b010b01 0001 61 00" // twice
    })
    void refusesProtocolErrorsInSubscribe(int version, String hex) {
        assertEquals(PROTOCOL_ERROR, subscribe(version, hex));
    }

    @ParameterizedTest
    @CsvSource({
        "4, 0001 0000 00", // empty [MQTT-4.7.3-1]
        "4, 0001 0002 6123 00",
        "5, 0001 00 0003 232f61 00",
        "5, 0001 00 0007 2473686172652f 00", // $share/ [MQTT-4.8.2-1]
        "4, 0001 0001 61 00 0002 2b2b 00"
    })
    void refusesInvalidFilters(int version, String hex) {
        assertEquals(TOPIC_FILTER_INVALID, subscribe(version, hex));
    }

    @ParameterizedTest
    @CsvSource({
        "4, ''",
        "4, 00",
        "5, 0001",
        "4, 0001 0001",
        "4, 0001 0001 61 00",
        "4, 0001 0001 ff",
        "5, 0001 02 0b01 0001 61"
    })
    void refusesMalformedUnsubscribes(int version, String hex) {
        assertEquals(MALFORMED_PACKET, unsubscribe(version, hex));
    }

    /** [MQTT-3.10.3-2], [MQTT-2.2.1-3]. */
    @ParameterizedTest
    @CsvSource({"4, 0001", "5, 0001 00", "4, 0000 0001 61", "5, 0000 00 0001 61"})
    void refusesProtocolErrorsInUnsubscribe(int version, String hex) {
        assertEquals(PROTOCOL_ERROR, unsubscribe(version, hex));
    }

    @Test
    void refusesInvalidFiltersInUnsubscribe() {
        assertEquals(TOPIC_FILTER_INVALID, unsubscribe(4, "0001 0002 6123"));
        assertEquals(TOPIC_FILTER_INVALID, unsubscribe(5, "0001 00 0000"));
    }

    /** [MQTT-3.8.1-1], [MQTT-3.10.1-1]; 3.1 may set DUP. */
    @Test
    void looksAtTheFlagsFrom311On() {
        UnsafeBuffer packet = Packets.ofHex("0001 0001 61 00");
        assertEquals(MALFORMED_PACKET, subscribe.wrap(4, 0, packet, 0, 6));
        assertEquals(MALFORMED_PACKET, subscribe.wrap(4, 10, packet, 0, 6));
        assertEquals(SUCCESS, subscribe.wrap(3, 10, packet, 0, 6));
        assertEquals(MALFORMED_PACKET, unsubscribe.wrap(4, 0, packet, 0, 5));
        assertEquals(SUCCESS, unsubscribe.wrap(3, 10, packet, 0, 5));
    }

    @Test
    void hasNoFilterToReadAfterARefusal() {
        assertEquals(SUCCESS, subscribe(4, "0001 0001 61 00 0001 62 00"));
        assertEquals(MALFORMED_PACKET, subscribe(4, "00"));
        assertFalse(subscribe.nextFilter());
    }

    private ReasonCode subscribe(int version, String hex) {
        UnsafeBuffer packet = Packets.ofHex(hex);
        return subscribe.wrap(version, 2, packet, 0, packet.capacity());
    }

    private ReasonCode unsubscribe(int version, String hex) {
        UnsafeBuffer packet = Packets.ofHex(hex);
        return unsubscribe.wrap(version, 2, packet, 0, packet.capacity());
    }
}
