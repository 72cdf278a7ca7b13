package io.tally.protocol.gateway;

import io.tally.protocol.listener.RateLimits;

/**
 * Messages and bytes a second of one client. Up to a second's worth may come at once. Owned by the I/O loop's thread.
 * Allocates nothing.
 */
final class TrafficLimit {
    private static final long SECOND_NS = 1_000_000_000;

    private final RateLimits limits;

    /** When the client has caught up with what it sent. */
    private long messagesDueNs;

    private long bytesDueNs;

    TrafficLimit(RateLimits limits, long nowNs) {
        this.limits = limits;
        this.messagesDueNs = nowNs - SECOND_NS;
        this.bytesDueNs = nowNs - SECOND_NS;
    }

    void onMessage(long nowNs) {
        if (limits.messagesPerSecond() != 0) {
            messagesDueNs = Math.max(messagesDueNs, nowNs - SECOND_NS) + SECOND_NS / limits.messagesPerSecond();
        }
    }

    void onBytes(int length, long nowNs) {
        if (limits.bytesPerSecond() != 0) {
            bytesDueNs = Math.max(bytesDueNs, nowNs - SECOND_NS) + length * SECOND_NS / limits.bytesPerSecond();
        }
    }

    boolean isExceeded(long nowNs) {
        return dueNs() - nowNs > 0;
    }

    /** From when on the client may send again. */
    long dueNs() {
        return Math.max(messagesDueNs, bytesDueNs);
    }

    /** Whether a client that is too fast is closed, or waits. */
    boolean isClosing() {
        return limits.closing();
    }
}
