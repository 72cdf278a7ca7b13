package io.tally.storage.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tally.engine.port.Table;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What it costs the engine to have many rows. */
class StoreSizeTest {
    private static final int ROWS_PER_BATCH = 10_000;
    private static final int VALUE_LENGTH = 48;

    @TempDir
    private Path directory;

    private final UnsafeBuffer key = new UnsafeBuffer(new byte[16]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[VALUE_LENGTH]);
    private final ExpandableArrayBuffer into = new ExpandableArrayBuffer(VALUE_LENGTH);

    @Test
    void everyRowIsLoadedOnceInTheOrderOfItsKey() {
        writeRows(200_000);
        loadRows(200_000);
    }

    @Test
    @Tag("slow")
    void aMillionRowsAreLoadedInTwoSeconds() {
        writeRows(1_000_000);
        long bestNs = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            bestNs = Math.min(bestNs, loadRows(1_000_000));
        }
        System.out.println("1 M rows loaded in " + TimeUnit.NANOSECONDS.toMillis(bestNs) + " ms");
        assertTrue(bestNs < TimeUnit.SECONDS.toNanos(2), "nanoseconds: " + bestNs);
    }

    @Test
    void mutationsAllocateNothingAndAReadLittle() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long leastOfWrites = Long.MAX_VALUE;
        long leastOfReads = Long.MAX_VALUE;
        try (StoreRig rig = new StoreRig(directory)) {
            for (int round = 1; round <= 20; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                putBatch(rig, 0, 1000, round);
                leastOfWrites = Math.min(leastOfWrites, threads.getCurrentThreadAllocatedBytes() - before);
                rig.workAfter(0);
                before = threads.getCurrentThreadAllocatedBytes();
                for (int row = 0; row < 1000; row++) {
                    key.putLong(0, row, ByteOrder.BIG_ENDIAN);
                    assertTrue(rig.store.get(Table.SESSION, key, 16, into) == VALUE_LENGTH);
                }
                leastOfReads = Math.min(leastOfReads, threads.getCurrentThreadAllocatedBytes() - before);
            }
        }
        assertEquals(0, leastOfWrites);
        assertTrue(leastOfReads <= 64 * 1000, "bytes for 1000 reads: " + leastOfReads);
    }

    private void writeRows(int count) {
        try (StoreRig rig = new StoreRig(directory)) {
            for (int first = 0; first < count; first += ROWS_PER_BATCH) {
                putBatch(rig, first, ROWS_PER_BATCH, first + 1L);
                rig.workAfter(0);
            }
        }
    }

    private void putBatch(StoreRig rig, int first, int count, long position) {
        assertTrue(rig.store.tryBegin());
        for (int row = first; row < first + count; row++) {
            key.putLong(0, row, ByteOrder.BIG_ENDIAN);
            value.putLong(0, row * 0x9E37_79B9_7F4A_7C15L);
            rig.store.put(Table.SESSION, key, 16, value, VALUE_LENGTH);
        }
        rig.store.commit(position);
    }

    /** Opens the store and reads; returns the nanoseconds of the reading. */
    private long loadRows(int count) {
        long[] rows = new long[1];
        try (StoreRig rig = new StoreRig(directory)) {
            long startNs = System.nanoTime();
            rig.store.forEach(Table.SESSION, (k, keyLength, v, valueLength) -> {
                if (k.getLong(0, ByteOrder.BIG_ENDIAN) != rows[0] || valueLength != VALUE_LENGTH) {
                    throw new AssertionError("row " + rows[0]);
                }
                rows[0]++;
            });
            long tookNs = System.nanoTime() - startNs;
            assertEquals(count, rows[0]);
            return tookNs;
        }
    }
}
