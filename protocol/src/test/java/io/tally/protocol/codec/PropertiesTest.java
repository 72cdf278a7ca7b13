package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class PropertiesTest {
    /** Table 2-4 of the standard, by packet type; 0 is the will. */
    private static final Map<Integer, Set<Integer>> ALLOWED = Map.ofEntries(
            Map.entry(0, Set.of(1, 2, 3, 8, 9, 24, 38)),
            Map.entry(1, Set.of(17, 21, 22, 23, 25, 33, 34, 38, 39)),
            Map.entry(2, Set.of(17, 18, 19, 21, 22, 26, 28, 31, 33, 34, 36, 37, 38, 39, 40, 41, 42)),
            Map.entry(3, Set.of(1, 2, 3, 8, 9, 11, 35, 38)),
            Map.entry(4, Set.of(31, 38)),
            Map.entry(5, Set.of(31, 38)),
            Map.entry(6, Set.of(31, 38)),
            Map.entry(7, Set.of(31, 38)),
            Map.entry(8, Set.of(11, 38)),
            Map.entry(9, Set.of(31, 38)),
            Map.entry(10, Set.of(38)),
            Map.entry(11, Set.of(31, 38)),
            Map.entry(12, Set.of()),
            Map.entry(13, Set.of()),
            Map.entry(14, Set.of(17, 28, 31, 38)),
            Map.entry(15, Set.of(21, 22, 31, 38)));

    private final Properties properties = new Properties();
    private final RandomFields fields = new RandomFields(new SplittableRandom(1));

    @Test
    void allowsEachPropertyInItsPacketsOnly() {
        for (int packetType = 0; packetType < 16; packetType++) {
            for (int id = 0; id < 256; id++) {
                boolean allowed = ALLOWED.getOrDefault(packetType, Set.of()).contains(id);
                UnsafeBuffer block = allowed ? block(id, 1) : Packets.ofHex("0a" + hex(id) + "000000010000000000");
                ReasonCode expected = allowed ? SUCCESS : MALFORMED_PACKET;
                assertEquals(expected, wrap(packetType, block), "packet " + packetType + " property " + id);
            }
        }
    }

    @Test
    void knowsTwentySevenProperties() {
        long all = 0;
        for (int packetType = 0; packetType < 16; packetType++) {
            all |= Property.allowedIn(packetType);
        }
        assertEquals(27, Long.bitCount(all));
    }

    @Test
    void refusesEachPropertyGivenTwiceUnlessItMayBe() {
        ALLOWED.forEach((packetType, ids) -> ids.forEach(id -> {
            boolean repeatable = id == Property.USER_PROPERTY || (id == 11 && packetType == PacketType.PUBLISH);
            ReasonCode expected = repeatable ? SUCCESS : PROTOCOL_ERROR;
            assertEquals(expected, wrap(packetType, block(id, 2)), "packet " + packetType + " property " + id);
        }));
    }

    @Test
    void refusesEachPropertyThatIsCutOffAnywhere() {
        ALLOWED.forEach((packetType, ids) -> ids.forEach(id -> {
            UnsafeBuffer whole = block(id, 1);
            for (int length = 1; length < whole.capacity() - 1; length++) {
                byte[] bytes = Packets.bytes(whole, 0, length + 1);
                bytes[0] = (byte) length;
                ReasonCode reason = wrap(packetType, new UnsafeBuffer(bytes));
                assertEquals(MALFORMED_PACKET, reason, "packet " + packetType + " property " + id + " to " + length);
            }
        }));
    }

    private UnsafeBuffer block(int id, int times) {
        PropertyWriter writer = new PropertyWriter();
        for (int i = 0; i < times; i++) {
            fields.add(writer, id);
        }
        byte[] bytes = new byte[writer.encodedLength()];
        writer.encode(new UnsafeBuffer(bytes), 0);
        return new UnsafeBuffer(bytes);
    }

    private static String hex(int id) {
        return String.format("%02x", id);
    }

    @Test
    void refusesALengthThatPassesTheEnd() {
        for (String hex : List.of("", "80", "01", "8001", "ffffff7f", "ffffffff7f", "8000", "05260000")) {
            assertEquals(MALFORMED_PACKET, wrap(PacketType.PUBLISH, Packets.ofHex(hex)), hex);
        }
    }

    @Test
    void keepsUserPropertiesInTheirOrder() {
        PropertyWriter writer = new PropertyWriter()
                .addUserProperty("a", "1")
                .addUserProperty("", "")
                .addUserProperty("a", "ü");
        byte[] bytes = new byte[writer.encodedLength()];
        writer.encode(new UnsafeBuffer(bytes), 0);
        assertEquals(SUCCESS, wrap(PacketType.UNSUBSCRIBE, new UnsafeBuffer(bytes)));
        PropertyCursor cursor = properties.cursor(new PropertyCursor());
        StringBuilder seen = new StringBuilder();
        while (cursor.next()) {
            seen.append(cursor.name()).append('=').append(cursor.value()).append(';');
        }
        assertEquals("a=1;=;a=ü;", seen.toString());
        assertTrue(properties.has(Property.USER_PROPERTY));
        assertFalse(properties.has(Property.REASON_STRING));
    }

    @Test
    void forgetsEverythingWhenCleared() {
        assertEquals(SUCCESS, wrap(PacketType.CONNECT, Packets.ofHex("03 210001")));
        assertEquals(1, properties.number(Property.RECEIVE_MAXIMUM, 7));
        properties.clear();
        assertEquals(7, properties.number(Property.RECEIVE_MAXIMUM, 7));
        assertEquals(0, properties.length());
    }

    private ReasonCode wrap(int packetType, UnsafeBuffer block) {
        return properties.wrap(packetType, block, 0, block.capacity());
    }
}
