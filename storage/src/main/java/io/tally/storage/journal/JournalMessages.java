package io.tally.storage.journal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Positions;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads single commands by position, anywhere in the journal. Keeps the windows used last mapped, a few only, so that
 * resident memory stays flat under any backlog. Allocates nothing while it stays within them.
 */
public final class JournalMessages implements MessageReader, AutoCloseable {
    private static final int WINDOWS = 8;

    private final JournalDirectory directory;
    private final JournalOptions options;
    // Used last first.
    private final @Nullable JournalWindow[] windows = new JournalWindow[WINDOWS];

    public JournalMessages(JournalDirectory directory, JournalOptions options) {
        this.directory = directory;
        this.options = options;
    }

    /** The position must be a released one. Its checksum was checked when the journal was recovered. */
    @Override
    public long read(long position, UnsafeBuffer view) {
        long offset = Positions.offset(position);
        JournalWindow window = window(Positions.file(position), offset);
        if (window == null) {
            return -1;
        }
        UnsafeBuffer buffer = window.buffer();
        int index = (int) (offset - window.start());
        int word = buffer.getInt(index, LITTLE_ENDIAN);
        int length =
                ChronicleFile.isData(word) ? JournalFrame.lengthIfSound(buffer, index, word, buffer.capacity()) : -1;
        if (length < 0) {
            throw new JournalException("no entry in " + directory.file(Positions.file(position)) + " at " + offset);
        }
        int frame = JournalFrame.start(index);
        view.wrap(buffer, frame + JournalFrame.LENGTH, length - JournalFrame.LENGTH);
        return JournalFrame.timeMs(buffer, frame);
    }

    private @Nullable JournalWindow window(int file, long offset) {
        JournalWindow first = windows[0];
        if (first != null && first.covers(file, offset)) {
            return first;
        }
        for (int i = 1; i < WINDOWS; i++) {
            JournalWindow window = windows[i];
            if (window != null && window.covers(file, offset)) {
                System.arraycopy(windows, 0, windows, 1, i);
                windows[0] = window;
                return window;
            }
        }
        return map(file, offset);
    }

    private @Nullable JournalWindow map(int file, long offset) {
        JournalWindow window = JournalWindow.map(directory, options, file, offset);
        if (window == null) {
            return null;
        }
        JournalWindow last = windows[WINDOWS - 1];
        if (last != null) {
            last.unmap();
        }
        System.arraycopy(windows, 0, windows, 1, WINDOWS - 1);
        windows[0] = window;
        return window;
    }

    /** Lets go of a file that is about to be deleted; views into it become invalid. */
    public void release(int file) {
        int kept = 0;
        for (int i = 0; i < WINDOWS; i++) {
            JournalWindow window = windows[i];
            windows[i] = null;
            if (window != null && window.file() == file) {
                window.unmap();
            } else if (window != null) {
                windows[kept++] = window;
            }
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < WINDOWS; i++) {
            JournalWindow window = windows[i];
            windows[i] = null;
            if (window != null) {
                window.unmap();
            }
        }
    }
}
