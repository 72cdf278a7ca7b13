package io.tally.protocol.gateway;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Bytes received that could not be handled yet: the start of a packet, or what came behind a full command ring. Grows
 * with what was received, never with what was declared; holds no memory while it is empty. Owned by its connection.
 */
final class FrameBuffer {
    private static final byte[] NOTHING = new byte[0];

    private final FrameMemory memory;
    private final HeldMemory holder;
    private final UnsafeBuffer buffer = new UnsafeBuffer(NOTHING);
    private byte[] array = NOTHING;
    private int start;
    private int end;

    FrameBuffer(FrameMemory memory, HeldMemory holder) {
        this.memory = memory;
        this.holder = holder;
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
        if (length > array.length - end && !makeRoom(length, lengthMax)) {
            return false;
        }
        buffer.putBytes(end, from, offset, length);
        end += length;
        return true;
    }

    private boolean makeRoom(int more, int lengthMax) {
        int held = end - start;
        long wanted = (long) held + more;
        byte[] to = array;
        if (wanted > array.length || start < array.length / 2) {
            long doubled = Math.min(2L * array.length, lengthMax);
            to = memory.take((int) Math.min(Integer.MAX_VALUE - 8, Math.max(wanted, doubled)), holder);
        }
        if (to == null) {
            return false;
        }
        buffer.getBytes(start, to, 0, held);
        replace(to);
        end = held;
        return true;
    }

    @SuppressWarnings("ReferenceEquality") // The same array, not one with the same bytes.
    private void replace(byte[] to) {
        if (to != array) {
            memory.give(array, holder);
            array = to;
            buffer.wrap(to);
        }
        start = 0;
    }

    /** The first {@code length} bytes are done with. */
    void consume(int length) {
        start += length;
        if (start == end) {
            clear();
        }
    }

    void clear() {
        replace(NOTHING);
        end = 0;
    }
}
