package io.tally.perf.jmh;

import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** A state store that takes every batch and holds nothing: what checkpoints write takes no part in a benchmark. */
public final class DiscardingStore implements StateStore {
    private long batches;

    @Override
    public boolean tryBegin() {
        return true;
    }

    @Override
    public void put(Table table, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength) {}

    @Override
    public void delete(Table table, DirectBuffer key, int keyLength) {}

    @Override
    public void keepMessage(long position) {}

    @Override
    public void dropMessage(long position) {}

    @Override
    public long commit(long reflectedPosition) {
        return ++batches;
    }

    @Override
    public long appliedBatch() {
        return batches;
    }

    @Override
    public long durablePosition() {
        return 0;
    }

    @Override
    public int get(Table table, DirectBuffer key, int keyLength, MutableDirectBuffer into) {
        return -1;
    }

    @Override
    public void forEach(Table table, RowHandler handler) {}
}
