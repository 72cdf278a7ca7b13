package io.tally.perf.load;

import java.nio.ByteBuffer;

/**
 * The two buffers that all connections of a thread share for what TLS makes of their packets: what has just been read,
 * and what is about to be written. Between two turns of a connection both are empty. On the heap, since streams take
 * arrays. Owned by that thread.
 */
final class Records {
    /** A record is never longer. */
    static final int RECORD_BYTES_MAX = 17 << 10;

    private static final int OUT_BYTES = 128 << 10;

    final ByteBuffer in = ByteBuffer.allocate(Buffers.READ_BYTES + RECORD_BYTES_MAX);

    /** To be written into; a longer one takes its place when it does not suffice. */
    ByteBuffer out = ByteBuffer.allocate(OUT_BYTES);

    boolean isOutEmpty() {
        return out.position() == 0;
    }

    void growOut() {
        out = ByteBuffer.allocate(2 * out.capacity()).put(out.flip());
    }
}
