package io.tally.storage.journal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Layout of an entry. A Chronicle document (4-byte header word at a multiple of 4) holds up to 4 bytes of zero padding
 * that bring what follows to a multiple of 8 in the file, then, little endian:
 *
 * <pre>
 *  0 crc32c        i32  over everything behind it
 *  4 length        i32  of the whole frame, this header included
 *  8 sequence      i64  dense: one more than that of the entry before, also across files
 * 16 log position  i64  of the entry in the cluster's log, 0 on a single machine
 * 24 time          i64  epoch milliseconds
 * 32 command
 * </pre>
 */
final class JournalFrame {
    static final int LENGTH = 32;
    static final int LENGTH_OFFSET = 4;
    static final int SEQUENCE_OFFSET = 8;
    static final int LOG_POSITION_OFFSET = 16;
    static final int TIME_OFFSET = 24;

    /** Of the header word that Chronicle puts in front of every document, in bytes. */
    static final int WORD_LENGTH = 4;

    private JournalFrame() {}

    /** Where the frame of the document at this offset starts. */
    static long start(long documentOffset) {
        return (documentOffset + WORD_LENGTH + 7) & ~7L;
    }

    static void write(MutableDirectBuffer b, int offset, int length, long sequence, long timeMs) {
        b.putInt(offset + LENGTH_OFFSET, length, LITTLE_ENDIAN);
        b.putLong(offset + SEQUENCE_OFFSET, sequence, LITTLE_ENDIAN);
        b.putLong(offset + LOG_POSITION_OFFSET, 0, LITTLE_ENDIAN);
        b.putLong(offset + TIME_OFFSET, timeMs, LITTLE_ENDIAN);
    }

    static int crc(DirectBuffer b, int offset) {
        return b.getInt(offset, LITTLE_ENDIAN);
    }

    static int length(DirectBuffer b, int offset) {
        return b.getInt(offset + LENGTH_OFFSET, LITTLE_ENDIAN);
    }

    static long sequence(DirectBuffer b, int offset) {
        return b.getLong(offset + SEQUENCE_OFFSET, LITTLE_ENDIAN);
    }

    static long timeMs(DirectBuffer b, int offset) {
        return b.getLong(offset + TIME_OFFSET, LITTLE_ENDIAN);
    }
}
