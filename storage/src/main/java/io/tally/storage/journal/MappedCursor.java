package io.tally.storage.journal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.engine.port.Positions;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files through a mapping of its own, one window at a time; the window behind it is unmapped, so resident
 * memory doesn't grow with the journal. Follows the appender of the same process as well as a recovered journal.
 */
public final class MappedCursor implements JournalCursor {
    private final JournalDirectory directory;
    private final JournalOptions options;
    private final FrameChecksum checksum;
    private final boolean verifies;
    private @Nullable JournalWindow window;
    private int file;
    private long nextOffset;
    private long position;
    private long sequence;
    private UnsafeBuffer buffer = new UnsafeBuffer(new byte[0]);
    private int frame;
    private int frameLength;

    /**
     * @param after the first entry read is the one behind this position; 0 begins with the oldest
     * @param verifies whether the checksum of every entry is checked
     */
    public MappedCursor(JournalDirectory directory, JournalOptions options, long after, boolean verifies) {
        this.directory = directory;
        this.options = options;
        this.checksum = new FrameChecksum(directory.key());
        this.verifies = verifies;
        if (after == Positions.NONE) {
            int[] files = directory.list();
            file = files.length == 0 ? 1 : files[0];
            nextOffset = ChronicleFile.FIRST_DATA_OFFSET;
        } else {
            file = Positions.file(after);
            nextOffset = Positions.offset(after);
            skipTo(after);
        }
    }

    private void skipTo(long after) {
        if (!next(after) || position != after) {
            throw new JournalException(
                    "journal has no entry at " + Positions.toString(after) + ", " + directory.file(file));
        }
    }

    @Override
    public boolean next(long limit) {
        while (Positions.of(file, nextOffset) <= limit) {
            JournalWindow current = window(limit);
            int index = (int) (nextOffset - current.start());
            int word = current.buffer().getInt(index, LITTLE_ENDIAN);
            if (ChronicleFile.isData(word)) {
                enter(current, index, word);
                return true;
            }
            if (ChronicleFile.isMeta(word)) {
                nextOffset = ChronicleFile.next(nextOffset, word);
            } else {
                nextFile(limit);
            }
        }
        return false;
    }

    private JournalWindow window(long limit) {
        JournalWindow current = window;
        if (current != null && current.covers(file, nextOffset)) {
            return current;
        }
        unmap();
        current = JournalWindow.map(directory, options, file, nextOffset);
        if (current == null) {
            throw new JournalException("journal file is gone or too short: " + directory.file(file) + " at "
                    + nextOffset + ", wanted up to " + Positions.toString(limit));
        }
        window = current;
        return current;
    }

    private void enter(JournalWindow current, int index, int word) {
        UnsafeBuffer b = current.buffer();
        int length = JournalFrame.lengthIfSound(b, index, word, b.capacity());
        if (length < 0 || (verifies && !checksum.matches(current, JournalFrame.start(index), length))) {
            throw new JournalException("damaged entry in " + directory.file(file) + " at " + nextOffset);
        }
        buffer = b;
        frame = JournalFrame.start(index);
        frameLength = length;
        position = Positions.of(file, nextOffset);
        sequence = JournalFrame.sequence(b, frame);
        nextOffset = ChronicleFile.next(nextOffset, word);
    }

    /** At the end mark, or at the end of a file that got none because the machine stopped. */
    private void nextFile(long limit) {
        if (file >= Positions.file(limit)) {
            throw new JournalException("no entry in " + directory.file(file) + " at " + nextOffset + ", expected up to "
                    + Positions.toString(limit));
        }
        file++;
        nextOffset = ChronicleFile.FIRST_DATA_OFFSET;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public long timeMs() {
        return JournalFrame.timeMs(buffer, frame);
    }

    @Override
    public long sequence() {
        return sequence;
    }

    @Override
    public DirectBuffer buffer() {
        return buffer;
    }

    @Override
    public int offset() {
        return frame + JournalFrame.LENGTH;
    }

    @Override
    public int length() {
        return frameLength - JournalFrame.LENGTH;
    }

    private void unmap() {
        JournalWindow current = window;
        if (current != null) {
            current.unmap();
            window = null;
        }
    }

    @Override
    public void close() {
        unmap();
    }
}
