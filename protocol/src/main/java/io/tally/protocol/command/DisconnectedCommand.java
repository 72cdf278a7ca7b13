package io.tally.protocol.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A connection is gone. Written exactly once for each connection whose {@link ConnectCommand} was written, unless the
 * process dies, and the last command of its connection.
 *
 * <pre>
 * 16 flags             u8   {@link #FLAG_WILL}, {@link #FLAG_EXPIRY}
 * 17 reserved          u8
 * 18 last sent         u16  packet id of the newest PUBLISH on the wire whose acknowledgements are journaled, 0 when
 *                           none is in flight
 * 20 session expiry    u32  of the DISCONNECT, when {@link #FLAG_EXPIRY}
 * </pre>
 */
public final class DisconnectedCommand {
    /** The will is to be published: anything but a DISCONNECT with reason code 0x00. */
    public static final int FLAG_WILL = 1;

    /** The DISCONNECT carried a Session Expiry Interval. */
    public static final int FLAG_EXPIRY = 2;

    public static final int LENGTH = 24;

    private DisconnectedCommand() {}

    public static void write(MutableDirectBuffer b, int offset, int flags, int lastSentPacketId, long expirySeconds) {
        b.putByte(offset + 16, (byte) flags);
        b.putByte(offset + 17, (byte) 0);
        b.putShort(offset + 18, (short) lastSentPacketId, LITTLE_ENDIAN);
        b.putInt(offset + 20, (int) expirySeconds, LITTLE_ENDIAN);
    }

    public static boolean will(DirectBuffer b, int offset) {
        return (b.getByte(offset + 16) & FLAG_WILL) != 0;
    }

    public static boolean hasExpiry(DirectBuffer b, int offset) {
        return (b.getByte(offset + 16) & FLAG_EXPIRY) != 0;
    }

    public static int lastSentPacketId(DirectBuffer b, int offset) {
        return b.getShort(offset + 18, LITTLE_ENDIAN) & 0xFFFF;
    }

    public static long expirySeconds(DirectBuffer b, int offset) {
        return b.getInt(offset + 20, LITTLE_ENDIAN) & 0xFFFF_FFFFL;
    }
}
