package io.tally.protocol.gateway;

/** Counts memory of one kind that the connections of an I/O loop hold. Owned by its thread. Allocates nothing. */
final class MemoryBudget {
    private final long most;
    private long taken;

    MemoryBudget(long most) {
        this.most = most;
    }

    /** False, and nothing taken, when the budget would be exceeded. */
    boolean tryTake(long bytes) {
        if (taken + bytes > most) {
            return false;
        }
        taken += bytes;
        return true;
    }

    /** Takes in any case; a negative number gives back. */
    void take(long bytes) {
        taken += bytes;
    }

    void give(long bytes) {
        taken -= bytes;
    }

    boolean isExceeded() {
        return taken > most;
    }

    boolean isFarExceeded() {
        return taken > 2 * most;
    }

    /** Bytes above what is allowed; below it negative. */
    long excess() {
        return taken - most;
    }

    long taken() {
        return taken;
    }
}
