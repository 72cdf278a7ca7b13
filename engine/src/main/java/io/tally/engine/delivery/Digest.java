package io.tally.engine.delivery;

import org.agrona.DirectBuffer;

/** A 64-bit hash of what is added, in order. Not cryptographic: it finds divergence, not malice. */
public final class Digest {
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private long hash;

    public void reset() {
        hash = 0;
    }

    public void add(long value) {
        long h = (hash ^ value) * PRIME;
        hash = h ^ (h >>> 29);
    }

    public void add(DirectBuffer buffer, int offset, int length) {
        for (int i = 0; i < length; i++) {
            add(buffer.getByte(offset + i));
        }
        add(length);
    }

    public long value() {
        return hash;
    }
}
