package io.tally.storage.state;

import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Table;
import io.tally.storage.sequencer.Doorbell;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A state store whose agent and clock are driven by hand, with a journal that is a map. Rows are strings. */
final class StoreRig implements AutoCloseable {
    /** Unpacked once for all tests. */
    static final Path NATIVE = Path.of("target", "native");

    final Map<Long, String> journal = new HashMap<>();
    final List<Throwable> failures = new ArrayList<>();
    final List<Long> forcedTo = new ArrayList<>();
    final StoreConfig config;
    final RocksStateStore store;
    final StoreAgent agent;
    int releases;
    long nowNs;

    StoreRig(Path directory) {
        this(StoreConfig.of(directory, NATIVE));
    }

    StoreRig(StoreConfig config) {
        this.config = config;
        store = RocksStateStore.open(config, new Doorbell());
        agent = new StoreAgent(
                store,
                new StoreAgent.Inputs(config, reader(), () -> releases++, forcedTo::add, () -> nowNs),
                failures::add);
    }

    /** Reads the map that plays the journal. */
    MessageReader reader() {
        return (position, view) -> {
            String text = journal.get(position);
            if (text == null) {
                return -1;
            }
            view.wrap(bytes(text));
            return position * 10;
        };
    }

    void put(Table table, String key, String value) {
        put(table, bytes(key), bytes(value));
    }

    void put(Table table, byte[] key, byte[] value) {
        store.put(table, new UnsafeBuffer(key), key.length, new UnsafeBuffer(value), value.length);
    }

    void delete(Table table, String key) {
        store.delete(table, new UnsafeBuffer(bytes(key)), bytes(key).length);
    }

    /** The row's value as text, "-" when there is none. */
    String get(Table table, String key) {
        ExpandableArrayBuffer into = new ExpandableArrayBuffer(8);
        int length = store.get(table, new UnsafeBuffer(bytes(key)), bytes(key).length, into);
        return length < 0 ? "-" : into.getStringWithoutLengthUtf8(0, length);
    }

    Map<String, String> rows(Table table) {
        Map<String, String> rows = new TreeMap<>();
        store.forEach(
                table,
                (key, keyLength, value, valueLength) -> rows.put(
                        key.getStringWithoutLengthUtf8(0, keyLength),
                        value.getStringWithoutLengthUtf8(0, valueLength)));
        return rows;
    }

    /** Moves time and lets the agent work. */
    int workAfter(long ms) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(ms);
        return agent.doWork();
    }

    @Override
    public void close() {
        agent.onClose();
        store.close();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
