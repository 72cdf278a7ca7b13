package io.tally.engine.sim;

import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;

/** The only source of chance in a simulation; the same seed gives the same run. */
public final class Dice {
    private final SplittableRandom random;

    public Dice(long seed) {
        this(new SplittableRandom(seed));
    }

    private Dice(SplittableRandom random) {
        this.random = random;
    }

    /** Dice of its own for one part, so that more draws there do not move those of other parts. */
    public Dice split() {
        return new Dice(random.split());
    }

    /** 0 to n - 1; 0 when n is not positive. */
    public int below(int n) {
        return n <= 1 ? 0 : random.nextInt(n);
    }

    /** Both ends included. */
    public int between(int low, int high) {
        return low + below(high - low + 1);
    }

    public boolean percent(int chance) {
        return random.nextInt(100) < chance;
    }

    public boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    public long number() {
        return random.nextLong();
    }

    public <T> T pick(List<T> list) {
        return list.get(below(list.size()));
    }

    /** Like {@link #pick(List)}, for anything with a fixed order. */
    public <T> T pick(Collection<T> collection) {
        int skip = below(collection.size());
        for (T each : collection) {
            if (skip-- == 0) {
                return each;
            }
        }
        throw new IllegalArgumentException("nothing to pick from");
    }
}
