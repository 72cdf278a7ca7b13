package io.tally.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A state store in memory that applies every batch at once. */
public final class MemoryStateStore implements StateStore {
    private final List<TreeMap<String, byte[]>> rows = new ArrayList<>();
    private long batch;
    private long reflected;
    private int reads;

    public MemoryStateStore() {
        for (Table table : Table.values()) {
            rows.add(table.id(), new TreeMap<>());
        }
    }

    public int count(Table table) {
        return rows.get(table.id()).size();
    }

    /** Rows that were asked for by their key. */
    public int reads() {
        return reads;
    }

    @Override
    public boolean tryBegin() {
        return true;
    }

    @Override
    public void put(Table table, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength) {
        rows.get(table.id()).put(string(key, keyLength), bytes(value, valueLength));
    }

    @Override
    public void delete(Table table, DirectBuffer key, int keyLength) {
        rows.get(table.id()).remove(string(key, keyLength));
    }

    @Override
    public void keepMessage(long position) {
        rows.get(Table.MESSAGE.id()).put(key(position), new byte[0]);
    }

    @Override
    public void dropMessage(long position) {
        rows.get(Table.MESSAGE.id()).remove(key(position));
    }

    @Override
    public long commit(long reflectedPosition) {
        reflected = reflectedPosition;
        return ++batch;
    }

    @Override
    public long appliedBatch() {
        return batch;
    }

    @Override
    public long durablePosition() {
        return reflected;
    }

    @Override
    public int get(Table table, DirectBuffer key, int keyLength, MutableDirectBuffer into) {
        reads++;
        byte[] value = rows.get(table.id()).get(string(key, keyLength));
        if (value == null) {
            return -1;
        }
        into.putBytes(0, value);
        return value.length;
    }

    @Override
    public void forEach(Table table, RowHandler handler) {
        rows.get(table.id()).forEach((key, value) -> {
            byte[] keyBytes = key.getBytes(ISO_8859_1);
            handler.onRow(new UnsafeBuffer(keyBytes), keyBytes.length, new UnsafeBuffer(value), value.length);
        });
    }

    private static String key(long position) {
        UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        key.putLong(0, position, ByteOrder.BIG_ENDIAN);
        return string(key, Long.BYTES);
    }

    private static String string(DirectBuffer buffer, int length) {
        return new String(bytes(buffer, length), ISO_8859_1);
    }

    private static byte[] bytes(DirectBuffer buffer, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }
}
