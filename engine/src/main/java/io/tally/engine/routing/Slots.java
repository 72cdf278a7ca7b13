package io.tally.engine.routing;

import io.tally.protocol.Invariant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Values found by a hash; who looks for one tells those with the same hash apart. Small: two arrays, full to the last
 * slot while there are few values. A lookup allocates nothing. Owned by the engine thread.
 *
 * @param <V> what is kept
 */
final class Slots<V> {
    private static final int CAPACITY_MIN = 2;

    /** Up to here all slots are used, beyond it three quarters: a search ends at the first one that is free. */
    private static final int FULL_CAPACITY_MAX = 8;

    private @Nullable Object[] values = new Object[CAPACITY_MIN];
    private int[] hashes = new int[CAPACITY_MIN];
    private int count;

    int count() {
        return count;
    }

    /** Where the first value with this hash is, or the next behind one of them; -1 = there is none. */
    int find(int hash, int behind) {
        int mask = values.length - 1;
        int home = hash & mask;
        int from = behind < 0 ? 0 : (behind - home & mask) + 1;
        for (int i = from; i <= mask; i++) {
            int slot = home + i & mask;
            if (values[slot] == null) {
                return -1;
            }
            if (hashes[slot] == hash) {
                return slot;
            }
        }
        return -1;
    }

    @SuppressWarnings("unchecked")
    V at(int slot) {
        return (V) Invariant.present(values[slot], "a slot that was found has a value");
    }

    void replace(int slot, V value) {
        values[slot] = value;
    }

    void add(int hash, V value) {
        if (count == limit(values.length)) {
            resize(2 * values.length);
        }
        place(hash, value);
        count++;
    }

    private static int limit(int capacity) {
        return capacity <= FULL_CAPACITY_MAX ? capacity : capacity / 4 * 3;
    }

    private void place(int hash, Object value) {
        int mask = values.length - 1;
        int slot = hash & mask;
        while (values[slot] != null) {
            slot = slot + 1 & mask;
        }
        values[slot] = value;
        hashes[slot] = hash;
    }

    private void resize(int capacity) {
        @Nullable Object[] oldValues = values;
        int[] oldHashes = hashes;
        values = new Object[capacity];
        hashes = new int[capacity];
        for (int i = 0; i < oldValues.length; i++) {
            Object value = oldValues[i];
            if (value != null) {
                place(oldHashes[i], value);
            }
        }
    }

    /** Those behind it that a search would no longer find move up. */
    void remove(int slot) {
        int mask = values.length - 1;
        int hole = slot;
        values[hole] = null;
        for (int i = hole + 1 & mask; values[i] != null; i = i + 1 & mask) {
            int home = hashes[i] & mask;
            if ((i - home & mask) >= (i - hole & mask)) {
                values[hole] = values[i];
                hashes[hole] = hashes[i];
                values[i] = null;
                hole = i;
            }
        }
        count--;
        if (values.length > CAPACITY_MIN && count <= limit(values.length / 2) / 2) {
            resize(values.length / 2);
        }
    }

    /** In no order that means anything. */
    void forEach(Consumer<? super V> visitor) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null) {
                visitor.accept(at(i));
            }
        }
    }
}
