package io.tally.engine.retained;

import java.util.ArrayList;
import java.util.List;

/**
 * Which names occur at which level of the topics; so it is known of many filters at once that they match nothing. Names
 * share counters, so a name may seem to occur that does not; the same topics have the same counters, however they came
 * about. Owned by the engine thread.
 */
final class LevelNames {
    private static final int COUNTERS = 1 << 12;

    /** Of further levels nothing is known. */
    private static final int LEVELS_MAX = 16;

    private final List<int[]> countsByLevel = new ArrayList<>();

    /** Topics that have this level at all. */
    private final int[] topics = new int[LEVELS_MAX];

    /** A topic comes (1) or goes (-1). */
    void count(String[] levels, int sign) {
        for (int i = 0; i < levels.length && i < LEVELS_MAX; i++) {
            if (i == countsByLevel.size()) {
                countsByLevel.add(new int[COUNTERS]);
            }
            countsByLevel.get(i)[counterOf(levels[i])] += sign;
            topics[i] += sign;
        }
    }

    /** False when there is a level of the filter that no topic has. */
    boolean mayMatch(String[] filter) {
        for (int i = 0; i < filter.length && i < LEVELS_MAX; i++) {
            if (filter[i].equals("#")) {
                return true;
            }
            boolean occurs =
                    topics[i] > 0 && (filter[i].equals("+") || countsByLevel.get(i)[counterOf(filter[i])] > 0);
            if (!occurs) {
                return false;
            }
        }
        return true;
    }

    private static int counterOf(String name) {
        int hash = name.hashCode();
        return (hash ^ hash >>> 12 ^ hash >>> 24) & COUNTERS - 1;
    }
}
