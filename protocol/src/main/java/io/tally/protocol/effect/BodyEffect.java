package io.tally.protocol.effect;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The message of the DELIVERs with position 0 that follow it in the same ring, up to the next BODY. It is handed over
 * once per I/O loop, not once per subscriber. The receiver copies what it keeps. A message longer than a record of the
 * ring comes in parts, right behind each other: rings are as large as the packets that are accepted today need them,
 * and what was accepted before may be longer.
 *
 * <pre>
 *  1 a        u8   1 = goes on with the message of the BODY before
 * 16 time     i64  epoch milliseconds at which the message arrived; of the first part
 * 24 message  a whole {@link io.tally.protocol.command.PublishCommand}, header included, or a part of it
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

    /** A part that is not the first. */
    public static void writeNext(MutableDirectBuffer b, int offset, DirectBuffer part, int partOffset, int length) {
        EffectHeader.write(b, offset, EffectType.BODY, 1, 0, 0);
        b.putLong(offset + 16, 0, LITTLE_ENDIAN);
        b.putBytes(offset + FIXED_LENGTH, part, partOffset, length);
    }

    public static boolean isNext(DirectBuffer b, int offset) {
        return EffectHeader.a(b, offset) == 1;
    }

    public static long timeMs(DirectBuffer b, int offset) {
        return b.getLong(offset + 16, LITTLE_ENDIAN);
    }
}
