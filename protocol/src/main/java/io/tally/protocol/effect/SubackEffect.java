package io.tally.protocol.effect;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * SUBACK or UNSUBACK. {@code b}: packet id.
 *
 * <pre>
 * 16 count         i32
 * 20 reason codes  u8 each, in the order of the filters, in MQTT 5 terms
 * </pre>
 */
public final class SubackEffect {
    public static final int FIXED_LENGTH = 20;

    private SubackEffect() {}

    /** Writes all but the reason codes. */
    public static void write(MutableDirectBuffer b, int offset, int type, long connection, int packetId, int count) {
        EffectHeader.write(b, offset, type, 0, packetId, connection);
        b.putInt(offset + 16, count, LITTLE_ENDIAN);
    }

    public static void reasonCode(MutableDirectBuffer b, int offset, int index, int reasonCode) {
        b.putByte(offset + FIXED_LENGTH + index, (byte) reasonCode);
    }

    public static int packetId(DirectBuffer b, int offset) {
        return EffectHeader.b(b, offset);
    }

    public static int count(DirectBuffer b, int offset) {
        return b.getInt(offset + 16, LITTLE_ENDIAN);
    }

    public static int reasonCode(DirectBuffer b, int offset, int index) {
        return b.getByte(offset + FIXED_LENGTH + index) & 0xFF;
    }
}
