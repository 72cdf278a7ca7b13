package io.tally.protocol.gateway;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Arrays for bytes received that could not be handled yet. Small ones are there for every connection, and used again;
 * larger ones are paid for by who holds them. Owned by the I/O loop's thread.
 */
final class FrameMemory {
    /** What each connection may have without asking, bytes. */
    static final int SMALL = 4096;

    private static final int POOLED_MAX = 1024;

    private final ArrayDeque<byte[]> pool = new ArrayDeque<>();

    /** Null when there is no memory for it. */
    byte @Nullable [] take(int capacity, HeldMemory holder) {
        if (capacity <= SMALL) {
            byte[] pooled = pool.pollLast();
            return pooled != null ? pooled : new byte[SMALL];
        }
        return holder.tryTake(capacity) ? new byte[capacity] : null;
    }

    void give(byte[] array, HeldMemory holder) {
        if (array.length > SMALL) {
            holder.give(array.length);
        } else if (array.length == SMALL && pool.size() < POOLED_MAX) {
            pool.addLast(array);
        }
    }
}
