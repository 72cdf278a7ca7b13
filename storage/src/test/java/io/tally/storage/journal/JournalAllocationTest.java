package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalAllocationTest {
    private static final int COUNT = 200_000;
    private static final int COMMANDS_PER_FORCE = 1_000;
    private static final JournalOptions OPTIONS = new JournalOptions(256 << 20, 20_000, 16 << 20);

    /** So many windows that nearly every entry is read singly. */
    private static final JournalOptions SMALL_WINDOWS = new JournalOptions(256 << 20, 20_000, 64 << 10);

    /**
     * Once warm, 200,000 appends and 200 forces allocate not a byte; before, the machine leaves up to 700 of its own,
     * and may do so late. The least object, 16 bytes, made in each force would be 3,200.
     */
    private static final long WRITING_BYTES_MAX = 2_000;

    /**
     * Reading allocates for files and windows only, which each reader opens for itself: four windows of 2.7 KB, where
     * entries are read singly 3.7 KB for the one file. 10 to 30 KB in all, while an object in every 64th entry would be
     * 50,000 bytes at the least.
     */
    private static final long READING_BYTES_MAX = 50_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long appendBytes;
    private long forceBytes;

    @TempDir
    Path dir;

    private static void assertAtMost(long max, long bytes, String what) {
        assertTrue(bytes <= max, what + " allocated " + bytes + " bytes");
    }

    @Test
    void appendingForcingAndReadingAllocateNothing() {
        long[] positions = new long[COUNT];
        UnsafeBuffer command = new UnsafeBuffer(new byte[256]);
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS)) {
            append(harness, command, positions);
            append(harness, command, positions);
            assertAtMost(WRITING_BYTES_MAX, appendBytes, "append");
            assertAtMost(WRITING_BYTES_MAX, forceBytes, "force");
            assertReadsLittle("cursor", () -> sequential(harness));
            for (JournalOptions options : List.of(OPTIONS, SMALL_WINDOWS)) {
                assertReadsLittle("messages", () -> random(harness, options, positions));
            }
        }
    }

    /** Done twice, measured the second time. */
    private void assertReadsLittle(String what, Runnable reading) {
        reading.run();
        long before = threads.getCurrentThreadAllocatedBytes();
        reading.run();
        assertAtMost(READING_BYTES_MAX, threads.getCurrentThreadAllocatedBytes() - before, what);
    }

    private void append(JournalHarness harness, UnsafeBuffer command, long[] positions) {
        ChronicleJournal journal = harness.journal();
        appendBytes = 0;
        forceBytes = 0;
        for (int i = 0; i < COUNT; i += COMMANDS_PER_FORCE) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int j = i; j < i + COMMANDS_PER_FORCE; j++) {
                positions[j] = journal.append(1, command, 0, 256);
            }
            journal.isNearlyFull();
            journal.isReserveLow();
            long between = threads.getCurrentThreadAllocatedBytes();
            journal.force();
            appendBytes += between - before;
            forceBytes += threads.getCurrentThreadAllocatedBytes() - between;
        }
    }

    private static void sequential(JournalHarness harness) {
        try (MappedCursor cursor = new MappedCursor(harness.directory, OPTIONS, 0, true)) {
            long limit = harness.journal().lastPosition();
            for (int i = 0; i < COUNT; i++) {
                cursor.next(limit);
            }
        }
    }

    private static void random(JournalHarness harness, JournalOptions options, long[] positions) {
        UnsafeBuffer view = new UnsafeBuffer(0, 0);
        try (JournalMessages messages = new JournalMessages(harness.directory, options)) {
            for (int i = 0; i < COUNT; i++) {
                messages.read(positions[(int) (i * 7919L % COUNT)], view);
            }
        }
    }
}
