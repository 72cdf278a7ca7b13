package io.tally.engine.port;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The view of the journal that survives restarts, as the engine sees it. Keys and values are opaque bytes. Owned by the
 * engine thread; the work is done elsewhere.
 */
public interface StateStore {
    /** Starts a batch of net mutations; false when the batch before is still being taken over: try again later. */
    boolean tryBegin();

    /** Replaces a row. Bytes are copied. */
    void put(Table table, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength);

    void delete(Table table, DirectBuffer key, int keyLength);

    /** Copies the command at this position of the journal into {@link Table#MESSAGE}. */
    void keepMessage(long position);

    void dropMessage(long position);

    /**
     * Ends the batch. From it on the store reflects every command up to and including {@code reflectedPosition}; all of
     * a batch becomes durable at once or not at all.
     *
     * @return number of this batch, from 1 on, growing by one
     */
    long commit(long reflectedPosition);

    /** The newest batch that {@link #get} can see. */
    long appliedBatch();

    /**
     * The reflected position that survives power loss and kill: the journal before it is no longer needed for
     * recovery.
     */
    long durablePosition();

    /**
     * Copies the value of a row to {@code into} at 0 (growing it is the buffer's matter); -1 when there is no such
     * row.
     */
    int get(Table table, DirectBuffer key, int keyLength, MutableDirectBuffer into);

    /** Visits every row of a table. At start only, before the first batch. Other rows may be read meanwhile. */
    void forEach(Table table, RowHandler handler);

    /** Takes one row. */
    interface RowHandler {
        void onRow(DirectBuffer key, int keyLength, DirectBuffer value, int valueLength);
    }
}
