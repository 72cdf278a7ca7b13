package io.tally.storage.sequencer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A command that is not journaled, on its way from the sequencer to the engine.
 *
 * <pre>
 *  0 after position  i64  journal position that must have been applied before, 0 = none
 *  8 time            i64  epoch milliseconds
 * 16 command
 * </pre>
 */
final class BypassRecord {
    static final int TYPE = 1;
    static final int COMMAND_OFFSET = 16;

    private static final int TIME_OFFSET = 8;

    private BypassRecord() {}

    static void write(MutableDirectBuffer b, int offset, long afterPosition, long timeMs) {
        b.putLong(offset, afterPosition, LITTLE_ENDIAN);
        b.putLong(offset + TIME_OFFSET, timeMs, LITTLE_ENDIAN);
    }

    static long afterPosition(DirectBuffer b, int offset) {
        return b.getLong(offset, LITTLE_ENDIAN);
    }

    static long timeMs(DirectBuffer b, int offset) {
        return b.getLong(offset + TIME_OFFSET, LITTLE_ENDIAN);
    }
}
