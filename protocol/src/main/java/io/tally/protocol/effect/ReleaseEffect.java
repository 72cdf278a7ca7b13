package io.tally.protocol.effect;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A journal file is about to be deleted: the gateway unmaps what it has of it and counts the effect.
 *
 * <pre>
 * 16 file  i64  the upper 32 bits of the positions in it
 * </pre>
 */
public final class ReleaseEffect {
    public static final int LENGTH = 24;

    private ReleaseEffect() {}

    public static void write(MutableDirectBuffer b, int offset, long file) {
        EffectHeader.write(b, offset, EffectType.RELEASE, 0, 0, 0);
        b.putLong(offset + 16, file, LITTLE_ENDIAN);
    }

    public static long file(DirectBuffer b, int offset) {
        return b.getLong(offset + 16, LITTLE_ENDIAN);
    }
}
