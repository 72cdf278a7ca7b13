package io.tally.protocol.topic;

import org.agrona.DirectBuffer;

/**
 * Well-formedness of UTF-8 as MQTT asks for it: shortest forms only, no surrogates, nothing above U+10FFFF, no U+0000
 * ([MQTT-1.5.4-1], [MQTT-1.5.4-2]). ASCII is checked eight bytes at a time. Allocates nothing.
 */
public final class Utf8 {
    static final long HIGH_BITS = 0x8080_8080_8080_8080L;
    static final long LOW_SEVEN_BITS = 0x7F7F_7F7F_7F7F_7F7FL;

    private Utf8() {}

    /** Whether the bytes are a string that MQTT allows. Reads nothing outside of them. */
    public static boolean isValid(DirectBuffer buffer, int offset, int length) {
        int end = offset + length;
        int at = skipAscii(buffer, offset, end);
        while (at < end) {
            int size = sequenceLength(buffer, at, end);
            if (size == 0) {
                return false;
            }
            at += size;
        }
        return true;
    }

    /** Whether the bytes are UTF-8, U+0000 allowed: a payload, say. Reads nothing outside of them. */
    public static boolean isWellFormed(DirectBuffer buffer, int offset, int length) {
        int end = offset + length;
        int at = skipAscii(buffer, offset, end);
        while (at < end) {
            int size = buffer.getByte(at) == 0 ? 1 : sequenceLength(buffer, at, end);
            if (size == 0) {
                return false;
            }
            at += size;
        }
        return true;
    }

    private static int skipAscii(DirectBuffer buffer, int offset, int end) {
        int at = offset;
        while (at <= end - Long.BYTES) {
            long word = buffer.getLong(at);
            if ((word & HIGH_BITS) != 0 || bytesEqual(word, 0) != 0) {
                break;
            }
            at += Long.BYTES;
        }
        return at;
    }

    /** The high bit of each byte of an ASCII word that equals the byte repeated in the pattern; exact. */
    static long bytesEqual(long asciiWord, long pattern) {
        return ~((asciiWord ^ pattern) + LOW_SEVEN_BITS) & HIGH_BITS;
    }

    /** Length in bytes of the character at this place; 0 when it is U+0000, not well-formed or cut off. */
    static int sequenceLength(DirectBuffer buffer, int at, int end) {
        int lead = buffer.getByte(at);
        if (lead > 0) {
            return 1;
        }
        int b = lead & 0xFF;
        if (b >= 0xC2 && b <= 0xDF) {
            return end - at >= 2 && isTail(buffer, at + 1) ? 2 : 0;
        }
        if (b >= 0xE0 && b <= 0xEF) {
            return end - at >= 3 && isThree(b, buffer, at) ? 3 : 0;
        }
        if (b >= 0xF0 && b <= 0xF4) {
            return end - at >= 4 && isFour(b, buffer, at) ? 4 : 0;
        }
        return 0;
    }

    private static boolean isThree(int lead, DirectBuffer buffer, int at) {
        int second = buffer.getByte(at + 1) & 0xFF;
        int lowest = lead == 0xE0 ? 0xA0 : 0x80;
        int highest = lead == 0xED ? 0x9F : 0xBF;
        return second >= lowest && second <= highest && isTail(buffer, at + 2);
    }

    private static boolean isFour(int lead, DirectBuffer buffer, int at) {
        int second = buffer.getByte(at + 1) & 0xFF;
        int lowest = lead == 0xF0 ? 0x90 : 0x80;
        int highest = lead == 0xF4 ? 0x8F : 0xBF;
        return second >= lowest && second <= highest && isTail(buffer, at + 2) && isTail(buffer, at + 3);
    }

    private static boolean isTail(DirectBuffer buffer, int at) {
        return (buffer.getByte(at) & 0xC0) == 0x80;
    }
}
