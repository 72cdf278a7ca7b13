package io.tally.protocol.effect;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The message of the DELIVERs with position 0 that follow it in the same ring, up to the next BODY. It is handed over
 * once per I/O loop, not once per subscriber. The receiver copies what it keeps.
 *
 * <pre>
 * 16 time     i64  epoch milliseconds at which the message arrived
 * 24 message  a whole {@link io.tally.protocol.command.PublishCommand}, header included
 * </pre>
 */
public final class BodyEffect {
    public static final int FIXED_LENGTH = 24;

    private BodyEffect() {}

    public static void write(
            MutableDirectBuffer b, int offset, long timeMs, DirectBuffer message, int messageOffset, int length) {
        EffectHeader.write(b, offset, EffectType.BODY, 0, 0, 0);
        b.putLong(offset + 16, timeMs, LITTLE_ENDIAN);
        b.putBytes(offset + FIXED_LENGTH, message, messageOffset, length);
    }

    public static long timeMs(DirectBuffer b, int offset) {
        return b.getLong(offset + 16, LITTLE_ENDIAN);
    }
}
