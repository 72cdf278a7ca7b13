package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Positions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalReadingTest {
    private static final JournalOptions SMALL = JournalHarness.SMALL;

    @TempDir
    Path dir;

    @Test
    void aReaderOnAnotherThreadSeesEveryReleasedEntryWhileTheJournalGrows() throws Exception {
        int count = 60_000;
        AtomicLong released = new AtomicLong();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            Thread reader = new Thread(() -> {
                try {
                    follow(harness, released, count);
                } catch (RuntimeException | Error e) {
                    failure.set(e);
                }
            });
            reader.start();
            for (int i = 0; i < count; i++) {
                assertTrue(harness.append(300));
                if (i % 100 == 99) {
                    released.setRelease(harness.journal().force());
                }
            }
            reader.join();
            assertNull(failure.get());
        }
    }

    private static void follow(JournalHarness harness, AtomicLong released, int count) {
        UnsafeBuffer view = new UnsafeBuffer(0, 0);
        try (MappedCursor cursor = new MappedCursor(harness.directory, SMALL, 0, true);
                JournalMessages messages = new JournalMessages(harness.directory, SMALL)) {
            for (long sequence = 1; sequence <= count; sequence++) {
                while (!cursor.next(released.getAcquire())) {
                    Thread.onSpinWait();
                }
                assertEquals(sequence, cursor.sequence());
                assertEquals(JournalHarness.time(sequence), messages.read(cursor.position(), view));
                assertTrue(view.compareTo(new UnsafeBuffer(cursor.buffer(), cursor.offset(), cursor.length())) == 0);
            }
        }
    }

    @Test
    void aReaderThatBeganBeforeTheJournalOpenedSeesWhatIsAppendedLater() {
        for (boolean isCutShort : new boolean[] {false, true}) {
            try (JournalHarness harness = JournalHarness.start(dir.resolve("short" + isCutShort), SMALL)) {
                harness.appendMany(300, 1000);
                long last = harness.journal().lastPosition();
                harness.abandon();
                if (isCutShort) {
                    try (JournalDamage damage = new JournalDamage(harness.directory.file(1))) {
                        damage.truncate(Positions.offset(last) + JournalFrame.OVERHEAD_MAX + 1000);
                    }
                }
                harness.recover(0);
                try (MappedCursor cursor = new MappedCursor(harness.directory, SMALL, last, true)) {
                    harness.open();
                    harness.appendMany(1000, 1000);
                    harness.assertReads(cursor, 301);
                }
            }
        }
    }

    @Test
    void doesNotGoBeyondTheLimit() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(10, 100);
            try (MappedCursor cursor = new MappedCursor(harness.directory, SMALL, 0, true)) {
                assertFalse(cursor.next(0));
                assertTrue(cursor.next(harness.positions.get(0)));
                assertFalse(cursor.next(harness.positions.get(1) - 1));
                assertTrue(cursor.next(harness.positions.get(1)));
                assertEquals(2, cursor.sequence());
            }
        }
    }

    @Test
    void noticesADamagedEntry() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(10, 100);
            long victim = harness.positions.get(4);
            try (JournalDamage damage = new JournalDamage(harness.directory.file(1))) {
                damage.flip(Positions.offset(victim) + 50);
            }
            try (MappedCursor cursor = new MappedCursor(harness.directory, SMALL, harness.positions.get(3), true)) {
                assertThrows(JournalException.class, () -> cursor.next(victim));
            }
        }
    }

    @Test
    void refusesToStartBehindAPositionThatIsNoEntry() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(10, 100);
            assertThrows(
                    JournalException.class,
                    () -> new MappedCursor(harness.directory, SMALL, harness.positions.get(3) + 4, true));
        }
    }

    @Test
    void readingManyWindowsKeepsFewOfThemMapped() throws IOException {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL);
                JournalMessages messages = new JournalMessages(harness.directory, SMALL)) {
            harness.appendMany(20_000, 2000);
            UnsafeBuffer view = new UnsafeBuffer(0, 0);
            for (long position : harness.positions) {
                messages.read(position, view);
            }
            assertTrue(mappings() <= 8 + 2, mappings() + " mappings");
        }
    }

    /** Of files of this journal; Chronicle has one of its file and two of its metadata. */
    private long mappings() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.contains(dir.toString()) && line.endsWith(".cq4") && line.contains("r--s"))
                    .count();
        }
    }
}
