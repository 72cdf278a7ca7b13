package io.tally.protocol.codec;

import org.agrona.DirectBuffer;

/**
 * Finds where a packet ends from its first two to five bytes. Keeps nothing between calls and reserves nothing for a
 * declared length. Allocates nothing.
 *
 * <p>The answer is one {@code long}: {@link #NEED_MORE}, {@link #MALFORMED}, or a frame to be read with {@link
 * #headerLength}, {@link #remainingLength} and {@link #packetLength}. The frame may end behind the bytes at hand.
 */
public final class FrameDecoder {
    /** The fixed header is not complete yet. */
    public static final long NEED_MORE = -1;

    /** Packet type 0, or a remaining length of more than four bytes. */
    public static final long MALFORMED = -2;

    private FrameDecoder() {}

    /** Looks at {@code available} bytes from {@code offset} on. */
    public static long decode(DirectBuffer buffer, int offset, int available) {
        if (available < 1) {
            return NEED_MORE;
        }
        if (PacketType.of(buffer.getByte(offset)) == 0) {
            return MALFORMED;
        }
        long packed = VarInt.get(buffer, offset + 1, offset + available);
        if (packed < 0) {
            return packed == VarInt.CUT_OFF ? NEED_MORE : MALFORMED;
        }
        return packed + (1L << 32);
    }

    /** Bytes in front of the variable header, 2 to 5. */
    public static int headerLength(long frame) {
        return (int) (frame >> 32);
    }

    /** Bytes behind the fixed header, 0 to 268,435,455. */
    public static int remainingLength(long frame) {
        return (int) frame;
    }

    /** Of the whole packet, in bytes. */
    public static int packetLength(long frame) {
        return headerLength(frame) + remainingLength(frame);
    }

    /**
     * Whether the remaining length takes as few bytes as it can. 5.0 demands it ([MQTT-1.5.5-1]; else malformed), 3.1.1
     * does not, and small 3.1.1 clients exist that pad it.
     */
    public static boolean isShortest(long frame) {
        return headerLength(frame) == 1 + VarInt.length(remainingLength(frame));
    }
}
