package io.tally.engine.timer;

import java.util.TreeSet;

/**
 * Sessions that want to be looked at when command time reaches a deadline: at most one of each kind for each session.
 * Owned by the engine thread.
 */
public final class Deadlines {
    private final TreeSet<Deadline> deadlines = new TreeSet<>();

    /** What happens then. */
    public enum Kind {
        WILL,
        EXPIRY
    }

    private record Deadline(long timeMs, long sessionId, Kind kind) implements Comparable<Deadline> {
        @Override
        public int compareTo(Deadline other) {
            int byTime = Long.compare(timeMs, other.timeMs);
            int bySession = byTime != 0 ? byTime : Long.compare(sessionId, other.sessionId);
            return bySession != 0 ? bySession : kind.compareTo(other.kind);
        }
    }

    /** Puts a deadline in the place of another; {@link Long#MAX_VALUE} = none. */
    public void replace(long sessionId, Kind kind, long oldMs, long newMs) {
        if (oldMs != Long.MAX_VALUE) {
            deadlines.remove(new Deadline(oldMs, sessionId, kind));
        }
        if (newMs != Long.MAX_VALUE) {
            deadlines.add(new Deadline(newMs, sessionId, kind));
        }
    }

    /** The earliest deadline, {@link Long#MAX_VALUE} when there is none. */
    public long nextMs() {
        return deadlines.isEmpty() ? Long.MAX_VALUE : deadlines.first().timeMs;
    }

    /** The session of the earliest deadline at or before now, removed; -1 when nothing is due. */
    public long pollDue(long nowMs) {
        if (nextMs() > nowMs || deadlines.isEmpty()) {
            return -1;
        }
        return deadlines.pollFirst().sessionId;
    }
}
