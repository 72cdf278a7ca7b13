package io.tally.perf.jmh;

import io.tally.protocol.Invariant;
import io.tally.storage.journal.JournalMessages;
import io.tally.storage.journal.MappedCursor;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Reading commands of 256 bytes payload in their order, as the engine does, and singly, as a delivery does. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class JournalReadBenchmark {
    private static final int ENTRIES = 1 << 18;

    /** Deliveries are of what came last. */
    private static final int RECENT = 1 << 12;

    private final UnsafeBuffer command = Commands.publish(1, "meter/4711", 1, 256);
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final long[] recent = new long[RECENT];
    private @Nullable TemporaryJournal journal;
    private @Nullable MappedCursor cursor;
    private @Nullable JournalMessages messages;
    private long limit;
    private int next;

    @Setup
    public void open() throws IOException {
        TemporaryJournal opened = new TemporaryJournal();
        for (int i = 0; i < ENTRIES; i++) {
            limit = opened.append(command, 1);
            recent[i & (RECENT - 1)] = limit;
        }
        opened.journal.force();
        journal = opened;
        messages = new JournalMessages(opened.directory, opened.options);
        cursor = new MappedCursor(opened.directory, opened.options, 0, false);
    }

    @TearDown
    public void close() throws IOException {
        Invariant.present(cursor, "it is open").close();
        Invariant.present(messages, "it is open").close();
        Invariant.present(journal, "it is open").close();
    }

    /** The next command; from the first one again behind the last. */
    @Benchmark
    public long next() {
        MappedCursor present = Invariant.present(cursor, "it is open");
        if (!present.next(limit)) {
            TemporaryJournal opened = Invariant.present(journal, "it is open");
            present.close();
            present = new MappedCursor(opened.directory, opened.options, 0, false);
            cursor = present;
        }
        return present.position();
    }

    /** One of the last commands by its position. */
    @Benchmark
    public long message() {
        return Invariant.present(messages, "it is open").read(recent[next++ & (RECENT - 1)], view);
    }
}
