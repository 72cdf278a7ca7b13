package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reserves and enters the next file in the background, and deletes old ones. Owned by the thread that appends; the
 * work is done by one thread of its own.
 *
 * <p>A new file is written in steps, with pauses between them, so that the forces of the journal find the disk free;
 * without pauses once the current file is filled as fast, or when somebody waits. An old one goes in steps, too.
 *
 * <p>No room is not a failure: nothing acknowledged is in the file. It is tried again about once a second, when asked.
 */
final class FilePreparer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FilePreparer.class);
    private static final long RETRY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long CLOSE_SECONDS_MAX = 30;

    /** What is written in one step: a fraction of a millisecond, should the journal share the processor. */
    static final int STEP_BYTES = 1 << 18;

    /** What the state store is left at least, beside files that are not smaller. */
    private static final long STATE_BYTES = 8 << 20;

    /** What is forced at once at most: about a millisecond of a disk's time. */
    private static final int FORCE_BYTES = 1 << 20;

    /** What a file that is deleted gives back in one step. */
    static final int SHRINK_BYTES = 1 << 20;

    /** Pauses are so many times as long as the steps before them. */
    private static final int PAUSE_FACTOR = 9;

    private static final long PAUSE_NS_MAX = TimeUnit.MILLISECONDS.toNanos(100);

    /** The new file keeps ahead of the current one by this factor, so it is ready when that is half full. */
    private static final int LEAD_FACTOR = 2;

    private final JournalDirectory directory;
    private final long fileBytes;
    private final LongConsumer pause;
    private final AtomicLong currentBytes = new AtomicLong();
    private final ScheduledExecutorService background =
            Executors.newSingleThreadScheduledExecutor(FilePreparer::newThread);
    /** Deleted files that still have bytes; owned by the background thread. */
    private final List<FileChannel> going = new ArrayList<>();

    private volatile boolean closing;
    /** Nothing is appended, so nothing of the journal is forced, until the file is ready. */
    private volatile boolean isAwaited;

    private int file;
    private @Nullable Future<@Nullable String> running;
    /** Entered by the background thread, which leaves it to the owner when its work is done. */
    private volatile @Nullable FileAppender entered;

    private boolean ready;
    private long failedNs;
    private @Nullable String problem;

    FilePreparer(JournalDirectory directory, long fileBytes) {
        this(directory, fileBytes, LockSupport::parkNanos);
    }

    /** With another way to wait for some nanoseconds. */
    FilePreparer(JournalDirectory directory, long fileBytes, LongConsumer pause) {
        this.directory = directory;
        this.fileBytes = fileBytes;
        this.pause = pause;
    }

    private static Thread newThread(Runnable work) {
        Thread thread = new Thread(work, "journal-files");
        thread.setDaemon(true);
        return thread;
    }

    /** Begins to prepare this file; it is the only one until it is ready. */
    void prepare(int file) {
        prepare(file, 0);
    }

    /** As {@link #prepare}, for somebody who has no file before that one: without pauses. */
    void prepareAtOnce(int file) {
        prepare(file, fileBytes);
    }

    private void prepare(int file, long usedBytes) {
        this.file = file;
        isAwaited = usedBytes == fileBytes; // the first one
        ready = false;
        problem = null;
        currentBytes.set(usedBytes);
        submit();
    }

    /** Tells how much of the current file is used: the next one must be ready in time. */
    void onUsed(long bytes) {
        if (!ready) {
            currentBytes.lazySet(bytes);
        }
    }

    private void submit() {
        int number = file;
        running = background.submit(() -> reserve(number));
    }

    /** Whether the file is not known to be ready. Starts a retry that is due. */
    boolean isDoubtful() {
        collect(false);
        retryIfDue();
        return !ready;
    }

    /**
     * Whether the file is ready. Waits for the first attempt; after it has failed, for nothing: retries, which this
     * starts when they are due, end when they end.
     */
    boolean awaitReady() {
        currentBytes.set(fileBytes);
        isAwaited = problem == null;
        collect(isAwaited);
        retryIfDue();
        return ready;
    }

    /** The file that is ready, as {@link JournalDirectory#precreated}. */
    FileAppender take() {
        FileAppender taken = Objects.requireNonNull(entered);
        entered = null;
        return taken;
    }

    /** Why the file could not be had at the last attempt; null while nothing is known against it. */
    @Nullable
    String problem() {
        return problem;
    }

    private void retryIfDue() {
        if (!ready && running == null && System.nanoTime() - failedNs >= RETRY_NS) {
            submit();
        }
    }

    private void collect(boolean wait) {
        Future<@Nullable String> work = running;
        if (work == null || !(wait || work.isDone())) {
            return;
        }
        String outcome = outcomeOf(work);
        running = null;
        ready = outcome == null;
        failedNs = System.nanoTime();
        isAwaited = false;
        if (outcome == null && problem != null) {
            LOG.info("journal has room again: {} is ready", directory.precreated(file));
        } else if (outcome != null && problem == null) {
            LOG.warn("journal cannot get its next file, will try again every second: {}", outcome);
        }
        problem = outcome;
    }

    private static @Nullable String outcomeOf(Future<@Nullable String> work) {
        try {
            return work.get();
        } catch (ExecutionException e) {
            throw new JournalException("preparing the next journal file failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            throw new JournalException("interrupted while waiting for the next journal file", e);
        }
    }

    // From here on: the background thread.

    private @Nullable String reserve(int number) {
        Path temporary = directory.temporary(number);
        try {
            String lack = lackOfRoom(temporary);
            if (lack != null || !fill(temporary)) {
                return lack;
            }
        } catch (IOException e) {
            discard(temporary);
            return temporary + ": " + e;
        }
        try {
            enter(number, temporary);
            return null;
        } catch (IOException e) {
            return temporary + ": " + e;
        }
    }

    /** What has been reserved stays reserved when this fails. */
    private void enter(int number, Path temporary) throws IOException {
        FileAppender opened = FileAppender.begin(directory, fileBytes, number);
        try {
            force(temporary);
            Files.move(temporary, directory.precreated(number), StandardCopyOption.ATOMIC_MOVE);
            directory.force();
            entered = opened;
        } catch (IOException e) {
            opened.close();
            throw e;
        }
    }

    /** Asked first, so that the state store has room beside the next file: files go only when it has been written. */
    private @Nullable String lackOfRoom(Path temporary) throws IOException {
        long present = Files.exists(temporary) ? Files.size(temporary) : 0;
        long needed = present >= fileBytes ? 0 : fileBytes - present + roomForState();
        long usable = usableBytes();
        if (usable < needed && !going.isEmpty()) {
            for (FileChannel channel : going) {
                letGo(channel);
            }
            going.clear();
            usable = usableBytes();
        }
        return usable >= needed ? null : directory.path() + " has " + usable + " bytes left, needed are " + needed;
    }

    private long roomForState() {
        return Math.max(fileBytes / 8, Math.min(fileBytes, STATE_BYTES));
    }

    private long usableBytes() throws IOException {
        return Files.getFileStore(directory.path()).getUsableSpace();
    }

    private boolean fill(Path temporary) throws IOException {
        try (FileChannel channel = FileChannel.open(temporary, CREATE, WRITE)) {
            for (long at = 0; at < fileBytes; at += STEP_BYTES) {
                long startNs = System.nanoTime();
                long end = Math.min(at + STEP_BYTES, fileBytes);
                int writeBytes = isAhead(end) ? FileSpace.PAGE_BYTES : FileSpace.PART_BYTES;
                if (!FileSpace.zero(channel, at, end, writeBytes, () -> closing)) {
                    return false;
                }
                boolean isAhead = isAhead(end);
                if (isAhead || (end % FORCE_BYTES == 0 && !isAwaited)) {
                    channel.force(false);
                }
                if (isAhead && end < fileBytes) {
                    pause.accept(Math.min((System.nanoTime() - startNs) * PAUSE_FACTOR, PAUSE_NS_MAX));
                }
            }
            channel.truncate(fileBytes);
            channel.force(true);
            return true;
        }
    }

    private boolean isAhead(long writtenBytes) {
        return writtenBytes > currentBytes.get() * LEAD_FACTOR;
    }

    private static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, WRITE)) {
            channel.force(true);
        }
    }

    private static void discard(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            LOG.warn("cannot delete {}: {}", temporary, e.toString());
        }
    }

    /**
     * Deletes a file that nobody reads any more. If that fails it stays until the next start, which finds it again. Any
     * thread.
     */
    void delete(int number) {
        background.execute(() -> {
            Path path = directory.file(number);
            try {
                if (isLinkedElsewhere(path)) {
                    Files.delete(path);
                    return;
                }
                FileChannel channel = FileChannel.open(path, WRITE);
                Files.delete(path);
                going.add(channel);
                shrink(channel);
            } catch (IOException | RuntimeException e) {
                LOG.error("cannot delete {}: {}", path, e.toString());
            }
        });
    }

    /** What another name stands for, a backup's perhaps, keeps its bytes. */
    private static boolean isLinkedElsewhere(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:nlink") > 1;
    }

    /**
     * Steps with pauses: the kernel needs 20 ms for a whole file, in which nobody else had this processor. Without
     * pauses once files are deleted faster than that.
     */
    @SuppressWarnings("FutureReturnValueIgnored")
    private void shrink(FileChannel channel) {
        if (!going.contains(channel)) {
            return;
        }
        long startNs = System.nanoTime();
        try {
            long left = closing ? 0 : channel.size() - SHRINK_BYTES;
            if (left > 0) {
                channel.truncate(left);
                long pauseNs = Math.min((System.nanoTime() - startNs) * PAUSE_FACTOR, PAUSE_NS_MAX);
                background.schedule(() -> shrink(channel), going.size() > 1 ? 0 : pauseNs, TimeUnit.NANOSECONDS);
                return;
            }
        } catch (IOException | RejectedExecutionException e) {
            LOG.debug("a deleted journal file goes at once: {}", e.toString());
        }
        going.remove(channel);
        letGo(channel);
    }

    private static void letGo(FileChannel channel) {
        try (channel) {
            channel.truncate(0);
        } catch (IOException e) {
            LOG.warn("the bytes of a deleted journal file stay until the end of the process: {}", e.toString());
        }
    }

    /** Closes a file that is ended; done before the next one is entered that is prepared from now on. */
    void close(FileAppender ended) {
        background.execute(() -> {
            try {
                ended.close();
            } catch (RuntimeException e) {
                LOG.warn("cannot close {}: {}", directory.file(ended.file()), e.toString());
            }
        });
    }

    /** Ends the background work; what was begun for the next file is dropped. */
    @Override
    public void close() {
        closing = true;
        background.shutdown();
        try {
            if (!background.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new JournalException("preparing " + directory.temporary(file) + " does not end");
            }
        } catch (InterruptedException e) {
            throw new JournalException("interrupted while closing the journal", e);
        }
        FileAppender unused = entered;
        if (unused != null) {
            unused.close();
        }
    }
}
