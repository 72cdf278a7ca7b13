package io.tally.perf.load;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
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

    /** By publisher, which of its topics; null = all. */
    private final @Nullable BitSet[] topicsOf;

    private final int topics;

    /**
     * Expects nothing yet.
     *
     * @param topics that each publisher goes round
     * @param isOrdered whether messages of one publisher must come in order; members of a group take turns
     */
    Sequences(int publishers, int topics, boolean isOrdered, Counts counts) {
        this.topics = topics;
        this.counts = counts;
        this.isOrdered = isOrdered;
        next = new int[publishers];
        Arrays.fill(next, NOT_EXPECTED);
        missing = new BitSet[publishers];
        topicsOf = new BitSet[publishers];
    }

    /** From now on every message of this publisher is to arrive. */
    void expect(int publisher) {
        next[publisher] = 0;
    }

    /** From now on every message of this publisher to these of its topics, at least one, is to arrive. */
    void expect(int publisher, BitSet some) {
        topicsOf[publisher] = some;
        next[publisher] = some.nextSetBit(0);
    }

    /** Counts itself as a receiver of those topics of this publisher of which messages are to arrive. */
    void addTo(int[] counts, int publisher) {
        if (next[publisher] != NOT_EXPECTED) {
            BitSet some = topicsOf[publisher];
            IntStream all = some == null ? IntStream.range(0, counts.length) : some.stream();
            all.forEach(topic -> counts[topic]++);
        }
    }

    private boolean isOfTopic(int publisher, int sequence) {
        BitSet some = topicsOf[publisher];
        return some == null || some.get(sequence % topics);
    }

    /** The sequence behind this one that is to arrive. */
    private int after(int publisher, int sequence) {
        BitSet some = topicsOf[publisher];
        if (some == null) {
            return sequence + 1;
        }
        int topic = (sequence + 1) % topics;
        int nextTopic = some.nextSetBit(topic);
        return sequence + 1 - topic + (nextTopic >= 0 ? nextTopic : topics + some.nextSetBit(0));
    }

    /**
     * Counts a message; true if it is to arrive and has not been there before.
     *
     * @param mayHaveCome whether it says that it was sent before, on a connection that was lost
     */
    boolean onMessage(int publisher, int sequence, boolean mayHaveCome) {
        if (publisher >= next.length || next[publisher] == NOT_EXPECTED || !isOfTopic(publisher, sequence)) {
            counts.foreign++;
            return false;
        }
        int expected = next[publisher];
        if (sequence < expected) {
            return onEarlier(publisher, sequence, mayHaveCome);
        }
        if (sequence > expected) {
            BitSet passedOver = missingOf(publisher);
            for (int at = expected; at < sequence; at = after(publisher, at)) {
                passedOver.set(at);
                counts.missing++;
            }
        }
        counts.received++;
        next[publisher] = after(publisher, sequence);
        return true;
    }

    private boolean onEarlier(int publisher, int sequence, boolean mayHaveCome) {
        BitSet passedOver = missingOf(publisher);
        if (!passedOver.get(sequence)) {
            counts.redelivered += mayHaveCome ? 1 : 0;
            counts.doubled += mayHaveCome ? 0 : 1;
            return false;
        }
        passedOver.clear(sequence);
        counts.missing--;
        counts.received++;
        if (isOrdered) {
            counts.reordered++;
        }
        return true;
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
        for (int at = next[publisher]; at < sent; at = after(publisher, at)) {
            lost.set(at);
        }
        lost.andNot(excused);
        return lost.cardinality();
    }
}
