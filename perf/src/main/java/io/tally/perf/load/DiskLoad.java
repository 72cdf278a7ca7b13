package io.tally.perf.load;

import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Does to a disk what the best possible broker had to do: one thread writes all messages that are due behind each other
 * into a file that has its blocks, forces them together, and at once begins again. Message {@code n} is due at start +
 * n / rate (open loop). No network, no packets, no other thread.
 */
public final class DiskLoad {
    /** More are never written at once, nor can a message be longer. */
    private static final int GROUP_BYTES_MAX = 1 << 24;

    private static final long FILE_BYTES_MIN = 1 << 24;

    /** What the kernel writes back at a force is as large as the writes were that have filled the file. */
    private static final int ZEROS_BYTES = 4096;

    /** So many times the file must have room, since others use the disk as well. */
    private static final double ROOM_FACTOR = 9 / 8.0;

    private static final double NS_PER_SECOND = 1e9;

    /** A sleep ends up to so much later than it was to. */
    private static final long SPIN_BELOW_NS = 150_000;

    private final double rate;
    private final int entryBytes;
    private final double warmupCount;
    private final double count;

    /**
     * What was measured.
     *
     * @param storage type and name of the file system
     * @param seconds from when the disk had time for the first measured message until the last was forced
     * @param forces how long a force took, in nanoseconds
     * @param messages from when a message was due until it was forced, in nanoseconds
     * @param late for each force, how long the disk had nothing to do although a message was due, in nanoseconds;
     *     short unless the machine did not let the program run
     */
    public record Result(String storage, double seconds, Histogram forces, Histogram messages, Histogram late) {}

    /**
     * Throws IllegalArgumentException with a message for a person.
     *
     * @param rate messages per second
     * @param entryBytes what each takes in the file
     * @param warmup seconds that are not measured
     * @param seconds that are
     */
    public DiskLoad(double rate, int entryBytes, double warmup, double seconds) {
        Workload.require(rate > 0 && rate <= NS_PER_SECOND, "rate", rate);
        Workload.require(entryBytes >= 1 && entryBytes <= GROUP_BYTES_MAX, "size", entryBytes);
        Workload.require(warmup >= 0, "warmup", warmup);
        Workload.require(seconds > 0, "seconds", seconds);
        this.rate = rate;
        this.entryBytes = entryBytes;
        warmupCount = Math.rint(rate * warmup);
        count = warmupCount + Math.max(1, Math.rint(rate * seconds));
    }

    /**
     * Writes and forces until all messages are done, however long the disk takes for them; the file is gone then, also
     * when this fails.
     *
     * @throws IOException also when there is no room, before anything is written
     */
    public Result run(Path directory) throws IOException {
        FileStore store = Files.getFileStore(directory);
        double fileBytes = Math.max(FILE_BYTES_MIN, count * entryBytes);
        long usable = store.getUsableSpace();
        if (usable < fileBytes * ROOM_FACTOR) {
            throw new IOException(String.format(
                    Locale.ROOT, "%,d bytes are left, needed are %,.0f", usable, fileBytes * ROOM_FACTOR));
        }
        // It keeps its name while it is open: btrfs does not log a file without one when it is forced.
        Path file = Files.createTempFile(directory, "tally-bench-", ".disk");
        file.toFile().deleteOnExit(); // Ctrl-C
        try (FileChannel channel = FileChannel.open(file, WRITE)) {
            fill(channel, (long) fileBytes);
            return measure(channel, store.type() + " on " + store.name());
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static void fill(FileChannel channel, long fileBytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS_BYTES);
        for (long at = 0; at < fileBytes; at += ZEROS_BYTES) {
            write(channel, zeros.clear(), at);
        }
        channel.force(true);
    }

    private Result measure(FileChannel channel, String storage) throws IOException {
        Histogram forces = Latencies.newHistogram();
        Histogram messages = Latencies.newHistogram();
        Histogram late = Latencies.newHistogram();
        ByteBuffer entries = entries();
        long first = (long) warmupCount;
        long beginNs = 0;
        long doneNs = System.nanoTime();
        Schedule schedule = new Schedule(1, rate);
        schedule.start(doneNs);
        for (long done = 0; done < (long) count; ) {
            long due = awaitDue(schedule, done);
            long end = Math.min(due, done + GROUP_BYTES_MAX / entryBytes);
            if (done <= first && end > first) {
                beginNs = Math.max(doneNs, schedule.dueNs(0, first, doneNs)); // what the warm-up left is not measured
            }
            long lateNs = System.nanoTime() - Math.max(doneNs, schedule.dueNs(0, done, doneNs));
            write(channel, entries.clear().limit((int) (end - done) * entryBytes), done * entryBytes);
            long forceNs = System.nanoTime();
            channel.force(false);
            doneNs = System.nanoTime();
            if (end > first) {
                record(forces, doneNs - forceNs);
                record(late, lateNs);
            }
            for (long message = Math.max(done, first); message < end; message++) {
                record(messages, doneNs - schedule.dueNs(0, message, doneNs));
            }
            done = end;
        }
        return new Result(storage, (doneNs - beginNs) / NS_PER_SECOND, forces, messages, late);
    }

    /** Random, since a disk may know zeros, and the same again. */
    private static ByteBuffer entries() {
        byte[] bytes = new byte[GROUP_BYTES_MAX];
        new SplittableRandom(1).nextBytes(bytes);
        return ByteBuffer.allocateDirect(GROUP_BYTES_MAX).put(bytes);
    }

    /** Returns how many messages are due, more than those that are done. */
    private long awaitDue(Schedule schedule, long done) {
        schedule.advance(System.nanoTime());
        while (schedule.dueOf(0) <= done) {
            long leftNs = schedule.nextNs() - System.nanoTime();
            if (leftNs > SPIN_BELOW_NS) {
                LockSupport.parkNanos(leftNs - SPIN_BELOW_NS);
            } else {
                Thread.onSpinWait();
            }
            schedule.advance(System.nanoTime());
        }
        return Math.min(schedule.dueOf(0), (long) count);
    }

    private static void write(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        for (long at = position; bytes.hasRemaining(); ) {
            at += channel.write(bytes, at);
        }
    }

    private static void record(Histogram histogram, long ns) {
        histogram.recordValue(Math.min(Math.max(ns, 0), Latencies.LATENCY_NS_MAX));
    }
}
