package io.tally.ops.log;

import io.tally.ops.config.LogConfig;
import io.tally.ops.config.LogType;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue and the daemon thread that empties it into the destinations. A full queue (a pipe that nobody
 * reads, a disk that hangs) drops lines and says later how many; a destination that fails is tried again later.
 */
final class LogWriter {
    private static final int QUEUE_MAX = 4096;
    private static final int LINE_CHARS_MAX = 8192;
    private static final long STOP_WAIT_MS = 1000;

    private record Entry(
            long timeMs,
            LogType type,
            String line,
            @Nullable CountDownLatch written) {}

    private final ArrayBlockingQueue<Entry> queue = new ArrayBlockingQueue<>(QUEUE_MAX);
    private final AtomicLong droppedLines = new AtomicLong();
    private final boolean timestamped;
    private final List<PrintStream> streams = new ArrayList<>();
    private final @Nullable LogFile file;
    private final Thread thread;
    private volatile boolean stopped;

    private LogWriter(LogConfig config) {
        timestamped = config.timestamped();
        if (config.toStdout()) {
            streams.add(System.out);
        }
        if (config.toStderr()) {
            streams.add(System.err);
        }
        Path path = config.file();
        file = path == null ? null : new LogFile(path, System::nanoTime);
        thread = new Thread(this::run, "tally-log");
        thread.setDaemon(true);
    }

    static LogWriter start(LogConfig config) {
        LogWriter writer = new LogWriter(config);
        writer.thread.start();
        return writer;
    }

    /** Never waits; a line that finds no room is counted. */
    void offer(LogType type, String line) {
        String cut = line.length() <= LINE_CHARS_MAX ? line : line.substring(0, LINE_CHARS_MAX) + "…";
        if (!queue.offer(new Entry(System.currentTimeMillis(), type, cut, null))) {
            droppedLines.incrementAndGet();
        }
    }

    /** Waits until the lines offered so far are written, a second at most. */
    void flush() {
        CountDownLatch written = new CountDownLatch(1);
        try {
            if (queue.offer(new Entry(0, LogType.DEBUG, "", written), STOP_WAIT_MS, TimeUnit.MILLISECONDS)) {
                written.await(STOP_WAIT_MS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes what is queued and ends. */
    void stop() {
        stopped = true;
        flush();
    }

    private void run() {
        List<Entry> batch = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        while (!stopped || !queue.isEmpty()) {
            try {
                batch.add(queue.take());
            } catch (InterruptedException e) {
                return;
            }
            queue.drainTo(batch);
            batch.forEach(entry -> append(entry, text));
            long dropped = droppedLines.getAndSet(0);
            if (dropped > 0) {
                String line = dropped + " log lines dropped: the log is written too slowly";
                append(new Entry(System.currentTimeMillis(), LogType.WARNING, line, null), text);
            }
            write(text);
            for (Entry entry : batch) {
                if (entry.written != null) {
                    entry.written.countDown();
                }
            }
            batch.clear();
            text.setLength(0);
        }
        if (file != null) {
            file.close();
        }
    }

    private void append(Entry entry, StringBuilder text) {
        if (entry.written != null) {
            return;
        }
        if (timestamped) {
            String time = Instant.ofEpochMilli(entry.timeMs)
                    .truncatedTo(ChronoUnit.MILLIS)
                    .toString();
            text.append(time.length() == 20 ? time.substring(0, 19) + ".000Z" : time)
                    .append(' ');
        }
        text.append(entry.type.name().toLowerCase(Locale.ROOT))
                .append(": ")
                .append(entry.line)
                .append('\n');
    }

    private void write(StringBuilder text) {
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        for (PrintStream stream : streams) {
            stream.write(bytes, 0, bytes.length);
            stream.flush();
        }
        if (file != null) {
            file.write(bytes);
        }
    }
}
