package io.tally.protocol.effect;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Answer to a CONNECT. {@code a}: reason code; {@code b}: 1 = session present.
 *
 * <pre>
 * 16 session expiry  u32  seconds granted
 * </pre>
 */
public final class ConnackEffect {
    public static final int LENGTH = 20;

    private ConnackEffect() {}

    public static void write(
            MutableDirectBuffer b,
            int offset,
            long connection,
            int reasonCode,
            boolean sessionPresent,
            long expirySeconds) {
        EffectHeader.write(b, offset, EffectType.CONNACK, reasonCode, sessionPresent ? 1 : 0, connection);
        b.putInt(offset + 16, (int) expirySeconds, LITTLE_ENDIAN);
    }

    public static int reasonCode(DirectBuffer b, int offset) {
        return EffectHeader.a(b, offset);
    }

    public static boolean sessionPresent(DirectBuffer b, int offset) {
        return EffectHeader.b(b, offset) == 1;
    }

    public static long expirySeconds(DirectBuffer b, int offset) {
        return b.getInt(offset + 16, LITTLE_ENDIAN) & 0xFFFF_FFFFL;
    }
}
