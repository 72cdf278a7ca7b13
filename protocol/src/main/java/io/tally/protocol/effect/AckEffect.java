package io.tally.protocol.effect;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * PUBACK, PUBREC, PUBREL or PUBCOMP to a client. {@code a}: packet type 4 to 7, or {@link #PUBREL_AGAIN}; {@code b}:
 * packet id. A refused PUBLISH of a client before 5.0 is answered by closing instead. Allocates nothing.
 *
 * <pre>
 * 16 reason code  i32
 * </pre>
 */
public final class AckEffect {
    public static final int LENGTH = 20;

    /** Not for the client: its PUBREL was refused, but a message waits for it, so the gateway is to write it again. */
    public static final int PUBREL_AGAIN = 14;

    private AckEffect() {}

    public static void write(
            MutableDirectBuffer b, int offset, long connection, int kind, int packetId, int reasonCode) {
        EffectHeader.write(b, offset, EffectType.ACK, kind, packetId, connection);
        b.putInt(offset + 16, reasonCode, LITTLE_ENDIAN);
    }

    public static int kind(DirectBuffer b, int offset) {
        return EffectHeader.a(b, offset);
    }

    public static int packetId(DirectBuffer b, int offset) {
        return EffectHeader.b(b, offset);
    }

    public static int reasonCode(DirectBuffer b, int offset) {
        return b.getInt(offset + 16, LITTLE_ENDIAN);
    }
}
