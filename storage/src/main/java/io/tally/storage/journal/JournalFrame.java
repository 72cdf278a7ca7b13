package io.tally.storage.journal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Layout of an entry. A Chronicle document (4-byte header word at a multiple of 4) holds up to 4 bytes of zero padding
 * that bring what follows to a multiple of 8 in the file, then, little endian:
 *
 * <pre>
 *  0 crc32c            i32  over everything behind it, XOR the journal's key
 *  4 length            i32  of the whole frame, this header included
 *  8 sequence          i64  dense: one more than that of the entry before, also across files
 * 16 forced sequence   i64  of the last entry known to be durable when this one was written, XOR the journal's key
 * 24 log position      i64  of the entry in the cluster's log, 0 on a single machine
 * 32 time              i64  epoch milliseconds
 * 40 command
 * </pre>
 *
 * <p>The forced sequence lets recovery tell a torn tail, which was never acknowledged, from a damaged entry that was.
 * Under the {@link JournalKey} no client can forge it: what was not written as an entry has a forced sequence that is
 * none, which is seen before a checksum is computed.
 */
final class JournalFrame {
    static final int LENGTH = 40;
    static final int LENGTH_OFFSET = 4;
    static final int SEQUENCE_OFFSET = 8;
    static final int FORCED_SEQUENCE_OFFSET = 16;
    static final int LOG_POSITION_OFFSET = 24;
    static final int TIME_OFFSET = 32;

    /** What an entry takes at most besides its command: header word, padding, frame, padding of the next document. */
    static final int OVERHEAD_MAX = ChronicleFile.WORD_LENGTH + 4 + LENGTH + 4;

    /** What an entry takes at least: header word, frame, a byte of command, padding. */
    static final int SPACE_MIN = ChronicleFile.WORD_LENGTH + LENGTH + 4;

    private JournalFrame() {}

    /** Where the frame of the document at this offset starts. */
    static long start(long documentOffset) {
        return (documentOffset + ChronicleFile.WORD_LENGTH + 7) & ~7L;
    }

    static int start(int documentOffset) {
        return (documentOffset + ChronicleFile.WORD_LENGTH + 7) & ~7;
    }

    /**
     * Length of the frame in the document at this index, if header word and frame agree about it; -1 otherwise. The
     * index must be congruent to the offset in the file modulo 8.
     *
     * @param limit index behind the last readable byte
     */
    static int lengthIfSound(DirectBuffer b, int index, int word, int limit) {
        int contents = ChronicleFile.contentsLength(word);
        int frame = start(index);
        int length = contents - (frame - index - ChronicleFile.WORD_LENGTH);
        if (length <= LENGTH || contents > limit - index - ChronicleFile.WORD_LENGTH) {
            return -1;
        }
        return b.getInt(frame + LENGTH_OFFSET, LITTLE_ENDIAN) == length ? length : -1;
    }

    /** Writes everything but the checksum and the command. */
    static void write(
            MutableDirectBuffer b, int length, long sequence, long forcedSequence, long timeMs, JournalKey key) {
        b.putInt(LENGTH_OFFSET, length, LITTLE_ENDIAN);
        b.putLong(SEQUENCE_OFFSET, sequence, LITTLE_ENDIAN);
        b.putLong(FORCED_SEQUENCE_OFFSET, key.masked(forcedSequence), LITTLE_ENDIAN);
        b.putLong(LOG_POSITION_OFFSET, 0, LITTLE_ENDIAN);
        b.putLong(TIME_OFFSET, timeMs, LITTLE_ENDIAN);
    }

    static int crc(DirectBuffer b, int frame) {
        return b.getInt(frame, LITTLE_ENDIAN);
    }

    static long sequence(DirectBuffer b, int frame) {
        return b.getLong(frame + SEQUENCE_OFFSET, LITTLE_ENDIAN);
    }

    static long forcedSequence(DirectBuffer b, int frame, JournalKey key) {
        return key.masked(b.getLong(frame + FORCED_SEQUENCE_OFFSET, LITTLE_ENDIAN));
    }

    static long timeMs(DirectBuffer b, int frame) {
        return b.getLong(frame + TIME_OFFSET, LITTLE_ENDIAN);
    }
}
