package io.tally.storage.sequencer;

import org.agrona.BitUtil;

/**
 * The last journaled position of each connection, or a later one. A fixed table of slots that connections share:
 * where two collide, a command of one may wait for the other's force, which delays it but never reorders it. So
 * nothing grows and nothing has to be forgotten. Owned by the sequencer thread. Allocates nothing.
 */
final class LastPositions {
    private final long[] slots;
    private final int shift;

    LastPositions(int slotCount) {
        slots = new long[BitUtil.findNextPositivePowerOfTwo(slotCount)];
        shift = Long.SIZE - Integer.numberOfTrailingZeros(slots.length);
    }

    void journaled(long connection, long position) {
        slots[slot(connection)] = position;
    }

    /** At least the last journaled position of the connection, at most the last of all. */
    long of(long connection) {
        return slots[slot(connection)];
    }

    private int slot(long connection) {
        return (int) ((connection * 0x9E37_79B9_7F4A_7C15L) >>> shift);
    }
}
