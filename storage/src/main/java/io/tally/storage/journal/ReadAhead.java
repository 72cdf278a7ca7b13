package io.tally.storage.journal;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings parts of the journal from the disk into the page cache before somebody comes to them who must not wait for the
 * disk: a thread that reads a backlog serves everybody else, too. Used by any thread; the work is done by one thread of
 * its own. What it does not get done in time is read by who needs it.
 */
public final class ReadAhead implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReadAhead.class);

    /** When there is more to do than this, the oldest is no longer worth it. */
    private static final int WAITING_MAX = 4;

    /** What is read at once: well below a tenth of a millisecond, should others share the processor. */
    private static final int STEP_BYTES = 128 << 10;

    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(100);

    private final JournalDirectory directory;
    private final JournalOptions options;
    private final ThreadPoolExecutor background = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            ReadAhead::newThread,
            new ThreadPoolExecutor.DiscardOldestPolicy());

    public ReadAhead(JournalDirectory directory, JournalOptions options) {
        this.directory = directory;
        this.options = options;
        background.prestartCoreThread(); // else it would run on the CPU of who needs it first
    }

    private static Thread newThread(Runnable work) {
        Thread thread = new Thread(work, "journal-reads");
        thread.setDaemon(true);
        return thread;
    }

    /** Somebody will soon need the window that begins there, or the first one of the next file where this one ends. */
    void load(int file, long offset) {
        background.execute(() -> {
            try {
                read(file, offset);
            } catch (Exception | InternalError e) {
                // InternalError: it was deleted meanwhile, and for that cut short, or the disk cannot read it.
                LOG.debug("not read ahead: file {} from {}", file, offset, e);
            }
        });
    }

    private void read(int file, long offset) {
        boolean isEnded = offset >= options.fileBytes(); // what is behind that belongs to Chronicle
        JournalWindow window = isEnded ? null : JournalWindow.map(directory, options, file, offset);
        if (window == null) {
            window = JournalWindow.map(directory, options, file + 1, 0);
        }
        if (window == null) {
            return;
        }
        try {
            load(window);
        } finally {
            window.unmap();
        }
    }

    /**
     * Step by step, each of them one request to the disk: with plain reads the kernel would ask for far more at once,
     * and the next force of the journal would have to wait for all of it.
     */
    private static void load(JournalWindow window) {
        int length = (int) (window.end() - window.start());
        if (window.bytes().slice(0, length).isLoaded()) {
            return;
        }
        for (int at = 0; at < length && !Thread.currentThread().isInterrupted(); at += STEP_BYTES) {
            window.bytes().slice(at, Math.min(STEP_BYTES, length - at)).load();
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    /** Ends what is being read. */
    @Override
    public void close() {
        background.shutdownNow();
    }
}
