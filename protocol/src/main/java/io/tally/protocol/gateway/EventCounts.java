package io.tally.protocol.gateway;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts events by key, each key from its first event on for a number of seconds; and bans keys. One long for each key
 * (a part of its hash, the count, the second in which it began or in which the ban ends) in a table of fixed size: when
 * it is crowded, the oldest keys are forgotten. May be used by any thread; allocates nothing.
 */
final class EventCounts {
    /** The most that is counted. */
    static final int COUNT_MAX = 0xFFE;

    private static final int BANNED = 0xFFF;
    private static final int SLOTS = 1 << 16;
    private static final int WAYS = 4;
    private static final int SECOND_BITS = 28;
    private static final long SECOND_MASK = (1L << SECOND_BITS) - 1;
    private static final int TAG_SHIFT = 40;

    private final AtomicLongArray slots = new AtomicLongArray(SLOTS);

    /**
     * One more event; returns how many it are, 0 while the key is banned.
     *
     * @param key evenly distributed
     * @param second from 1 on
     * @param seconds so long events count together
     */
    int add(long key, long second, int seconds) {
        while (true) {
            int i = find(key);
            long before = slots.get(i);
            if (isBan(before, key, second)) {
                return 0;
            }
            boolean isSame = isOf(before, key) && count(before) != BANNED && second - began(before) < seconds;
            long after =
                    isSame ? entry(key, Math.min(COUNT_MAX, count(before) + 1), began(before)) : entry(key, 1, second);
            if (slots.compareAndSet(i, before, after)) {
                return count(after);
            }
        }
    }

    void ban(long key, long untilSecond) {
        slots.set(find(key), entry(key, BANNED, Math.min(untilSecond, SECOND_MASK)));
    }

    boolean isBanned(long key, long second) {
        return isBan(slots.get(find(key)), key, second);
    }

    private static boolean isBan(long entry, long key, long second) {
        return isOf(entry, key) && count(entry) == BANNED && second < began(entry);
    }

    /** The key's slot, or the one among its four that is free or oldest. */
    private int find(long key) {
        int first = (int) key & (SLOTS - 1) & -WAYS;
        int oldest = first;
        for (int i = first; i < first + WAYS; i++) {
            long entry = slots.get(i);
            if (isOf(entry, key)) {
                return i;
            }
            if (began(entry) < began(slots.get(oldest))) {
                oldest = i;
            }
        }
        return oldest;
    }

    /** An empty slot is of no key: its count is 0. */
    private static boolean isOf(long entry, long key) {
        return count(entry) != 0 && entry >>> TAG_SHIFT == key >>> TAG_SHIFT;
    }

    private static long entry(long key, int count, long second) {
        return key >>> TAG_SHIFT << TAG_SHIFT | (long) count << SECOND_BITS | (second & SECOND_MASK);
    }

    private static int count(long entry) {
        return (int) (entry >>> SECOND_BITS) & BANNED;
    }

    private static long began(long entry) {
        return entry & SECOND_MASK;
    }
}
