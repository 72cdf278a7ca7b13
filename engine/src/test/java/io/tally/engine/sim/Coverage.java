package io.tally.engine.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What has really happened in simulations: a feature that never meets the others is not tested with them. */
public final class Coverage {
    private final long[] counts = new long[Seen.values().length];

    /** What is counted. */
    enum Seen {
        WILLS,
        EXPIRED,
        LATE_RETAINED,
        SHARED_DELIVERIES,
        SHARED_REDELIVERIES,
        FULL_WINDOWS,
        TAKE_OVERS,
        REFUSALS,
        REFUSED_CONNECTS,
        REFUSED_SUBSCRIBES,
        REFUSED_PUBRELS,
        DROPS
    }

    void add(Seen what) {
        add(what, 1);
    }

    void add(Seen what, long times) {
        counts[what.ordinal()] += times;
    }

    synchronized void addAll(Coverage other) {
        for (Seen what : Seen.values()) {
            add(what, other.counts[what.ordinal()]);
        }
    }

    /** What has never happened. */
    List<Seen> missing() {
        List<Seen> missing = new ArrayList<>();
        for (Seen what : Seen.values()) {
            if (counts[what.ordinal()] == 0) {
                missing.add(what);
            }
        }
        return missing;
    }

    @Override
    public String toString() {
        List<String> all = new ArrayList<>();
        for (Seen what : Seen.values()) {
            all.add(counts[what.ordinal()] + " "
                    + what.name().toLowerCase(Locale.ROOT).replace('_', ' '));
        }
        return String.join(", ", all);
    }
}
