package io.tally.protocol.gateway;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Arrays for bytes received that could not be handled yet. Small ones are there for every connection, and used again;
 * larger ones are paid for by a budget. Owned by the I/O loop's thread.
 */
final class FrameMemory {
    /** What each connection may have without asking, bytes. */
    static final int SMALL = 4096;

    private static final int POOLED_MAX = 1024;

    private final MemoryBudget budget;
    private final ArrayDeque<byte[]> pool = new ArrayDeque<>();

    FrameMemory(MemoryBudget budget) {
        this.budget = budget;
    }

    /** Null when the budget does not allow it. */
    byte @Nullable [] take(int capacity) {
        if (capacity <= SMALL) {
            byte[] pooled = pool.pollLast();
            return pooled != null ? pooled : new byte[SMALL];
        }
        return budget.tryTake(capacity) ? new byte[capacity] : null;
    }

    void give(byte[] array) {
        if (array.length > SMALL) {
            budget.give(array.length);
        } else if (array.length == SMALL && pool.size() < POOLED_MAX) {
            pool.addLast(array);
        }
    }
}
