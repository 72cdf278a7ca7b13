package io.tally.engine.retained;

import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Int2IntCounterMap;

/**
 * How many topics have a name at a level; so it is known of many filters at once that they match nothing. Names with
 * equal hashes share a count, so a name may seem to occur that does not. Owned by the engine thread.
 */
final class LevelNames {
    /** Of further levels nothing is known. */
    private static final int LEVELS_MAX = 16;

    private final List<Int2IntCounterMap> topicsByName = new ArrayList<>();

    /** Topics that have this level at all. */
    private final int[] topics = new int[LEVELS_MAX];

    private final int hashSeed;

    LevelNames(long hashSeed) {
        this.hashSeed = Long.hashCode(hashSeed);
    }

    /** A topic comes (1) or goes (-1). */
    void count(String[] levels, int sign) {
        for (int i = 0; i < levels.length && i < LEVELS_MAX; i++) {
            if (i == topicsByName.size()) {
                topicsByName.add(new Int2IntCounterMap(0));
            }
            topicsByName.get(i).addAndGet(hash(levels[i]), sign);
            topics[i] += sign;
        }
    }

    /** False when there is a level of the filter that no topic has. */
    boolean mayMatch(String[] filter) {
        for (int i = 0; i < filter.length && i < LEVELS_MAX; i++) {
            if (filter[i].equals("#")) {
                return true;
            }
            boolean occurs = topics[i] > 0
                    && (filter[i].equals("+") || topicsByName.get(i).get(hash(filter[i])) > 0);
            if (!occurs) {
                return false;
            }
        }
        return true;
    }

    /** Scattered by what clients do not know: they could have all names meet in one place of the table. */
    private int hash(String name) {
        int hash = name.hashCode() ^ hashSeed;
        hash = (hash ^ hash >>> 16) * 0x85EB_CA6B;
        hash = (hash ^ hash >>> 13) * 0xC2B2_AE35;
        return hash ^ hash >>> 16;
    }
}
