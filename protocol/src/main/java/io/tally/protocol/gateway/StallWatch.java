package io.tally.protocol.gateway;

/**
 * Whether a client goes on: takes what waits for it, and completes the packet that it has begun. Looked at by the
 * connection's timer, every {@link #lookNs} while there is something to watch; never too early, up to a look too late.
 *
 * <p>Output that waits must move once in a timeout. So must a packet that was begun; it must besides come at {@link
 * #BYTES_PER_SECOND_MIN} on average, the first timeout apart: a trickle that only seems to go on ends in bounded time,
 * a link of 2,400 bit/s still carries a packet of any size. Owned by the I/O loop's thread.
 */
final class StallWatch {
    static final int BYTES_PER_SECOND_MIN = 256;

    private static final int LOOKS_PER_TIMEOUT = 4;

    private final long timeoutNs;
    private long takenBytes;
    private long outputSinceNs;
    private boolean isOutputWaiting;
    private long packetSinceNs;

    StallWatch(long timeoutNs) {
        this.timeoutNs = timeoutNs;
    }

    long lookNs() {
        return timeoutNs / LOOKS_PER_TIMEOUT;
    }

    /** Looks at the output; returns whether the socket has taken any of it since the last look. */
    boolean hasMoved(Output output, long nowNs) {
        long taken = output.takenBytes();
        boolean moved = taken != takenBytes;
        takenBytes = taken;
        boolean waits = output.pendingBytes() != 0;
        if (moved || !isOutputWaiting) {
            outputSinceNs = nowNs;
        }
        isOutputWaiting = waits;
        return moved;
    }

    /** Whether at the last look the output had not moved for too long. */
    boolean isOutputStuck(long nowNs) {
        return isOutputWaiting && nowNs - outputSinceNs >= timeoutNs;
    }

    /** The packet that is held in part is a new one; or the time was not the client's. */
    void onPacketBegun(long nowNs) {
        packetSinceNs = nowNs;
    }

    /** @param heldBytes that have come of the packet */
    boolean isPacketStuck(int heldBytes, long lastReadNs, long nowNs) {
        if (heldBytes == 0) {
            return false;
        }
        long allowedNs = timeoutNs + heldBytes * 1_000_000_000L / BYTES_PER_SECOND_MIN;
        return nowNs - lastReadNs >= timeoutNs || nowNs - packetSinceNs >= allowedNs;
    }
}
