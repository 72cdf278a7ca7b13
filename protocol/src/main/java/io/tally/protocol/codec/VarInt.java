package io.tally.protocol.codec;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Variable byte integer: seven bits a byte, least significant first, at most four bytes (section 1.5.5). Allocates
 * nothing.
 */
public final class VarInt {
    /** Largest value. */
    public static final int MAX = 268_435_455;

    /** {@link #get}: the bytes end before the integer does. */
    static final long CUT_OFF = -1;

    /** {@link #get}: a fifth byte would follow. */
    static final long TOO_LONG = -2;

    private static final int LENGTH_MAX = 4;

    private VarInt() {}

    /** Bytes that a value of 0 to {@link #MAX} takes. */
    public static int length(int value) {
        if (value < 1 << 7) {
            return 1;
        }
        if (value < 1 << 14) {
            return 2;
        }
        return value < 1 << 21 ? 3 : 4;
    }

    /** Writes a value of 0 to {@link #MAX}; returns its length. */
    public static int put(MutableDirectBuffer buffer, int index, int value) {
        int rest = value;
        int at = index;
        while (rest > 0x7F) {
            buffer.putByte(at++, (byte) (rest | 0x80));
            rest >>>= 7;
        }
        buffer.putByte(at++, (byte) rest);
        return at - index;
    }

    /**
     * Reads without passing {@code end}: length in the high 32 bits, value in the low ones; or {@link #CUT_OFF} or
     * {@link #TOO_LONG}, both negative.
     */
    static long get(DirectBuffer buffer, int offset, int end) {
        int value = 0;
        int lengthMax = Math.min(LENGTH_MAX, end - offset);
        for (int i = 0; i < lengthMax; i++) {
            int b = buffer.getByte(offset + i);
            value |= (b & 0x7F) << (7 * i);
            if (b >= 0) {
                return (long) (i + 1) << 32 | value;
            }
        }
        return lengthMax == LENGTH_MAX ? TOO_LONG : CUT_OFF;
    }

    static int value(long packed) {
        return (int) packed;
    }

    static int length(long packed) {
        return (int) (packed >> 32);
    }

    /** As {@link #get}, but an integer with needless bytes is refused like one that is too long ([MQTT-1.5.5-1]). */
    static long getShortest(DirectBuffer buffer, int offset, int end) {
        long packed = get(buffer, offset, end);
        return packed < 0 || length(packed) == length(value(packed)) ? packed : TOO_LONG;
    }
}
