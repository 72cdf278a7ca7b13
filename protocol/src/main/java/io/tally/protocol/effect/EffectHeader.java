package io.tally.protocol.effect;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The first 16 bytes of every effect, little endian. A connection that the gateway no longer has is skipped silently.
 *
 * <pre>
 *  0 type        u8   {@link EffectType}
 *  1 a           u8   meaning by type
 *  2 b           u16  meaning by type
 *  4 reserved    i32
 *  8 connection  i64
 * </pre>
 */
public final class EffectHeader {
    public static final int LENGTH = 16;

    private EffectHeader() {}

    static void write(MutableDirectBuffer buffer, int offset, int type, int a, int b, long connection) {
        buffer.putByte(offset, (byte) type);
        buffer.putByte(offset + 1, (byte) a);
        buffer.putShort(offset + 2, (short) b, LITTLE_ENDIAN);
        buffer.putInt(offset + 4, 0, LITTLE_ENDIAN);
        buffer.putLong(offset + 8, connection, LITTLE_ENDIAN);
    }

    public static int type(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset);
    }

    static int a(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + 1) & 0xFF;
    }

    static int b(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + 2, LITTLE_ENDIAN) & 0xFFFF;
    }

    public static long connection(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + 8, LITTLE_ENDIAN);
    }
}
