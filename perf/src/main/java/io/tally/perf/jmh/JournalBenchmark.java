package io.tally.perf.jmh;

import io.tally.protocol.Invariant;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Appending a QoS 1 PUBLISH of 256 bytes, changes of file included; and forcing after as many as given. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class JournalBenchmark {
    private static final int BATCH = 256;

    private final UnsafeBuffer command = Commands.publish(1, "meter/4711", 1, 256);
    private @Nullable TemporaryJournal opened;

    @Setup
    public void open() throws IOException {
        opened = new TemporaryJournal();
    }

    @TearDown
    public void close() throws IOException {
        journal().close();
    }

    private TemporaryJournal journal() {
        return Invariant.present(opened, "the journal is open");
    }

    /** One command. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long append() {
        TemporaryJournal journal = journal();
        journal.deleteOld();
        return journal.append(command, BATCH);
    }

    /** How many commands share a force. */
    @State(Scope.Thread)
    public static class Group {
        @Param({"1", "64", "1024"})
        public int commands;
    }

    /** A whole group with its force. */
    @Benchmark
    public long appendGroupAndForce(Group group) {
        TemporaryJournal journal = journal();
        journal.deleteOld();
        journal.append(command, group.commands);
        return journal.journal.force();
    }
}
