package io.tally.protocol.gateway;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counts of one I/O loop. Written by its thread, read by any. Allocates nothing. */
public final class GatewayCounters {
    /** What is counted. */
    public enum Counter {
        CONNECTIONS_OPENED(0),
        CONNECTIONS_CLOSED(1),
        CONNECTIONS_REFUSED(2),
        BYTES_IN(3),
        BYTES_OUT(4),
        PACKETS_IN(5),
        PACKETS_OUT(6),
        PUBLISHES_IN(7),
        PUBLISHES_OUT(8),
        /** QoS 0, because the client does not read. */
        DROPPED_SLOW(9),
        /** Message Expiry Interval had passed. */
        DROPPED_EXPIRED(10),
        /** Larger than the client's Maximum Packet Size. */
        DROPPED_TOO_LARGE(11),
        /** Times that reading stopped because the command ring was full. */
        SUSPENDED_RING_FULL(12),
        /** Times that reading stopped because the client did not read. */
        SUSPENDED_OUTPUT_FULL(13),
        /** Files unmapped at the engine's order. */
        RELEASES(14),
        KEEP_ALIVE_TIMEOUTS(15),
        /** Connections closed because the client did not take what was sent, or did not complete a packet. */
        STALL_TIMEOUTS(16),
        /** Connections closed because they held the most of a memory that was used up. */
        CLOSED_FOR_MEMORY(17),
        /** Times that a client sent more messages or bytes a second than it may. */
        RATE_EXCEEDED(18),
        /** CONNECT packets refused because there were too many in a second. */
        CONNECTS_TOO_FAST(19),
        /** CONNECT packets refused because their client had come too often. */
        CONNECTS_BANNED(20),
        /** PUBLISHes that the client may not publish. */
        PUBLISHES_DENIED(21),
        /** Deliveries that the client may not receive. */
        DROPPED_DENIED(22);

        private final int slot;

        Counter(int slot) {
            this.slot = slot;
        }
    }

    private final AtomicLongArray values = new AtomicLongArray(Counter.values().length);

    GatewayCounters() {}

    void add(Counter counter, long amount) {
        int i = counter.slot;
        values.lazySet(i, values.getPlain(i) + amount);
    }

    void increment(Counter counter) {
        add(counter, 1);
    }

    public long value(Counter counter) {
        return values.get(counter.slot);
    }
}
