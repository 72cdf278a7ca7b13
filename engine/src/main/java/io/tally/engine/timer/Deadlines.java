package io.tally.engine.timer;

import java.util.PriorityQueue;

/**
 * Sessions that want to be looked at when command time reaches a deadline. Stale entries are harmless: who is looked at
 * decides whether something is due. Owned by the engine thread.
 */
public final class Deadlines {
    private final PriorityQueue<Deadline> queue = new PriorityQueue<>();

    private record Deadline(long timeMs, long sessionId) implements Comparable<Deadline> {
        @Override
        public int compareTo(Deadline other) {
            int byTime = Long.compare(timeMs, other.timeMs);
            return byTime != 0 ? byTime : Long.compare(sessionId, other.sessionId);
        }
    }

    public void add(long timeMs, long sessionId) {
        if (timeMs != Long.MAX_VALUE) {
            queue.add(new Deadline(timeMs, sessionId));
        }
    }

    /** The earliest deadline, {@link Long#MAX_VALUE} when there is none. */
    public long nextMs() {
        Deadline first = queue.peek();
        return first == null ? Long.MAX_VALUE : first.timeMs;
    }

    /** The session of the earliest deadline at or before now, removed; -1 when nothing is due. */
    public long pollDue(long nowMs) {
        Deadline first = queue.peek();
        if (first == null || first.timeMs > nowMs) {
            return -1;
        }
        queue.remove();
        return first.sessionId;
    }
}
