package io.tally.protocol.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A SUBSCRIBE or UNSUBSCRIBE; its filters are read with a cursor. One instance per thread; a view, valid until the
 * next wrap.
 *
 * <pre>
 * 16 packet id                u16
 * 18 filter count             u16
 * 20 subscription identifier  u32  0 = none; always 0 in UNSUBSCRIBE
 * 24 filters                  count times: options u8, refusal u8, filter length u16, filter (UTF-8)
 * </pre>
 *
 * <p>Options: the MQTT 5 subscription options byte; for 3.1 and 3.1.1 the QoS alone; 0 in UNSUBSCRIBE. Refusal: 0, or
 * the reason code (0x80 and above) with which the gateway has refused this filter; the engine then only repeats it in
 * the answer.
 */
public final class SubscribeCommand {
    public static final int FIXED_LENGTH = 24;
    public static final int FILTER_FIXED_LENGTH = 4;

    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int offset;
    private int next;
    private int remaining;
    private int current;

    /** Looks at the command and stands before its first filter. */
    public SubscribeCommand wrap(DirectBuffer buffer, int offset) {
        this.buffer = buffer;
        this.offset = offset;
        this.next = offset + FIXED_LENGTH;
        this.remaining = filterCount();
        return this;
    }

    public static void write(MutableDirectBuffer b, int offset, int packetId, int filterCount, long subscriptionId) {
        b.putShort(offset + 16, (short) packetId, LITTLE_ENDIAN);
        b.putShort(offset + 18, (short) filterCount, LITTLE_ENDIAN);
        b.putInt(offset + 20, (int) subscriptionId, LITTLE_ENDIAN);
    }

    /** Writes what stands in front of one filter; the filter's bytes follow at {@code at + FILTER_FIXED_LENGTH}. */
    public static void writeFilterFixed(MutableDirectBuffer b, int at, int options, int refusal, int filterLength) {
        b.putByte(at, (byte) options);
        b.putByte(at + 1, (byte) refusal);
        b.putShort(at + 2, (short) filterLength, LITTLE_ENDIAN);
    }

    public int packetId() {
        return buffer.getShort(offset + 16, LITTLE_ENDIAN) & 0xFFFF;
    }

    public int filterCount() {
        return buffer.getShort(offset + 18, LITTLE_ENDIAN) & 0xFFFF;
    }

    public int subscriptionId() {
        return buffer.getInt(offset + 20, LITTLE_ENDIAN);
    }

    /** Moves to the next filter; false when there is none. */
    public boolean nextFilter() {
        if (remaining == 0) {
            return false;
        }
        remaining--;
        current = next;
        next = current + FILTER_FIXED_LENGTH + filterLength();
        return true;
    }

    public int options() {
        return buffer.getByte(current);
    }

    /** 0, or the reason code of a refusal by the gateway. */
    public int refusal() {
        return buffer.getByte(current + 1) & 0xFF;
    }

    public String filter() {
        return buffer.getStringWithoutLengthUtf8(current + FILTER_FIXED_LENGTH, filterLength());
    }

    private int filterLength() {
        return buffer.getShort(current + 2, LITTLE_ENDIAN) & 0xFFFF;
    }
}
