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
    private static final JournalOptions OPTIONS = new JournalOptions(256 << 20, 20_000, 16 << 20);

    /** So many windows that nearly every entry is read singly. */
    private static final JournalOptions SMALL_WINDOWS = new JournalOptions(256 << 20, 20_000, 64 << 10);

    @TempDir
    Path dir;

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    private static void assertNothing(long before, String what) {
        long perOperation = (allocated() - before) / COUNT;
        assertTrue(perOperation == 0, what + " allocates " + perOperation + " bytes");
    }

    @Test
    void appendingAndReadingAllocateNothing() {
        long[] positions = new long[COUNT];
        UnsafeBuffer command = new UnsafeBuffer(new byte[256]);
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS)) {
            append(harness, command, positions);
            long before = allocated();
            append(harness, command, positions);
            assertNothing(before, "append");
            sequential(harness);
            before = allocated();
            sequential(harness);
            assertNothing(before, "cursor");
            for (JournalOptions options : List.of(OPTIONS, SMALL_WINDOWS)) {
                random(harness, options, positions);
                before = allocated();
                random(harness, options, positions);
                assertNothing(before, "messages");
            }
        }
    }

    private static void append(JournalHarness harness, UnsafeBuffer command, long[] positions) {
        ChronicleJournal journal = harness.journal();
        for (int i = 0; i < COUNT; i++) {
            positions[i] = journal.append(1, command, 0, 256);
            if (i % 1000 == 0) {
                journal.force();
                journal.isNearlyFull();
            }
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
