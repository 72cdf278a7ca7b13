package io.tally.storage.journal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Positions;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads single commands by position, anywhere in the journal. Keeps a few windows mapped, so that resident memory stays
 * flat under any backlog. Mapping one costs as much as copying twenty single entries or more, so a window is mapped
 * only when many of the last reads outside of the mapped ones were in it. Owned by one thread. Allocates nothing but
 * for windows not yet mapped and files not yet open.
 */
public final class JournalMessages implements MessageReader, AutoCloseable {
    private static final int WINDOWS = 8;

    /** Reads outside of the mapped windows that are remembered, and how many of them make a window worth mapping. */
    private static final int MISSES_REMEMBERED = 256;

    private static final int MISSES_TO_MAP = 32;

    private final JournalDirectory directory;
    private final JournalOptions options;
    private final @Nullable ReadAhead readAhead;
    // Used last first.
    private final @Nullable JournalWindow[] windows = new JournalWindow[WINDOWS];
    private final SingleReads singleReads;
    // Positions at which the windows begin.
    private final long[] misses = new long[MISSES_REMEMBERED];
    private int nextMiss;

    public JournalMessages(JournalDirectory directory, JournalOptions options) {
        this(directory, options, null);
    }

    /** @param readAhead brings in what comes next when windows are read one after the other */
    public JournalMessages(JournalDirectory directory, JournalOptions options, @Nullable ReadAhead readAhead) {
        this.directory = directory;
        this.options = options;
        this.readAhead = readAhead;
        this.singleReads = new SingleReads(directory);
    }

    /** The position must be a released one. Its checksum was checked when the journal was recovered. */
    @Override
    public long read(long position, UnsafeBuffer view) {
        int file = Positions.file(position);
        long offset = Positions.offset(position);
        JournalWindow window = mapped(file, offset);
        if (window == null && !isWorthMapping(file, offset)) {
            long timeMs = singleReads.read(file, offset, view);
            if (timeMs != SingleReads.TOO_LONG) {
                return timeMs;
            }
        }
        if (window == null) {
            window = map(file, offset);
        }
        return window == null ? -1 : read(window, offset, view);
    }

    private long read(JournalWindow window, long offset, UnsafeBuffer view) {
        UnsafeBuffer buffer = window.buffer();
        int index = (int) (offset - window.start());
        int word = buffer.getInt(index, LITTLE_ENDIAN);
        int length =
                ChronicleFile.isData(word) ? JournalFrame.lengthIfSound(buffer, index, word, buffer.capacity()) : -1;
        if (length < 0) {
            throw new JournalException("no entry in " + directory.file(window.file()) + " at " + offset);
        }
        int frame = JournalFrame.start(index);
        view.wrap(buffer, frame + JournalFrame.LENGTH, length - JournalFrame.LENGTH);
        return JournalFrame.timeMs(buffer, frame);
    }

    private @Nullable JournalWindow mapped(int file, long offset) {
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
        return null;
    }

    private boolean isWorthMapping(int file, long offset) {
        long window = Positions.of(file, offset - offset % options.windowBytes());
        int count = 1;
        for (long miss : misses) {
            count += miss == window ? 1 : 0;
        }
        misses[nextMiss] = window;
        nextMiss = (nextMiss + 1) % MISSES_REMEMBERED;
        return count >= MISSES_TO_MAP;
    }

    private @Nullable JournalWindow map(int file, long offset) {
        JournalWindow window = JournalWindow.map(directory, options, file, offset);
        if (window == null) {
            return null;
        }
        if (readAhead != null && isNext(window)) {
            readAhead.load(file, window.end());
        }
        JournalWindow last = windows[WINDOWS - 1];
        if (last != null) {
            last.unmap();
        }
        System.arraycopy(windows, 0, windows, 1, WINDOWS - 1);
        windows[0] = window;
        return window;
    }

    /** Whether the window before it is mapped. */
    private boolean isNext(JournalWindow window) {
        for (JournalWindow before : windows) {
            if (before != null
                    && (before.file() == window.file()
                            ? before.end() == window.start()
                            : before.file() == window.file() - 1 && window.start() == 0)) {
                return true;
            }
        }
        return false;
    }

    /** Lets go of a file that is about to be deleted; views into it become invalid. */
    public void release(int file) {
        singleReads.release(file);
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

    /** Lets go of all files; views become invalid. What is read afterwards is opened again. */
    public void release() {
        singleReads.release();
        for (int i = 0; i < WINDOWS; i++) {
            JournalWindow window = windows[i];
            windows[i] = null;
            if (window != null) {
                window.unmap();
            }
        }
    }

    @Override
    public void close() {
        release();
    }
}
