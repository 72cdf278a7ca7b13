package io.tally.perf.jmh;

import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** A state store that holds nothing and is never ready for a batch: checkpoints take no part in a benchmark. */
public final class DiscardingStore implements StateStore {
    @Override
    public boolean tryBegin() {
        return false;
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
        throw new IllegalStateException("no batch has begun");
    }

    @Override
    public long appliedBatch() {
        return 0;
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
