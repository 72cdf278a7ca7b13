package io.tally.protocol.topic;

import org.agrona.DirectBuffer;

/** Topic names: well-formed UTF-8, at least one character, no wildcards ([MQTT-4.7.0-1]). Allocates nothing. */
public final class TopicNames {
    /** Not well-formed UTF-8, or with U+0000. */
    public static final int NOT_UTF8 = -1;

    /** Holds {@code +} or {@code #}. */
    public static final int WILDCARD = -2;

    private static final long SLASHES = 0x2F2F_2F2F_2F2F_2F2FL;
    private static final long PLUSES = 0x2B2B_2B2B_2B2B_2B2BL;
    private static final long HASHES = 0x2323_2323_2323_2323L;

    private static final byte[] SYS = {'$', 'S', 'Y', 'S'};

    private TopicNames() {}

    /** Whether the bytes are a topic name. */
    public static boolean isValid(DirectBuffer buffer, int offset, int length) {
        return check(buffer, offset, length) > 0;
    }

    /** The number of levels (1 and more); 0 for an empty name; else {@link #NOT_UTF8} or {@link #WILDCARD}. */
    public static int check(DirectBuffer buffer, int offset, int length) {
        if (length <= 0) {
            return 0;
        }
        int end = offset + length;
        int at = offset;
        int levels = 1;
        while (at <= end - Long.BYTES) {
            long word = buffer.getLong(at);
            if ((word & Utf8.HIGH_BITS) != 0 || forbidden(word) != 0) {
                break;
            }
            levels += Long.bitCount(Utf8.bytesEqual(word, SLASHES));
            at += Long.BYTES;
        }
        return checkByCharacter(buffer, at, end, levels);
    }

    private static long forbidden(long word) {
        return Utf8.bytesEqual(word, 0) | Utf8.bytesEqual(word, PLUSES) | Utf8.bytesEqual(word, HASHES);
    }

    private static int checkByCharacter(DirectBuffer buffer, int offset, int end, int levelsBefore) {
        int levels = levelsBefore;
        boolean wildcard = false;
        int size;
        for (int at = offset; at < end; at += size) {
            size = Utf8.sequenceLength(buffer, at, end);
            if (size == 0) {
                return NOT_UTF8;
            }
            int b = buffer.getByte(at);
            levels += b == '/' ? 1 : 0;
            wildcard |= b == '+' || b == '#';
        }
        return wildcard ? WILDCARD : levels;
    }

    /** Whether this is {@code $SYS} or below it, where only the broker publishes. */
    public static boolean isOfBroker(DirectBuffer buffer, int offset, int length) {
        if (length < SYS.length) {
            return false;
        }
        for (int i = 0; i < SYS.length; i++) {
            if (buffer.getByte(offset + i) != SYS[i]) {
                return false;
            }
        }
        return length == SYS.length || buffer.getByte(offset + SYS.length) == '/';
    }

    /** Whether the text is a topic name. */
    public static boolean isValid(String topic) {
        return !topic.isEmpty() && topic.indexOf('+') < 0 && topic.indexOf('#') < 0 && Strings.isValid(topic);
    }
}
