package io.tally.storage.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LegacyRollCycles;
import net.openhft.chronicle.wire.DocumentContext;

/** Reads a journal as any program that knows Chronicle Queue would, from a copy of its files. */
final class ChronicleReading {
    private ChronicleReading() {}

    static long countBySequentialReading(JournalHarness harness) {
        long count = 0;
        try (SingleChronicleQueue queue = open(harness);
                ExcerptTailer tailer = queue.createTailer()) {
            for (boolean more = true; more; ) {
                try (DocumentContext document = tailer.readingDocument()) {
                    more = document.isPresent();
                    if (more) {
                        count++;
                        check(document, count);
                    }
                }
            }
        }
        return count;
    }

    private static void check(DocumentContext document, long sequence) {
        Bytes<?> bytes = document.wire().bytes();
        long frame = (bytes.readPosition() + 7) & ~7L;
        long found = bytes.readLong(frame + JournalFrame.SEQUENCE_OFFSET);
        if (found != sequence) {
            throw new AssertionError("read " + found + " instead of " + sequence);
        }
    }

    /** Reads entries of one file in random order by Chronicle's index. */
    static long wrongAmongReadsByIndex(JournalHarness harness, int file) {
        long wrong = 0;
        SplittableRandom random = new SplittableRandom(1);
        try (SingleChronicleQueue queue = open(harness);
                ExcerptTailer tailer = queue.createTailer()) {
            for (int i = 0; i < 2000; i++) {
                long n = random.nextLong(harness.positions.size());
                boolean found = tailer.moveToIndex(LegacyRollCycles.HOURLY.toIndex(file, n));
                try (DocumentContext document = tailer.readingDocument()) {
                    if (!found || !document.isPresent()) {
                        wrong++;
                    } else {
                        check(document, n + 1);
                    }
                }
            }
        }
        return wrong;
    }

    private static SingleChronicleQueue open(JournalHarness harness) {
        try {
            Path copy = Files.createTempDirectory(harness.directory.path(), "copy");
            for (int file : harness.directory.list()) {
                Path path = harness.directory.file(file);
                Files.copy(path, copy.resolve(path.getFileName()));
            }
            return SingleChronicleQueueBuilder.binary(copy.toFile())
                    .rollCycle(LegacyRollCycles.HOURLY)
                    .timeProvider(new FileClock(harness.directory.list().length))
                    .blockSize(harness.options.fileBytes())
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
