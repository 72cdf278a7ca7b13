package io.tally.storage.journal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the valid entries of one file from an offset on, trusting nothing but checksums and the dense sequence: not
 * Chronicle's header, index or write position, and no length that isn't confirmed twice.
 */
final class FileScan implements AutoCloseable {
    private static final int READ_BYTES = 64 << 10;

    private final JournalDirectory directory;
    private final JournalOptions options;
    private final int file;
    private final FrameChecksum checksum;
    private @Nullable JournalWindow window;
    private long entries;
    private long firstSequence;
    private long lastOffset;
    private long lastSequence;
    private long lastTimeMs;
    private long lastForcedSequence = -1;
    private long unprovenOffset;
    private long end;
    private long dirtyEnd;
    private boolean hasEndMark;

    FileScan(JournalDirectory directory, JournalOptions options, int file) {
        this.directory = directory;
        this.options = options;
        this.file = file;
        this.checksum = new FrameChecksum(directory.key());
    }

    /** Whether the file begins as Chronicle leaves a file that it has finished creating. */
    boolean hasHeader() {
        return intAt(0) == ChronicleFile.HEADER_WORD
                && longAt(ChronicleFile.ROOT_INDEX_POINTER_OFFSET) == ChronicleFile.ROOT_INDEX_OFFSET
                && isIndex(ChronicleFile.ROOT_INDEX_OFFSET)
                && isIndex(ChronicleFile.SECOND_INDEX_OFFSET);
    }

    /** Whether the file never held an entry: all behind the place of the header and the first indexes is zero. */
    boolean isUnused() {
        return !hasHeader() && lastNonZero(ChronicleFile.FIRST_DATA_OFFSET) == ChronicleFile.FIRST_DATA_OFFSET;
    }

    /**
     * Goes from entry to entry until there is none that is valid.
     *
     * @param from offset of a document
     * @param sequence number that the first entry must have, 0 for any
     */
    void run(long from, long sequence) {
        long offset = from;
        long expected = sequence;
        while (true) {
            int word = intAt(offset);
            if (ChronicleFile.isData(word)) {
                if (!takeEntry(offset, word, expected)) {
                    break;
                }
                expected = lastSequence + 1;
            } else if (!ChronicleFile.isMeta(word) || !isIndex(offset)) {
                hasEndMark = word == ChronicleFile.WORD_END;
                break;
            }
            offset = ChronicleFile.next(offset, word);
        }
        end = offset;
        dirtyEnd = hasEndMark ? end : lastNonZero(end);
    }

    private boolean takeEntry(long offset, int word, long expected) {
        JournalWindow current = windowAt(offset);
        int index = indexIn(current, offset);
        if (current == null || !isSound(current, index, word)) {
            return false;
        }
        UnsafeBuffer buffer = current.buffer();
        int frame = JournalFrame.start(index);
        long sequence = JournalFrame.sequence(buffer, frame);
        if (entries == 0) {
            firstSequence = sequence;
        }
        if (expected != 0 && sequence != expected) {
            return false;
        }
        entries++;
        lastOffset = offset;
        lastSequence = sequence;
        lastTimeMs = JournalFrame.timeMs(buffer, frame);
        long forcedSequence = JournalFrame.forcedSequence(buffer, frame, directory.key());
        if (forcedSequence != lastForcedSequence) {
            lastForcedSequence = forcedSequence;
            unprovenOffset = offset;
        }
        return true;
    }

    private boolean isSound(JournalWindow current, int index, int word) {
        UnsafeBuffer buffer = current.buffer();
        int length = JournalFrame.lengthIfSound(buffer, index, word, buffer.capacity());
        return length >= 0 && checksum.matches(current, JournalFrame.start(index), length);
    }

    /** Whether a whole index document is at this offset. */
    boolean isIndex(long offset) {
        long slots = ChronicleFile.slots(offset, offset == ChronicleFile.ROOT_INDEX_OFFSET);
        long length = slots + ChronicleFile.INDEX_SLOTS * Long.BYTES - offset - ChronicleFile.WORD_LENGTH;
        int word = intAt(offset);
        return ChronicleFile.isMeta(word)
                && ChronicleFile.contentsLength(word) == length
                && longAt(slots - ChronicleFile.SLOTS_HEADER_LENGTH) == ChronicleFile.INDEX_SLOTS;
    }

