package io.tally.protocol.gateway;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Bytes received that could not be handled yet: the start of a packet, or what came behind a full command ring. Grows
 * with what was received, never with what was declared; larger memory is given up when it is empty. Owned by its
 * connection.
 */
final class FrameBuffer {
    /** What each connection may have without asking, bytes. */
    static final int FREE_CAPACITY = 4096;

    private static final int CAPACITY_MIN = 256;
    private static final int CAPACITY_KEPT = 1024;
    private static final byte[] NOTHING = new byte[0];

    private final MemoryBudget budget;
    private final UnsafeBuffer buffer = new UnsafeBuffer(NOTHING);
    private int start;
    private int end;

    /** @param budget pays for what is larger than {@link #FREE_CAPACITY} */
    FrameBuffer(MemoryBudget budget) {
        this.budget = budget;
    }

    boolean isEmpty() {
        return start == end;
    }

    DirectBuffer buffer() {
        return buffer;
    }

    /** Where the bytes start in {@link #buffer}. */
    int start() {
        return start;
    }

    int length() {
        return end - start;
    }

    /** False when there is no memory for it; nothing was added then. */
    boolean append(DirectBuffer from, int offset, int length) {
        return append(from, offset, length, Integer.MAX_VALUE);
    }

    /** As {@link #append(DirectBuffer, int, int)}, for bytes that will never be more than {@code lengthMax} in all. */
    boolean append(DirectBuffer from, int offset, int length, int lengthMax) {
        if (length == 0) {
            return true;
        }
        if (end + length > buffer.capacity() && !makeRoom(length, lengthMax)) {
            return false;
        }
        buffer.putBytes(end, from, offset, length);
        end += length;
        return true;
    }

    private boolean makeRoom(int more, int lengthMax) {
        int held = end - start;
        byte[] to = buffer.byteArray();
        if ((long) held + more > to.length || start < to.length / 2) {
            long doubled = Math.max(CAPACITY_MIN, Math.min(2L * to.length, lengthMax));
            int capacity = (int) Math.min(Integer.MAX_VALUE - 8, Math.max((long) held + more, doubled));
            if (!resize(capacity)) {
                return false;
            }
            to = new byte[capacity];
        }
        buffer.getBytes(start, to, 0, held);
        buffer.wrap(to);
        start = 0;
        end = held;
        return true;
    }

    private boolean resize(int capacity) {
        long more = Math.max(0, capacity - FREE_CAPACITY) - paidFor();
        if (more <= 0) {
            budget.take(more);
            return true;
        }
        return budget.tryTake(more);
    }

    private long paidFor() {
        return Math.max(0, buffer.capacity() - FREE_CAPACITY);
    }

    /** The first {@code length} bytes are done with. */
    void consume(int length) {
        start += length;
        if (start == end) {
            clear();
        }
    }

    void clear() {
        start = 0;
        end = 0;
        if (buffer.capacity() > CAPACITY_KEPT) {
            budget.give(paidFor());
            buffer.wrap(NOTHING);
        }
    }
}
