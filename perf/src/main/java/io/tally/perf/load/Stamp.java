package io.tally.perf.load;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What every payload begins with, so that its receiver knows which message it is and how long it took.
 *
 * <pre>
 *  0 publisher  u16
 *  2 run        u16  messages of other runs are not counted
 *  4 sequence   i32  from 0 on, per publisher
 *  8 time       i64  when it was to be sent, nanoseconds of the run's clock
 * </pre>
 */
final class Stamp {
    static final int LENGTH = 16;
    static final int PUBLISHERS_MAX = 65_536;

    private static final int RUN_OFFSET = 2;
    private static final int SEQUENCE_OFFSET = 4;
    private static final int TIME_OFFSET = 8;

    private Stamp() {}

    static void writeFixed(MutableDirectBuffer b, int offset, int publisher, int run) {
        b.putShort(offset, (short) publisher, LITTLE_ENDIAN);
        b.putShort(offset + RUN_OFFSET, (short) run, LITTLE_ENDIAN);
    }

    static void write(MutableDirectBuffer b, int offset, int sequence, long timeNs) {
        b.putInt(offset + SEQUENCE_OFFSET, sequence, LITTLE_ENDIAN);
        b.putLong(offset + TIME_OFFSET, timeNs, LITTLE_ENDIAN);
    }

    static int publisher(DirectBuffer b, int offset) {
        return b.getShort(offset, LITTLE_ENDIAN) & 0xFFFF;
    }

    static int run(DirectBuffer b, int offset) {
        return b.getShort(offset + RUN_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    static int sequence(DirectBuffer b, int offset) {
        return b.getInt(offset + SEQUENCE_OFFSET, LITTLE_ENDIAN);
    }

    static long timeNs(DirectBuffer b, int offset) {
        return b.getLong(offset + TIME_OFFSET, LITTLE_ENDIAN);
    }
}
