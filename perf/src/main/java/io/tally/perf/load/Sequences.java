package io.tally.perf.load;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * What one receiver has got of each publisher: a subscriber, or all members of a shared group together. Owned by the
 * thread that drives the load.
 */
final class Sequences {
    private static final int NOT_EXPECTED = -1;

    private final Counts counts;
    private final boolean isOrdered;
    private final int[] next;
    private final @Nullable BitSet[] missing;

    /**
     * Expects nothing yet.
     *
     * @param isOrdered whether messages of one publisher must come in order; members of a group take turns
     */
    Sequences(int publishers, boolean isOrdered, Counts counts) {
        this.counts = counts;
        this.isOrdered = isOrdered;
        next = new int[publishers];
        Arrays.fill(next, NOT_EXPECTED);
        missing = new BitSet[publishers];
    }

    /** From now on every message of this publisher is to arrive. */
    void expect(int publisher) {
        next[publisher] = 0;
    }

    boolean isExpected(int publisher) {
        return next[publisher] != NOT_EXPECTED;
    }

    void onMessage(int publisher, int sequence) {
        if (publisher >= next.length || next[publisher] == NOT_EXPECTED) {
            counts.foreign++;
            return;
        }
        int expected = next[publisher];
        if (sequence == expected) {
            next[publisher] = expected + 1;
            counts.received++;
        } else if (sequence > expected) {
            missingOf(publisher).set(expected, sequence);
            counts.missing += sequence - expected;
            counts.received++;
            next[publisher] = sequence + 1;
        } else {
            onEarlier(publisher, sequence);
        }
    }

    private void onEarlier(int publisher, int sequence) {
        BitSet passedOver = missingOf(publisher);
        if (!passedOver.get(sequence)) {
            counts.doubled++;
            return;
        }
        passedOver.clear(sequence);
        counts.missing--;
        counts.received++;
        if (isOrdered) {
            counts.reordered++;
        }
    }

    private BitSet missingOf(int publisher) {
        BitSet existing = missing[publisher];
        if (existing != null) {
            return existing;
        }
        BitSet made = new BitSet();
        missing[publisher] = made;
        return made;
    }

    /**
     * How many messages of this publisher have not arrived.
     *
     * @param sent how many it has sent
     * @param excused sequences that need not arrive, because nobody has acknowledged them
     */
    long lost(int publisher, int sent, BitSet excused) {
        if (next[publisher] == NOT_EXPECTED) {
            return 0;
        }
        BitSet lost = new BitSet();
        lost.or(missingOf(publisher));
        lost.set(next[publisher], Math.max(sent, next[publisher]));
        lost.andNot(excused);
        return lost.cardinality();
    }
}
