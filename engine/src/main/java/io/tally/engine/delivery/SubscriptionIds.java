package io.tally.engine.delivery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The different sets of subscription identifiers that entries of one queue carry, numbered from 1. Owned by the
 * engine thread.
 */
public final class SubscriptionIds {
    /** How many different sets a session may use before they are delivered without. */
    public static final int SETS_MAX = 0xFFFF;

    private static final int[] NONE = new int[0];

    private final List<int[]> sets = new ArrayList<>(0);

    /** The number of this set; 0 for the empty one. */
    public int indexOf(int[] ids) {
        if (ids.length == 0) {
            return 0;
        }
        for (int i = 0; i < sets.size(); i++) {
            if (Arrays.equals(sets.get(i), ids)) {
                return i + 1;
            }
        }
        if (sets.size() == SETS_MAX) {
            return 0;
        }
        sets.add(ids);
        return sets.size();
    }

    public int[] at(int index) {
        return index == 0 ? NONE : sets.get(index - 1);
    }

    public int count() {
        return sets.size();
    }

    void restore(int[] ids) {
        sets.add(ids);
    }
}
