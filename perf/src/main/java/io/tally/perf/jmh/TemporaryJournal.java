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
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A journal in a directory below the current one, or below that which {@link #DIRECTORY} names: what it takes is a
 * matter of the disk. Gone when closed.
 */
final class TemporaryJournal implements AutoCloseable {
    /** System property. */
    static final String DIRECTORY = "tally.jmh.dir";

    private static final int FILES_MAX = 3;

    final JournalOptions options = JournalOptions.DEFAULT;
    final JournalDirectory directory;
    final Journal journal;
    private final Path path;

    TemporaryJournal() throws IOException {
        path = Files.createTempDirectory(Path.of(System.getProperty(DIRECTORY, "")), "jmh-journal-")
                .toAbsolutePath();
        directory = JournalDirectory.open(path);
        journal = ChronicleJournal.open(directory, options, new JournalRecovery(directory, options).recover(0));
    }

    /** Answers the last position. */
    long append(UnsafeBuffer command, int count) {
        long position = 0;
        for (int i = 0; i < count; i++) {
            position = journal.append(1_000, command, 0, command.capacity());
            Invariant.check(position != Journal.NO_ROOM, "the disk has room");
        }
        return position;
    }

    void deleteOld() {
        int[] files = journal.files();
        for (int i = 0; i < files.length - FILES_MAX; i++) {
            journal.deleteFile(files[i]);
        }
    }

    @Override
    public void close() throws IOException {
        journal.close();
        directory.close();
        List<Path> files;
        try (Stream<Path> walk = Files.walk(path)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
