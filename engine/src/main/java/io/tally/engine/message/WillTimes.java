package io.tally.engine.message;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import java.util.function.LongPredicate;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.LongHashSet;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * When wills that expire were published: their Message Expiry Interval runs from then, not from the CONNECT that
 * brought them. Kept as long as the message itself. Owned by the engine thread.
 *
 * <p>Row of META: key {@link #ROW} and position (big endian, 8 bytes); value epoch milliseconds.
 */
final class WillTimes {
    static final byte ROW = 1;

    private static final int KEY_LENGTH = 9;

    private final Long2LongHashMap times = new Long2LongHashMap(-1);
    private final LongHashSet toWrite = new LongHashSet();
    private final LongHashSet toDelete = new LongHashSet();
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[KEY_LENGTH]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[8]);

    void put(long position, long timeMs) {
        times.put(position, timeMs);
        toWrite.add(position);
    }

    /** -1 when this is no such will. */
    long get(long position) {
        return times.get(position);
    }

    void remove(long position) {
        if (times.remove(position) != -1 && !toWrite.remove(position)) {
            toDelete.add(position);
        }
    }

    void checkpoint(StateStore store) {
        LongHashSet.LongIterator write = toWrite.iterator();
        while (write.hasNext()) {
            long position = write.nextValue();
            value.putLong(0, times.get(position), LITTLE_ENDIAN);
            store.put(Table.META, key(position), KEY_LENGTH, value, 8);
        }
        LongHashSet.LongIterator delete = toDelete.iterator();
        while (delete.hasNext()) {
            store.delete(Table.META, key(delete.nextValue()), KEY_LENGTH);
        }
        toWrite.clear();
        toDelete.clear();
    }

    void restore(DirectBuffer rowKey, DirectBuffer rowValue) {
        times.put(rowKey.getLong(1, BIG_ENDIAN), rowValue.getLong(0, LITTLE_ENDIAN));
    }

    /** Drops what no reference was restored for: it was needed by a session that ended with its connection. */
    void retain(LongPredicate isReferred) {
        long[] positions = times.keySet().stream().mapToLong(Long::longValue).toArray();
        for (long position : positions) {
            if (!isReferred.test(position)) {
                remove(position);
            }
        }
    }

    private UnsafeBuffer key(long position) {
        key.putByte(0, ROW);
        key.putLong(1, position, BIG_ENDIAN);
        return key;
    }
}
