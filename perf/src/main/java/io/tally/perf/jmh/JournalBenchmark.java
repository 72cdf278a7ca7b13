package io.tally.perf.jmh;

import io.tally.protocol.Invariant;
import io.tally.storage.journal.ChronicleJournal;
import io.tally.storage.journal.Journal;
import io.tally.storage.journal.JournalDirectory;
import io.tally.storage.journal.JournalOptions;
import io.tally.storage.journal.JournalRecovery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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

/**
 * Appending a QoS 1 PUBLISH of 256 bytes, changes of file included; and forcing after as many as given. In a directory
 * below the current one, since what a force takes is a matter of the disk.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class JournalBenchmark {
    private static final int BATCH = 256;
    private static final int FILES_MAX = 3;

    private final UnsafeBuffer command = Commands.publish(1, "meter/4711", 1, 256);
    private @Nullable Path path;
    private @Nullable JournalDirectory directory;
    private @Nullable Journal opened;

    @Setup
    public void open() throws IOException {
        path = Files.createTempDirectory(Path.of(""), "jmh-journal-").toAbsolutePath();
        directory = JournalDirectory.open(path);
        JournalOptions options = JournalOptions.DEFAULT;
        opened = ChronicleJournal.open(directory, options, new JournalRecovery(directory, options).recover(0));
    }

    @TearDown
    public void close() throws IOException {
        if (opened == null || directory == null || path == null) {
            return;
        }
        opened.close();
        directory.close();
        List<Path> files;
        try (Stream<Path> walk = Files.walk(path)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    private Journal journal() {
        Journal journal = opened;
        if (journal == null) {
            throw new Invariant.Broken("the journal is open");
        }
        return journal;
    }

    private static void deleteOld(Journal journal) {
        int[] files = journal.files();
        for (int i = 0; i < files.length - FILES_MAX; i++) {
            journal.deleteFile(files[i]);
        }
    }

    private static long append(Journal journal, UnsafeBuffer command, int count) {
        long position = 0;
        for (int i = 0; i < count; i++) {
            position = journal.append(1_000, command, 0, command.capacity());
            Invariant.check(position != Journal.NO_ROOM, "the disk has room");
        }
        return position;
    }

    /** One command. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long append() {
        Journal journal = journal();
        deleteOld(journal);
        return append(journal, command, BATCH);
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
        Journal journal = journal();
        deleteOld(journal);
        append(journal, command, group.commands);
        return journal.force();
    }
}
