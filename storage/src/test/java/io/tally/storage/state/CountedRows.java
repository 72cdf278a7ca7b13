package io.tally.storage.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.engine.port.Table;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;

/** Rows that are a function of the reflected position: what a store holds can be checked against what it must hold. */
final class CountedRows {
    private static final int KEYS = 40;

    private CountedRows() {}

    /** Puts into every table one row of this position, and deletes an older one. */
    static void write(RocksStateStore store, long position) {
        byte[] put = StoreRig.bytes(key(position));
        byte[] deleted = StoreRig.bytes(key(position + KEYS / 2));
        byte[] value = StoreRig.bytes(value(position));
        for (Table table : Table.values()) {
            store.put(table, new UnsafeBuffer(put), put.length, new UnsafeBuffer(value), value.length);
            store.delete(table, new UnsafeBuffer(deleted), deleted.length);
        }
    }

    /** Checks every row of every table against the position that the store says it reflects. */
    static void check(RocksStateStore store, long reflectedPosition) {
        Map<String, String> expected = new TreeMap<>();
        for (long position = Math.max(1, reflectedPosition - KEYS); position <= reflectedPosition; position++) {
            expected.put(key(position), value(position));
            expected.remove(key(position + KEYS / 2));
        }
        for (Table table : Table.values()) {
            Map<String, String> rows = new TreeMap<>();
            store.forEach(
                    table,
                    (key, keyLength, value, valueLength) -> rows.put(
                            key.getStringWithoutLengthUtf8(0, keyLength),
                            value.getStringWithoutLengthUtf8(0, valueLength)));
            assertEquals(expected, rows, "rows of " + table + " at " + reflectedPosition);
        }
    }

    private static String key(long position) {
        return "key" + position % KEYS;
    }

    /** Up to 2000 characters that do not compress. */
    private static String value(long position) {
        SplittableRandom random = new SplittableRandom(position);
        StringBuilder value = new StringBuilder().append(position);
        for (int i = random.nextInt(200); i > 0; i--) {
            value.append(Long.toHexString(random.nextLong()));
        }
        return value.toString();
    }
}
