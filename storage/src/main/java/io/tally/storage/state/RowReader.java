package io.tally.storage.state;

import io.tally.engine.port.StateStore.RowHandler;
import io.tally.engine.port.Table;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** Reads rows on one thread. */
final class RowReader implements AutoCloseable {
    private static final int SCAN_READ_AHEAD_BYTES = 2 << 20;

    private final RocksTables tables;
    private final ReadOptions readOptions = new ReadOptions();
    private ByteBuffer key = ByteBuffer.allocateDirect(512);
    private ByteBuffer value = ByteBuffer.allocateDirect(16 << 10);

    RowReader(RocksTables tables) {
        this.tables = tables;
    }

    /** Copies the value of a row to {@code into} at 0; -1 when there is no such row. */
    int get(Table table, DirectBuffer rowKey, int keyLength, MutableDirectBuffer into) {
        key = atLeast(key, keyLength);
        rowKey.getBytes(0, key, 0, keyLength);
        int length = get(table, keyLength);
        if (length > value.capacity()) {
            value = atLeast(value, length);
            length = get(table, keyLength);
        }
        if (length == RocksDB.NOT_FOUND) {
            return -1;
        }
        into.putBytes(0, value, 0, length);
        return length;
    }

    private int get(Table table, int keyLength) {
        key.position(0).limit(keyLength);
        value.clear();
        try {
            return tables.db().get(tables.family(table.id()), readOptions, key, value);
        } catch (RocksDBException e) {
            throw new StoreException("cannot read the state store in " + tables.directory() + ": " + e.getMessage(), e);
        }
    }

    /** Visits every row of a table, in the order of the keys. Whoever is shown a row may read others meanwhile. */
    void forEach(Table table, RowHandler handler) {
        ByteBuffer rowKey = ByteBuffer.allocateDirect(key.capacity());
        ByteBuffer row = ByteBuffer.allocateDirect(value.capacity());
        UnsafeBuffer keyView = new UnsafeBuffer(rowKey);
        UnsafeBuffer rowView = new UnsafeBuffer(row);
        try (ReadOptions options = new ReadOptions()
                        .setReadaheadSize(SCAN_READ_AHEAD_BYTES)
                        .setFillCache(false);
                RocksIterator rows = tables.db().newIterator(tables.family(table.id()), options)) {
            for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                int keyLength = rows.key(rowKey.clear());
                int length = rows.value(row.clear());
                if (keyLength > rowKey.capacity() || length > row.capacity()) {
                    rowKey = atLeast(rowKey, keyLength);
                    row = atLeast(row, length);
                    rows.key(rowKey.clear());
                    rows.value(row.clear());
                    keyView.wrap(rowKey);
                    rowView.wrap(row);
                }
                handler.onRow(keyView, keyLength, rowView, length);
            }
            rows.status();
        } catch (RocksDBException e) {
            throw new StoreException("cannot read the state store in " + tables.directory() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        readOptions.close();
    }

    private static ByteBuffer atLeast(ByteBuffer buffer, int length) {
        return length <= buffer.capacity()
                ? buffer
                : ByteBuffer.allocateDirect(Math.max(length, 2 * buffer.capacity()));
    }
}
