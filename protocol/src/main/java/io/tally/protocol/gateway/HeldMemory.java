package io.tally.protocol.gateway;

/**
 * The heap that one connection holds: parts of packets, topic aliases, messages that no position leads to. All
 * connections of the loop share one budget; when it is used up, the connection that holds the most gives way. Owned by
 * the I/O loop's thread.
 */
final class HeldMemory {
    private final LoopContext loop;
    private long bytes;

    HeldMemory(LoopContext loop) {
        this.loop = loop;
    }

    /** False, and nothing taken, when there is no room and nobody holds more than this one would then. */
    boolean tryTake(long more) {
        while (!loop.held.tryTake(more)) {
            if (!loop.closeLargestHolder(bytes + more)) {
                return false;
            }
        }
        bytes += more;
        return true;
    }

    /** Takes in any case; a negative number gives back. */
    void take(long more) {
        loop.held.take(more);
        bytes += more;
    }

    void give(long less) {
        take(-less);
    }

    void giveAll() {
        give(bytes);
    }

    long bytes() {
        return bytes;
    }
}
