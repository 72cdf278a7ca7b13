package io.tally.perf.load;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The two buffers that all connections share: what has just been read, and what is about to be written. Between two
 * turns of a connection both are empty; what is left over the connection keeps. Owned by the thread that drives the
 * load.
 */
final class Buffers {
    /** Publishes that one turn may write, so that the other connections get their turns. */
    static final int TURN_BYTES = 64 << 10;

    /** What one turn reads at most, for the same reason; more when a packet is longer. */
    static final int READ_BYTES = 64 << 10;

    final ByteBuffer in;
    final ByteBuffer out;
    final UnsafeBuffer inView;
    final UnsafeBuffer outView;

    /** A longer packet is not taken. */
    final int packetBytesMax;

    /** For connections with TLS. */
    final Records records = new Records();

    int outLength;

    /** For packets of at most this length. An answer is never longer than what it answers. */
    Buffers(int packetBytesMax) {
        this.packetBytesMax = READ_BYTES + 2 * packetBytesMax;
        in = ByteBuffer.allocateDirect(this.packetBytesMax + Records.RECORD_BYTES_MAX);
        out = ByteBuffer.allocateDirect(in.capacity() + TURN_BYTES + packetBytesMax);
        inView = new UnsafeBuffer(in);
        outView = new UnsafeBuffer(out);
    }

    /** What is to be written. */
    ByteBuffer takeOut() {
        out.limit(outLength).position(0);
        outLength = 0;
        return out;
    }

    /** Forgets what was to be written on a connection that is lost. */
    void drop() {
        outLength = 0;
        records.out.clear();
    }
}
