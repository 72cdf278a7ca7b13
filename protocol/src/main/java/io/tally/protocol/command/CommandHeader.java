package io.tally.protocol.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The first 16 bytes of every command, little endian.
 *
 * <pre>
 *  0 type        u8   {@link CommandType}
 *  1 version     u8   of the layout, {@link #VERSION}
 *  2 flags       u16
 *  4 gateway     i32  index of the I/O loop that owns the connection, 0 where there is none
 *  8 connection  i64  unique while the process lives, 0 where there is none
 * </pre>
 */
public final class CommandHeader {
    public static final int VERSION = 1;
    public static final int LENGTH = 16;

    /** Kept out of the journal; reaches the engine after what is journaled ahead of it on its connection. */
    public static final int FLAG_BYPASS = 1;

    /**
     * May be refused when the journal has hardly room left: the sequencer then sets {@link #FLAG_REFUSED}. A PUBLISH is
     * refused first, the others when half of what is left then is used, too: CONNECT, SUBSCRIBE, UNSUBSCRIBE, and ACKS
     * with PUBRELs for which the gateway knows of no message that waits.
     */
    public static final int FLAG_REFUSABLE = 2;

    /**
     * Not journaled for want of room, or since the CONNECT of its connection was not. It changes nothing; the engine
     * answers CONNECT with Server busy, PUBLISH and SUBSCRIBE with Quota exceeded, UNSUBSCRIBE with Implementation
     * specific error. PUBREL is answered if nothing waits for it, and has to be written again, not refusable, if a
     * message does. Only ever set by the sequencer.
     */
    public static final int FLAG_REFUSED = 4;

    /**
     * A refusal of this ends the connection, for MQTT before 5.0 has no other: the sequencer then refuses whatever may
     * be refused behind it, else the client would send the refused message again behind its successors.
     */
    public static final int FLAG_REFUSAL_CLOSES = 8;

    /**
     * A PUBLISH that the gateway has judged to go nowhere: without a topic, its payload is the reason code in one byte;
     * kept out of the journal. The engine answers it in its turn, before 5.0 as if it were accepted.
     */
    public static final int FLAG_DENIED = 16;

    private static final int FLAGS_OFFSET = 2;
    private static final int GATEWAY_OFFSET = 4;
    private static final int CONNECTION_OFFSET = 8;

    private CommandHeader() {}

    public static void write(MutableDirectBuffer b, int offset, int type, int flags, int gateway, long connection) {
        b.putByte(offset, (byte) type);
        b.putByte(offset + 1, (byte) VERSION);
        b.putShort(offset + FLAGS_OFFSET, (short) flags, LITTLE_ENDIAN);
        b.putInt(offset + GATEWAY_OFFSET, gateway, LITTLE_ENDIAN);
        b.putLong(offset + CONNECTION_OFFSET, connection, LITTLE_ENDIAN);
    }

    public static int type(DirectBuffer b, int offset) {
        return b.getByte(offset);
    }

    public static int version(DirectBuffer b, int offset) {
        return b.getByte(offset + 1);
    }

    public static int flags(DirectBuffer b, int offset) {
        return b.getShort(offset + FLAGS_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    public static void flags(MutableDirectBuffer b, int offset, int flags) {
        b.putShort(offset + FLAGS_OFFSET, (short) flags, LITTLE_ENDIAN);
    }

    public static boolean isRefused(DirectBuffer b, int offset) {
        return (flags(b, offset) & FLAG_REFUSED) != 0;
    }

    public static int gateway(DirectBuffer b, int offset) {
        return b.getInt(offset + GATEWAY_OFFSET, LITTLE_ENDIAN);
    }

    public static long connection(DirectBuffer b, int offset) {
        return b.getLong(offset + CONNECTION_OFFSET, LITTLE_ENDIAN);
    }
}
