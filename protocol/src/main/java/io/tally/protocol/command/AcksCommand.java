package io.tally.protocol.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Acknowledgements of one connection, in the order in which they arrived. Allocates nothing.
 *
 * <pre>
 * 16 count    i32
 * 20 entries  count times: kind u8 ({@link #PUBACK} ...), reason code u8, packet id u16
 * </pre>
 */
public final class AcksCommand {
    /** Packet types of MQTT, used as kinds of acknowledgement. */
    public static final int PUBACK = 4;

    public static final int PUBREC = 5;
    public static final int PUBREL = 6;
    public static final int PUBCOMP = 7;

    /**
     * The gateway has ended the delivery for the client: expired, larger than its Maximum Packet Size, or a queued
     * QoS 0 message that has been sent.
     */
    public static final int DROPPED = 15;

    public static final int FIXED_LENGTH = 20;
    public static final int ENTRY_LENGTH = 4;

    private AcksCommand() {}

    public static int length(int count) {
        return FIXED_LENGTH + count * ENTRY_LENGTH;
    }

    public static void count(MutableDirectBuffer b, int offset, int count) {
        b.putInt(offset + 16, count, LITTLE_ENDIAN);
    }

    public static int count(DirectBuffer b, int offset) {
        return b.getInt(offset + 16, LITTLE_ENDIAN);
    }

    public static void entry(MutableDirectBuffer b, int offset, int index, int kind, int reasonCode, int packetId) {
        int at = offset + FIXED_LENGTH + index * ENTRY_LENGTH;
        b.putByte(at, (byte) kind);
        b.putByte(at + 1, (byte) reasonCode);
        b.putShort(at + 2, (short) packetId, LITTLE_ENDIAN);
    }

    public static int kind(DirectBuffer b, int offset, int index) {
        return b.getByte(offset + FIXED_LENGTH + index * ENTRY_LENGTH);
    }

    public static int reasonCode(DirectBuffer b, int offset, int index) {
        return b.getByte(offset + FIXED_LENGTH + index * ENTRY_LENGTH + 1) & 0xFF;
    }

    public static int packetId(DirectBuffer b, int offset, int index) {
        return b.getShort(offset + FIXED_LENGTH + index * ENTRY_LENGTH + 2, LITTLE_ENDIAN) & 0xFFFF;
    }
}
