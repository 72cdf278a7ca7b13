package io.tally.protocol.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Log cleaning: queues let go of a journal file, the messages that they still need from it are kept in the state store
 * instead. A file behind that of this command; any other changes nothing.
 *
 * <pre>
 * 16 file         i32
 * 20 entries max  i32  so many entries of queues let go of it, by ascending session id and place in the queue
 * </pre>
 */
public final class CleanCommand {
    public static final int LENGTH = 24;

    private CleanCommand() {}

    public static void write(MutableDirectBuffer b, int offset, int file, int entriesMax) {
        CommandHeader.write(b, offset, CommandType.CLEAN, 0, 0, 0);
        b.putInt(offset + 16, file, LITTLE_ENDIAN);
        b.putInt(offset + 20, entriesMax, LITTLE_ENDIAN);
    }

    public static int file(DirectBuffer b, int offset) {
        return b.getInt(offset + 16, LITTLE_ENDIAN);
    }

    public static int entriesMax(DirectBuffer b, int offset) {
        return b.getInt(offset + 20, LITTLE_ENDIAN);
    }
}
