package io.tally.protocol.command;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The first command of every process: no connection of before exists any more, and these limits hold from here on.
 *
 * <pre>
 * 16 limits  i64 each  {@link Limits}
 * </pre>
 */
public final class RestartedCommand {
    public static final int LENGTH = CommandHeader.LENGTH + Limits.LENGTH;

    private RestartedCommand() {}

    public static void write(MutableDirectBuffer b, int offset, Limits limits) {
        CommandHeader.write(b, offset, CommandType.RESTARTED, 0, 0, 0);
        limits.write(b, offset + CommandHeader.LENGTH);
    }

    public static Limits limits(DirectBuffer b, int offset) {
        return Limits.read(b, offset + CommandHeader.LENGTH);
    }
}
