package io.tally.protocol.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The first command of every process: no connection of before exists any more, and these limits hold from here on.
 *
 * <pre>
 * 16 queued messages max   i64
 * 24 queued bytes max      i64
 * 32 session expiry max    i64
 * 40 sessions max          i64
 * 48 subscriptions max     i64
 * 56 flags                 i64  {@link Limits#flags}
 * </pre>
 */
public final class RestartedCommand {
    public static final int LENGTH = 64;

    private RestartedCommand() {}

    public static void write(MutableDirectBuffer b, int offset, Limits limits) {
        CommandHeader.write(b, offset, CommandType.RESTARTED, 0, 0, 0);
        b.putLong(offset + 16, limits.queuedMessagesMax(), LITTLE_ENDIAN);
        b.putLong(offset + 24, limits.queuedBytesMax(), LITTLE_ENDIAN);
        b.putLong(offset + 32, limits.sessionExpirySecondsMax(), LITTLE_ENDIAN);
        b.putLong(offset + 40, limits.sessionsMax(), LITTLE_ENDIAN);
        b.putLong(offset + 48, limits.subscriptionsMax(), LITTLE_ENDIAN);
        b.putLong(offset + 56, limits.flags(), LITTLE_ENDIAN);
    }

    public static Limits limits(DirectBuffer b, int offset) {
        return Limits.of(
                b.getLong(offset + 16, LITTLE_ENDIAN),
                b.getLong(offset + 24, LITTLE_ENDIAN),
                b.getLong(offset + 32, LITTLE_ENDIAN),
                b.getLong(offset + 40, LITTLE_ENDIAN),
                b.getLong(offset + 48, LITTLE_ENDIAN),
                b.getLong(offset + 56, LITTLE_ENDIAN));
    }
}
