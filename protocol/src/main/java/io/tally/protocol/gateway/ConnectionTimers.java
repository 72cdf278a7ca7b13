package io.tally.protocol.gateway;

import org.jspecify.annotations.Nullable;

/**
 * One deadline per connection, on a wheel of half seconds: a deadline is noticed up to one tick late, never early.
 * Connections of a slot form a list through their {@link Node}s. Owned by the I/O loop's thread. Allocates nothing.
 */
final class ConnectionTimers {
    /** Resolution, nanoseconds. */
    static final long TICK_NS = 500_000_000;

    private static final int SLOTS = 512;

    private final @Nullable Node[] slots = new @Nullable Node[SLOTS];

    /** Everything due before this tick has been seen. */
    private long nextTick;

    private int count;

    ConnectionTimers(long nowNs) {
        nextTick = nowNs / TICK_NS;
    }

    /** What has a deadline. */
    interface Timed {
        /** The deadline has passed; a new one may be set. */
        void onTimer(long nowNs);
    }

    /** A connection's place on the wheel. */
    static final class Node {
        private final Timed owner;
        private long deadlineNs;
        private int slot = -1;
        private @Nullable Node previous;
        private @Nullable Node next;

        Node(Timed owner) {
            this.owner = owner;
        }
    }

    /** Sets the deadline, in place of an earlier one. */
    void schedule(Node node, long deadlineNs) {
        cancel(node);
        long tick = Math.max(nextTick, (deadlineNs + TICK_NS - 1) / TICK_NS);
        node.deadlineNs = deadlineNs;
        node.slot = (int) Math.floorMod(tick, (long) SLOTS);
        Node first = slots[node.slot];
        node.next = first;
        if (first != null) {
            first.previous = node;
        }
        slots[node.slot] = node;
        count++;
    }

    void cancel(Node node) {
        if (node.slot < 0) {
            return;
        }
        if (node.previous != null) {
            node.previous.next = node.next;
        } else {
            slots[node.slot] = node.next;
        }
        if (node.next != null) {
            node.next.previous = node.previous;
        }
        node.previous = null;
        node.next = null;
        node.slot = -1;
        count--;
    }

    /** Calls {@link Timed#onTimer} of those whose deadline has passed; returns how many. */
    int poll(long nowNs) {
        int expired = 0;
        long now = nowNs / TICK_NS;
        long first = nextTick;
        long last = Math.min(now, first + SLOTS - 1);
        nextTick = Math.max(first, now + 1);
        for (long tick = first; tick <= last; tick++) {
            expired += expire((int) Math.floorMod(tick, (long) SLOTS), nowNs);
        }
        return expired;
    }

    /** What is scheduled meanwhile is for a later tick: seen here or not, it is not due yet. */
    private int expire(int slot, long nowNs) {
        int expired = 0;
        Node node = slots[slot];
        while (node != null) {
            Node following = node.next;
            if (node.deadlineNs <= nowNs) {
                cancel(node);
                node.owner.onTimer(nowNs);
                expired++;
            }
            node = following;
        }
        return expired;
    }

    /** Nanoseconds until {@link #poll} has something to look at; {@link Long#MAX_VALUE} when there is no timer. */
    long waitNs(long nowNs) {
        return count == 0 ? Long.MAX_VALUE : Math.max(0, nextTick * TICK_NS - nowNs);
    }
}
