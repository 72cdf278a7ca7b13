package io.tally.engine.delivery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.BitUtil;

/**
 * The different sets of subscription identifiers that entries of one queue carry, numbered from 1. They begin anew
 * when the queue is empty. Owned by the engine thread.
 *
 * <p>Limit: with {@link #SETS_MAX} sets or {@link #IDS_MAX} identifiers in them, a message with another set is
 * delivered without.
 */
final class SubscriptionIds {
    static final int SETS_MAX = 0xFFFF;

    /** In all sets together; they are part of the session's row. */
    static final int IDS_MAX = 1 << 16;

    private static final int[] NO_IDS = new int[0];

    /** Of queues that never had an entry with any; nothing is added to it. */
    static final SubscriptionIds NONE = new SubscriptionIds();

    private static final int TABLE_MIN = 8;
    private static final int PRIME = 0x9E37_79B1;

    private List<int[]> sets = List.of();
    private int idCount;

    /** Numbers of sets by the hash of the set, with open addressing; length a power of two, at most half full. */
    private int[] table = NO_IDS;

    /** The number of this set; 0 for the empty one, and when there is no room for it. */
    int indexOf(int[] ids) {
        if (ids.length == 0) {
            return 0;
        }
        if (table.length != 0) {
            int number = table[slotOf(ids)];
            if (number != 0) {
                return number;
            }
        }
        if (sets.size() == SETS_MAX || idCount + ids.length > IDS_MAX) {
            return 0;
        }
        restore(ids);
        return sets.size();
    }

    int[] at(int index) {
        return index == 0 ? NO_IDS : sets.get(index - 1);
    }

    int count() {
        return sets.size();
    }

    /** Adds a set behind the others. */
    void restore(int[] ids) {
        if (sets.isEmpty()) {
            sets = new ArrayList<>();
        }
        sets.add(ids);
        idCount += ids.length;
        if (2 * sets.size() > table.length) {
            table = new int[BitUtil.findNextPositivePowerOfTwo(Math.max(TABLE_MIN, 4 * sets.size()))];
            for (int i = 0; i < sets.size(); i++) {
                table[slotOf(sets.get(i))] = i + 1;
            }
        } else {
            table[slotOf(ids)] = sets.size();
        }
    }

    /** No entry carries any of them. */
    void clear() {
        if (!sets.isEmpty()) {
            sets = List.of();
            idCount = 0;
            table = NO_IDS;
        }
    }

    /** Where the set stands in the table, or is to be put. */
    private int slotOf(int[] ids) {
        int hash = ids.length;
        for (int id : ids) {
            hash = (hash ^ id) * PRIME;
            hash ^= hash >>> 15;
        }
        int slot = hash & (table.length - 1);
        while (table[slot] != 0 && !Arrays.equals(sets.get(table[slot] - 1), ids)) {
            slot = (slot + 1) & (table.length - 1);
        }
        return slot;
    }
}
