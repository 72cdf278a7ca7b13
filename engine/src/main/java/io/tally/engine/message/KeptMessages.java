package io.tally.engine.message;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import io.tally.protocol.Invariant;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2LongCounterMap;
import org.agrona.collections.LongHashSet;

/**
 * Messages that outlive their journal file: retained ones, wills, and what queues hold of them. Counts who needs each,
 * and tells the state store what to copy and to drop. Owned by the engine thread.
 */
public final class KeptMessages {
    private final Long2LongCounterMap references = new Long2LongCounterMap(0);
    private final LongHashSet toKeep = new LongHashSet();
    private final LongHashSet toDrop = new LongHashSet();
    private final WillTimes willTimes = new WillTimes();

    /** One more needs the message at this position. */
    public void add(long position) {
        if (references.incrementAndGet(position) == 1 && !toDrop.remove(position)) {
            toKeep.add(position);
        }
    }

    /** As {@link #add}, for a reference read back from the state store. */
    public void restore(long position) {
        references.incrementAndGet(position);
    }

    /** One less needs it. */
    public void remove(long position) {
        long left = references.decrementAndGet(position);
        Invariant.check(left >= 0, "a kept message has fewer references than were taken back", position);
        if (left == 0) {
            willTimes.remove(position);
            if (!toKeep.remove(position)) {
                toDrop.add(position);
            }
        }
    }

    /** A will that expires is published: its life begins. */
    public void published(long position, long timeMs) {
        willTimes.put(position, timeMs);
    }

    /** When the will at this position was published; -1 when it does not expire or is no will. */
    public long publishedMs(long position) {
        return willTimes.get(position);
    }

    /** Takes a row of META that {@link #checkpoint} has written. */
    public void restorePublished(DirectBuffer rowKey, DirectBuffer rowValue) {
        willTimes.restore(rowKey, rowValue);
    }

    /**
     * Every reference has been restored: what is kept without one was needed by sessions that ended with their
     * connections, whose queues are not stored. The next checkpoint drops it.
     */
    public void loaded(StateStore store) {
        willTimes.retain(position -> references.get(position) > 0);
        store.forEach(Table.MESSAGE, (key, keyLength, value, length) -> {
            long position = key.getLong(0, BIG_ENDIAN);
            if (references.get(position) == 0) {
                toDrop.add(position);
            }
        });
    }

    /** Writes what has changed since the last checkpoint into the open batch. */
    public void checkpoint(StateStore store) {
        LongHashSet.LongIterator keep = toKeep.iterator();
        while (keep.hasNext()) {
            store.keepMessage(keep.nextValue());
        }
        LongHashSet.LongIterator drop = toDrop.iterator();
        while (drop.hasNext()) {
            store.dropMessage(drop.nextValue());
        }
        toKeep.clear();
        toDrop.clear();
        willTimes.checkpoint(store);
    }
}
