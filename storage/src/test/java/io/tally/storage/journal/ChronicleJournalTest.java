package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Positions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChronicleJournalTest {
    private static final JournalOptions SMALL = JournalHarness.SMALL;

    @TempDir
    Path dir;

    @Test
    void readsBackWhatWasAppendedAcrossManyFiles() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(3000, 2000);
            assertEquals(harness.positions.get(2999), harness.journal().force());
            assertTrue(harness.journal().files().length > 5);
            harness.assertReadsBackEverything();
        }
    }

    @Test
    void goesOnRightBehindTheLastEntryAfterEachReopening() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            for (int i = 0; i < 30; i++) {
                harness.appendMany(50, 2000);
                harness.reopen(0);
                assertEquals(harness.positions.size(), harness.recovered.lastSequence());
                assertEquals(harness.positions.get(harness.positions.size() - 1), harness.recovered.lastPosition());
                assertEquals("", harness.recovered.repairs());
            }
            harness.assertReadsBackEverything();
        }
    }

    @Test
    void everyFileStartsReservedInFull() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(1000, 2000);
            for (int file : harness.journal().files()) {
                assertTrue(FileBlocks.allocated(harness.directory.file(file)) >= SMALL.fileBytes());
            }
        }
    }

    @Test
    void alignsCommandsInTheFile() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(100, 50);
            try (MappedCursor cursor = new MappedCursor(harness.directory, SMALL, 0, true)) {
                while (cursor.next(harness.journal().lastPosition())) {
                    assertEquals(0, cursor.offset() % 8);
                }
            }
        }
    }

    @Test
    void readsSingleEntriesByPosition() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL);
                JournalMessages messages = new JournalMessages(harness.directory, SMALL)) {
            harness.appendMany(3000, 2000);
            UnsafeBuffer view = new UnsafeBuffer(0, 0);
            for (int i = 0; i < 3000; i++) {
                int sequence = 1 + i * 7919 % 3000;
                assertEquals(JournalHarness.time(sequence), messages.read(harness.positions.get(sequence - 1), view));
                assertEquals(JournalHarness.length(sequence, 2000), view.capacity());
                harness.assertContent(view, 0, view.capacity(), sequence);
            }
        }
    }

    @Test
    void readsEntriesOfEveryLengthFromMoreFilesThanAreKeptOpen() {
        JournalOptions options = new JournalOptions(1 << 20, 128 << 10, 64 << 10);
        try (JournalHarness harness = JournalHarness.start(dir, options);
                JournalMessages messages = new JournalMessages(harness.directory, options)) {
            harness.appendMany(500, options.entryBytesMax());
            assertTrue(harness.journal().files().length > 20);
            UnsafeBuffer view = new UnsafeBuffer(0, 0);
            for (int i = 0; i < 1000; i++) {
                int sequence = 1 + i * 73 % 500;
                assertEquals(JournalHarness.time(sequence), messages.read(harness.positions.get(sequence - 1), view));
                assertEquals(JournalHarness.length(sequence, options.entryBytesMax()), view.capacity());
                harness.assertContent(view, 0, view.capacity(), sequence);
            }
        }
    }

    @Test
    void readsOnAfterItHasLetGoOfEverything() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            JournalMessages messages = new JournalMessages(harness.directory, SMALL);
            harness.appendMany(1000, 2000);
            UnsafeBuffer view = new UnsafeBuffer(0, 0);
            for (int i = 0; i < 1000; i++) {
                int sequence = 1 + (i % 2 == 0 ? i : i * 73 % 1000);
                messages.read(harness.positions.get(sequence - 1), view);
                harness.assertContent(view, 0, view.capacity(), sequence);
                if (i % 50 == 0) {
                    messages.close();
                    messages.close();
                }
            }
            messages.close();
        }
    }

    @Test
    void readingFromADeletedFileAnswersMinusOne() throws Exception {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL);
                JournalMessages messages = new JournalMessages(harness.directory, SMALL)) {
            harness.appendMany(1000, 2000);
            UnsafeBuffer view = new UnsafeBuffer(0, 0);
            long first = harness.positions.get(0);
            assertTrue(messages.read(first, view) > 0);
            int file = Positions.file(first);
            messages.release(file);
            harness.journal().deleteFile(file);
            assertTrue(harness.journal().files()[0] > file);
            while (Files.exists(harness.directory.file(file))) {
                Thread.onSpinWait();
            }
            assertEquals(-1, messages.read(first, view));
        }
    }

    @Test
    void goesOnAfterOldFilesWereDeleted() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(1000, 2000);
            long reflected = harness.positions.get(900);
            for (int file : harness.journal().files()) {
                if (file < Positions.file(reflected)) {
                    harness.journal().deleteFile(file);
                }
            }
            harness.reopen(reflected);
            assertEquals(1000, harness.recovered.lastSequence());
            assertEquals(100, harness.recovered.entriesScanned());
            harness.appendMany(1000, 2000);
            try (MappedCursor cursor = new MappedCursor(harness.directory, SMALL, reflected, true)) {
                harness.assertReads(cursor, 902);
            }
        }
    }

    @Test
    void longestEntriesFitAnywhere() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            for (int i = 0; i < 200; i++) {
                assertTrue(harness.appendOfLength(SMALL.entryBytesMax() - i % 9));
                if (i % 20 == 0) {
                    harness.reopen(0);
                }
            }
            harness.assertReadsBackEverything();
        }
    }

    @Test
    void appendingKeepsInsideTheReservedPartWhenAFileFillsUpAfterAReopening() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            for (int i = 0; i < 300; i++) {
                long offset = Positions.offset(harness.journal().lastPosition());
                if (offset > SMALL.dataLimit() - 30_000) {
                    harness.reopen(0);
                }
                assertTrue(harness.appendOfLength(i % 3 == 0 ? SMALL.entryBytesMax() : 1 + i));
                long end = Positions.offset(harness.journal().lastPosition()) + SMALL.entrySpaceMax();
                assertTrue(end <= SMALL.fileBytes());
            }
            harness.assertReadsBackEverything();
        }
    }

    @Test
    void refusesASecondOwner() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(1, 10);
            JournalException e = assertThrows(JournalException.class, () -> JournalDirectory.open(dir));
            assertTrue(e.toString().contains("in use"));
        }
    }

    @Test
    void refusesEverythingAfterAForceHasFailed() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(10, 100);
            // An interrupted thread cannot force: the channel is closed under its hands.
            Thread.currentThread().interrupt();
            assertThrows(JournalException.class, () -> harness.journal().force());
            assertTrue(Thread.interrupted());
            assertThrows(JournalException.class, () -> harness.journal().force());
            assertThrows(JournalException.class, () -> harness.append(100));
        }
    }

    @Test
    void tellsTheTruthAboutAJournalThatHoldsNothing() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            assertEquals(0, harness.journal().force());
            harness.reopen(0);
            assertEquals(0, harness.journal().lastPosition());
            assertEquals(0, harness.recovered.lastSequence());
            harness.appendMany(10, 100);
            harness.assertReadsBackEverything();
        }
    }

    @Test
    void opensWithAnotherFileSize() {
        for (int kib : new int[] {512, 1024, 256, 768}) {
            JournalOptions options = new JournalOptions(kib << 10, 20_000, 64 << 10);
            try (JournalHarness harness = JournalHarness.start(dir, options)) {
                long before = harness.recovered.lastSequence();
                harness.continueWith(before);
                harness.appendMany(2000, 1000);
                assertEquals(before + 2000, ChronicleReading.countBySequentialReading(harness));
                assertTrue(Positions.offset(harness.journal().lastPosition()) < options.fileBytes());
            }
        }
    }
}
