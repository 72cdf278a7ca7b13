package io.tally.protocol.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Packets as hexadecimal text, and comparisons. */
final class Packets {
    private Packets() {}

    /** A buffer that holds exactly these bytes; blanks are skipped. */
    static UnsafeBuffer ofHex(String hex) {
        return new UnsafeBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    static String hex(DirectBuffer buffer, int length) {
        return HexFormat.of().formatHex(bytes(buffer, 0, length));
    }

    static byte[] bytes(DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return bytes;
    }

    static byte[] bytes(PropertyWriter properties) {
        return bytes(properties.buffer(), 0, properties.length());
    }

    static void assertBytes(byte[] expected, DirectBuffer buffer, int offset, int length) {
        assertArrayEquals(expected, bytes(buffer, offset, length));
    }

    static void assertProperties(PropertyWriter expected, Properties actual) {
        assertEquals(expected.length(), actual.length());
        assertBytes(bytes(expected), actual.buffer(), actual.offset(), actual.length());
    }
}