    /**
     * Offset behind the last byte that isn't zero, {@code from} if all are. Not through the mapping: on a full tmpfs
     * that can't be read where the file has a hole, as it has behind the part that we reserve.
     */
    private long lastNonZero(long from) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(READ_BYTES).order(LITTLE_ENDIAN);
        Path path = directory.file(file);
        try (FileChannel channel = FileChannel.open(path, READ)) {
            long last = from;
            long at = from;
            while (channel.read(bytes.clear(), at) > 0) {
                int nonZero = lastNonZero(bytes.flip());
                if (nonZero > 0) {
                    last = at + nonZero;
                }
                at += bytes.limit();
            }
            return last;
        } catch (IOException e) {
            throw new JournalException("cannot read " + path + ": " + e, e);
        }
    }

    /** Index behind the last byte of the buffer that isn't zero, 0 if all are. */
    private static int lastNonZero(ByteBuffer bytes) {
        int i = bytes.limit();
        while (i >= Long.BYTES && bytes.getLong(i - Long.BYTES) == 0) {
            i -= Long.BYTES;
        }
        while (i > 0 && bytes.get(i - 1) == 0) {
            i--;
        }
        return i;
    }

    /**
     * Offset of an entry behind the end that proves that something lost here had been forced; -1 when there is none.
     *
     * <p>It may be anywhere, so every offset is looked at; and at each of them what a client has sent may look like the
     * beginning of a long entry. So a checksum is computed only where the numbers are those of a proof.
     *
     * @param lastValid number of the last valid entry of the journal
     * @param sequenceMax no entry that may be there has a higher number
     */
    long provenLoss(long lastValid, long sequenceMax) {
        for (long offset = end; offset < dirtyEnd; offset += ChronicleFile.WORD_LENGTH) {
            int word = intAt(offset);
            if (ChronicleFile.isData(word) && provesLoss(offset, word, lastValid, sequenceMax)) {
                return offset;
            }
        }
        return -1;
    }

    private boolean provesLoss(long offset, int word, long lastValid, long sequenceMax) {
        JournalWindow current = windowAt(offset);
        if (current == null) {
            return false;
        }
        UnsafeBuffer buffer = current.buffer();
        int index = indexIn(current, offset);
        int length = JournalFrame.lengthIfSound(buffer, index, word, buffer.capacity());
        if (length < 0) {
            return false;
        }
        int frame = JournalFrame.start(index);
        long sequence = JournalFrame.sequence(buffer, frame);
        long forcedSequence = JournalFrame.forcedSequence(buffer, frame, directory.key());
        return forcedSequence > lastValid
                && forcedSequence < sequence
                && sequence <= sequenceMax
                && checksum.matches(current, frame, length);
    }

    /**
     * Whether the file begins with two entries that are whole, both written under one other key. No client can make it
     * look so: in the first file of all the first entry is forced before anyone connects.
     */
    boolean beginsUnderAnotherKey() {
        long first = ChronicleFile.FIRST_DATA_OFFSET;
        OptionalInt mask = entries == 0 ? maskAt(first) : OptionalInt.empty();
        return mask.isPresent() && mask.equals(maskAt(ChronicleFile.next(first, intAt(first))));
    }

    private OptionalInt maskAt(long offset) {
        int word = intAt(offset);
        JournalWindow current = windowAt(offset);
        if (current == null || !ChronicleFile.isData(word)) {
            return OptionalInt.empty();
        }
        UnsafeBuffer buffer = current.buffer();
        int index = indexIn(current, offset);
        int length = JournalFrame.lengthIfSound(buffer, index, word, buffer.capacity());
        return length < 0
                ? OptionalInt.empty()
                : OptionalInt.of(checksum.mask(current, JournalFrame.start(index), length));
    }

    /** Number of the first entry of the whole file, wherever the scan began. */
    long sequenceOfFirstEntry() {
        return longAt(JournalFrame.start((long) ChronicleFile.FIRST_DATA_OFFSET) + JournalFrame.SEQUENCE_OFFSET);
    }

    int intAt(long offset) {
        JournalWindow current = windowAt(offset);
        if (current == null
                || indexIn(current, offset) + Integer.BYTES > current.buffer().capacity()) {
            return 0;
        }
        return current.buffer().getInt(indexIn(current, offset), LITTLE_ENDIAN);
    }

    long longAt(long offset) {
        JournalWindow current = windowAt(offset);
        if (current == null
                || indexIn(current, offset) + Long.BYTES > current.buffer().capacity()) {
            return 0;
        }
        return current.buffer().getLong(indexIn(current, offset), LITTLE_ENDIAN);
    }

    private @Nullable JournalWindow windowAt(long offset) {
        JournalWindow current = window;
        if (current != null && current.covers(file, offset)) {
            return current;
        }
        close();
        window = JournalWindow.map(directory, options, file, offset);
        return window;
    }

    private static int indexIn(@Nullable JournalWindow current, long offset) {
        return current == null ? 0 : (int) (offset - current.start());
    }

    int file() {
        return file;
    }

    /** Valid entries from where the scan began. */
    long entries() {
        return entries;
    }

    /** Number of the first entry that was met, valid or out of order; 0 when there was none. */
    long firstSequence() {
        return firstSequence;
    }

    /** Of the last valid entry; 0 when there is none. */
    long lastOffset() {
        return lastOffset;
    }

    long lastSequence() {
        return lastSequence;
    }

    long lastTimeMs() {
        return lastTimeMs;
    }

    /**
     * Of the first entry that no later one proves to be durable; 0 when there is no entry. It is the first that was
     * written after the last force of which an entry knows.
     */
    long unprovenOffset() {
        return unprovenOffset;
    }

    /** Offset behind the last valid document. */
    long end() {
        return end;
    }

    /** Whether the file has been ended. */
    boolean hasEndMark() {
        return hasEndMark;
    }

    /** Offset behind the last byte that isn't zero; {@link #end} when nothing is left behind. */
    long dirtyEnd() {
        return dirtyEnd;
    }

    /**
     * Whether all that is left behind the end is one entry, however long the limit was that it was written under, whose
     * writer was stopped in the middle.
     */
    boolean hasOnlyUnfinishedEntry() {
        return ChronicleFile.isUnfinished(intAt(end)) && dirtyEnd <= end + JournalOptions.ENTRY_SPACE_LIMIT;
    }

    /** That checksums were computed of so far. */
    long checksummedBytes() {
        return checksum.bytes();
    }

    @Override
    public void close() {
        JournalWindow current = window;
        if (current != null) {
            current.unmap();
            window = null;
        }
    }
}
