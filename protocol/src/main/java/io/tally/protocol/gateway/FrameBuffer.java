package io.tally.protocol.gateway;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Bytes received that could not be handled yet: the start of a packet, or what came behind a full command ring. Grows
 * with what was received, never with what was declared; larger memory is given up when it is empty. Owned by its
 * connection.
 */
final class FrameBuffer {
    private static final int CAPACITY_MIN = 256;
    private static final int CAPACITY_KEPT = 1024;
    private static final byte[] NOTHING = new byte[0];

    private final UnsafeBuffer buffer = new UnsafeBuffer(NOTHING);
    private int start;
    private int end;

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

    void append(DirectBuffer from, int offset, int length) {
        if (length == 0) {
            return;
        }
        if (end + length > buffer.capacity()) {
            makeRoom(length);
        }
        buffer.putBytes(end, from, offset, length);
        end += length;
    }

    private void makeRoom(int more) {
        int held = end - start;
        byte[] to = buffer.byteArray();
        if (held + more > to.length || start < to.length / 2) {
            long wanted = Math.max((long) held + more, Math.min(2L * to.length, 1 << 30));
            to = new byte[(int) Math.max(CAPACITY_MIN, wanted)];
        }
        buffer.getBytes(start, to, 0, held);
        buffer.wrap(to);
        start = 0;
        end = held;
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
            buffer.wrap(NOTHING);
        }
    }
}
