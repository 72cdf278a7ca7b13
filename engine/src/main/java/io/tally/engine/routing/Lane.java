package io.tally.engine.routing;

import io.tally.engine.delivery.SessionQueue;

/**
 * Messages of a shared group that no member has, in order: all of them, or those whose topics have one hash. Owned by
 * the engine thread.
 */
public final class Lane {
    public final SharedGroup group;
    public final int number;
    public final long id;

    /** What members had to give back; it goes first. */
    public final SessionQueue returned;

    public final SessionQueue waiting;

    /** Session id of the one member that gets its messages; 0 = none, or anybody. */
    public long owner;

    /** Messages that members have and have not finished; follows from their sessions. */
    public int inFlight;

    /** The queues have the ids {@code id} and {@code id + 1} among those of sessions. */
    public Lane(SharedGroup group, int number, long id, SessionQueue returned, SessionQueue waiting) {
        this.group = group;
        this.number = number;
        this.id = id;
        this.returned = returned;
        this.waiting = waiting;
    }

    public boolean isEmpty() {
        return returned.isEmpty() && waiting.isEmpty();
    }

    /** Whether a message lies in this journal file. */
    public boolean refersTo(int file) {
        return returned.refersTo(file) || waiting.refersTo(file);
    }

    public long count() {
        return returned.count() + waiting.count();
    }

    public long bytes() {
        return returned.bytes() + waiting.bytes();
    }
}
