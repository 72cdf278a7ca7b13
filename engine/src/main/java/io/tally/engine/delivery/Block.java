package io.tally.engine.delivery;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@link #ENTRIES} consecutive entries of a queue, two longs each: position, then size (upper half) and
 * {@link Entry meta} (lower). The entries may be absent from memory ("spilled") while their row is in the state store.
 * Owned by the engine thread.
 */
final class Block {
    static final int ENTRIES = 256;
    static final int ENTRIES_SHIFT = 8;

    private static final int FIRST_CAPACITY = 4;

    long number;

    /** Null while spilled. */
    long @Nullable [] entries;

    /** Entries added so far. */
    int size;

    /** Changed since its row was written. */
    boolean dirty = true;

    /** A row of it is in the state store, or in a batch on its way there. */
    boolean stored;

    /** An entry of it is a kept one, or was. */
    boolean keeps;

    /** A row in the state store, or on its way there, says so. */
    boolean isMarked;

    /** The newest batch that holds its row. */
    long batch;

    private Block(long number) {
        this.number = number;
    }

    /** A block whose first real entry will be this one; those in front of it in the block count as done. */
    static Block startingAt(long sequence) {
        Block block = new Block(sequence >>> ENTRIES_SHIFT);
        int slot = (int) sequence & (ENTRIES - 1);
        long[] array = new long[2 * Math.min(ENTRIES, slot + FIRST_CAPACITY)];
        for (int i = 0; i < slot; i++) {
            array[2 * i + 1] = Entry.DONE;
        }
        block.entries = array;
        block.size = slot;
        return block;
    }

    /** Becomes such a block again, in the place that it has; for one with room for all its entries. */
    Block restartAt(long sequence, long[] array) {
        number = sequence >>> ENTRIES_SHIFT;
        size = (int) sequence & (ENTRIES - 1);
        for (int i = 0; i < size; i++) {
            array[2 * i] = 0;
            array[2 * i + 1] = Entry.DONE;
        }
        dirty = true;
        stored = false;
        keeps = false;
        isMarked = false;
        batch = 0;
        return this;
    }

    /** A block whose entries are in the state store only. */
    static Block spilled(long number, int size) {
        Block block = new Block(number);
        block.entries = null;
        block.size = size;
        block.dirty = false;
        block.stored = true;
        return block;
    }

    boolean isFull() {
        return size == ENTRIES;
    }

    void add(long[] present, long position, long sizeAndMeta) {
        long[] array = present;
        if (2 * size == array.length) {
            array = Arrays.copyOf(array, Math.min(2 * ENTRIES, Math.max(array.length * 2, 2 * FIRST_CAPACITY)));
            entries = array;
        }
        array[2 * size] = position;
        array[2 * size + 1] = sizeAndMeta;
        size++;
        dirty = true;
    }
}
