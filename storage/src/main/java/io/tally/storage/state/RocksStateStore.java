package io.tally.storage.state;

import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import io.tally.protocol.Invariant;
import io.tally.storage.sequencer.Doorbell;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The state store in RocksDB, as the engine sees it. Owned by the engine thread; {@link StoreAgent} does the writing.
 *
 * <p>Two buffers go round: the engine fills one with net mutations while the store's thread writes the other. A batch
 * and the position it reflects are one write of RocksDB, and all column families are flushed as one: what a crash
 * leaves is the state at some reflected position, never a mixture.
 */
public final class RocksStateStore implements StateStore, AutoCloseable {
    private static final int BUFFER_COUNT = 2;

    private final RocksTables tables;
    private final RowReader rows;
    private final Doorbell agentBell;
    private final MutationBuffer[] buffers = {new MutationBuffer(), new MutationBuffer()};

    private boolean isOpen;
    private volatile long committedBatch;
    private volatile long appliedBatch;
    private volatile long durablePosition;

    private RocksStateStore(RocksTables tables, Doorbell agentBell) {
        this.tables = tables;
        this.agentBell = agentBell;
        rows = new RowReader(tables);
        durablePosition = tables.reflectedPosition();
    }

    /** Whether there is a store to open; otherwise opening makes an empty one. */
    public static boolean isPresent(StoreConfig config) {
        return RocksTables.isPresent(config.directory());
    }

    /**
     * Opens the store, making it when it is not there. {@link #durablePosition} then says what it reflects.
     *
     * @param agentBell rung when there is a batch for the {@link StoreAgent}
     */
    public static RocksStateStore open(StoreConfig config, Doorbell agentBell) {
        return new RocksStateStore(RocksTables.open(config), agentBell);
    }

    @Override
    public boolean tryBegin() {
        Invariant.check(!isOpen, "one batch at a time");
        isOpen = committedBatch - appliedBatch < BUFFER_COUNT;
        if (isOpen) {
            open().clear();
        }
        return isOpen;
    }

    @Override
    public void put(Table table, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength) {
        Invariant.check(isOpen, "mutations belong to a batch");
        open().put(table, key, keyLength, value, valueLength);
    }

    @Override
    public void delete(Table table, DirectBuffer key, int keyLength) {
        Invariant.check(isOpen, "mutations belong to a batch");
        open().delete(table, key, keyLength);
    }

    @Override
    public void keepMessage(long position) {
        Invariant.check(isOpen, "mutations belong to a batch");
        open().keepMessage(position);
    }

    @Override
    public void dropMessage(long position) {
        Invariant.check(isOpen, "mutations belong to a batch");
        open().dropMessage(position);
    }

    @Override
    public long commit(long reflectedPosition) {
        Invariant.check(isOpen, "mutations belong to a batch");
        open().reflectedPosition(reflectedPosition);
        isOpen = false;
        long batch = committedBatch + 1;
        committedBatch = batch;
        agentBell.ring();
        return batch;
    }

    @Override
    public long appliedBatch() {
        return appliedBatch;
    }

    @Override
    public long durablePosition() {
        return durablePosition;
    }

    @Override
    public int get(Table table, DirectBuffer key, int keyLength, MutableDirectBuffer into) {
        return rows.get(table, key, keyLength, into);
    }

    @Override
    public void forEach(Table table, RowHandler handler) {
        rows.forEach(table, handler);
    }

    /** Closes the database; after the agent's thread and every reader have ended. */
    @Override
    public void close() {
        rows.close();
        tables.close();
    }

    /** A reader for another thread, to be closed before the store. */
    RowReader newRowReader() {
        return new RowReader(tables);
    }

    RocksTables tables() {
        return tables;
    }

    /** Newest batch that the agent may write; agent's thread. */
    long committedBatch() {
        return committedBatch;
    }

    /** The batch of this number, between its commit and {@link #onApplied}; agent's thread. */
    MutationBuffer batch(long number) {
        return buffers[(int) (number % BUFFER_COUNT)];
    }

    /** The batch can be seen, and its buffer is the engine's again; agent's thread. */
    void onApplied(long number) {
        appliedBatch = number;
    }

    /** Agent's thread. */
    void onDurable(long position) {
        durablePosition = position;
    }

    private MutationBuffer open() {
        return batch(committedBatch + 1);
    }
}
