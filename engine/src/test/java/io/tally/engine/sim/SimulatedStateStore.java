package io.tally.engine.sim;

import io.tally.engine.port.MessageReader;
import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A state store in memory. A batch is first taken over, then applied (reads see it), then flushed (it survives a
 * crash), each when the simulation says so. Refuses what no engine may do: a position that is not forced, a delete
 * of a row that is not there, rows without a key.
 */
public final class SimulatedStateStore implements StateStore {
    private static final int KEY_LENGTH_MAX = 70_000;

    private final SimulatedJournal journal;
    private final ArrayDeque<Batch> waiting = new ArrayDeque<>();
    private final List<Batch> unflushed = new ArrayList<>();
    private Content applied = new Content();
    private Content flushed = new Content();

    /** Keys as they will be when everything handed over so far is applied. */
    private final Map<Table, TreeSet<Key>> present = new EnumMap<>(Table.class);

    private @Nullable Batch open;
    private boolean isBusy;
    private boolean hasBatches;
    private long lastBatch;
    private long appliedBatch;
    private long reflectedPosition;

    SimulatedStateStore(SimulatedJournal journal) {
        this.journal = journal;
    }

    private record Key(byte[] bytes) implements Comparable<Key> {
        static Key of(DirectBuffer buffer, int length) {
            AuditFailure.check(length > 0 && length <= KEY_LENGTH_MAX, "a row has a key of good length", length);
            return new Key(SimulatedJournal.copy(buffer, 0, length));
        }

        @Override
        public int compareTo(Key other) {
            return Arrays.compareUnsigned(bytes, other.bytes);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && Arrays.equals(bytes, key.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return Arrays.toString(bytes);
        }
    }

    /** A message that has left the journal. */
    private record Kept(long timeMs, byte[] command) {}

    /** A change: of a row when there is a table, of a kept message otherwise; null = remove. */
    private record Change(@Nullable Table table, @Nullable Key key, long position, byte @Nullable [] value) {}

    private record Batch(long number, List<Change> changes, long[] reflected) {}

    /** All rows at one moment. */
    private static final class Content {
        final Map<Table, TreeMap<Key, byte[]>> tables = new EnumMap<>(Table.class);
        final TreeMap<Long, Kept> messages = new TreeMap<>();
        long reflectedPosition;

        Content() {
            for (Table table : Table.values()) {
                tables.put(table, new TreeMap<>());
            }
        }

        Content copy() {
            Content copy = new Content();
            tables.forEach((table, rows) -> copy.rows(table).putAll(rows));
            copy.messages.putAll(messages);
            copy.reflectedPosition = reflectedPosition;
            return copy;
        }

        TreeMap<Key, byte[]> rows(Table table) {
            TreeMap<Key, byte[]> rows = tables.get(table);
            if (rows == null) {
                throw new IllegalStateException("no table " + table);
            }
            return rows;
        }
    }

    // ---- the port ----

    @Override
    public boolean tryBegin() {
        AuditFailure.check(open == null, "a batch ends before the next begins");
        if (isBusy) {
            return false;
        }
        open = new Batch(lastBatch + 1, new ArrayList<>(), new long[1]);
        hasBatches = true;
        return true;
    }

    private TreeSet<Key> present(Table table) {
        return present.computeIfAbsent(table, t -> new TreeSet<>(applied.rows(t).keySet()));
    }

    private Batch open() {
        if (open == null) {
            throw new AuditFailure("mutations stand within a batch");
        }
        return open;
    }

    @Override
    public void put(Table table, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength) {
        AuditFailure.check(valueLength >= 0, "a row has a value");
        byte[] bytes = SimulatedJournal.copy(value, 0, valueLength);
        Key row = Key.of(key, keyLength);
        present(table).add(row);
        open().changes.add(new Change(table, row, 0, bytes));
    }

    @Override
    public void delete(Table table, DirectBuffer key, int keyLength) {
        Key row = Key.of(key, keyLength);
        AuditFailure.check(present(table).remove(row), "only rows that are there are deleted", table, row);
        open().changes.add(new Change(table, row, 0, null));
    }

    @Override
    public void keepMessage(long position) {
        open().changes.add(new Change(null, null, position, new byte[0]));
    }

    @Override
    public void dropMessage(long position) {
        open().changes.add(new Change(null, null, position, null));
    }

    @Override
    public long commit(long position) {
        Batch batch = open();
        AuditFailure.check(position <= journal.forcedPosition(), "the store reflects only what is forced", position);
        AuditFailure.check(position >= reflectedPosition, "the reflected position does not go back", position);
        reflectedPosition = position;
        batch.reflected[0] = position;
        waiting.add(batch);
        lastBatch = batch.number;
        open = null;
        isBusy = true;
        return batch.number;
    }

    @Override
    public long appliedBatch() {
        return appliedBatch;
    }

    @Override
    public long durablePosition() {
        return flushed.reflectedPosition;
    }

    @Override
    public int get(Table table, DirectBuffer key, int keyLength, MutableDirectBuffer into) {
        byte[] value = applied.rows(table).get(Key.of(key, keyLength));
        if (value == null) {
            return -1;
        }
        into.putBytes(0, value);
        return value.length;
    }

    @Override
    public void forEach(Table table, RowHandler handler) {
        AuditFailure.check(!hasBatches, "rows are visited before the first batch only");
        if (table == Table.MESSAGE) {
            applied.messages.forEach((position, kept) -> {
                UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
                key.putLong(0, position, ByteOrder.BIG_ENDIAN);
                handler.onRow(key, Long.BYTES, new UnsafeBuffer(kept.command), kept.command.length);
            });
            return;
        }
        applied.rows(table)
                .forEach((key, value) -> handler.onRow(
                        new UnsafeBuffer(key.bytes), key.bytes.length, new UnsafeBuffer(value), value.length));
    }

    // ---- the world ----

    /** Reads the journal, and what has left it. */
    MessageReader reader() {
        return (position, view) -> {
            long timeMs = journal.read(position, view);
            Kept kept = timeMs >= 0 ? null : applied.messages.get(position);
            if (kept == null) {
                return timeMs;
            }
            view.wrap(kept.command);
            return kept.timeMs;
        };
    }

    /** The batch handed over last has been taken: the next may begin. */
    boolean takeOver() {
        boolean was = isBusy;
        isBusy = false;
        return was;
    }

    /** Applies the oldest waiting batch; false when there is none. */
    boolean apply() {
        Batch batch = waiting.poll();
        if (batch == null) {
            return false;
        }
        apply(batch, applied, true);
        appliedBatch = batch.number;
        unflushed.add(batch);
        if (waiting.isEmpty()) {
            isBusy = false;
        }
        return true;
    }

    private void apply(Batch batch, Content content, boolean first) {
        for (int i = 0; i < batch.changes.size(); i++) {
            Change change = batch.changes.get(i);
            if (change.table == null) {
                applyMessage(change, content, first);
            } else if (change.key != null && change.value != null) {
                content.rows(change.table).put(change.key, change.value);
            } else if (change.key != null) {
                content.rows(change.table).remove(change.key);
            }
        }
        content.reflectedPosition = batch.reflected[0];
    }

    private void applyMessage(Change change, Content content, boolean first) {
        if (change.value == null) {
            content.messages.remove(change.position);
            return;
        }
        if (!first) {
            Kept kept = applied.messages.get(change.position);
            if (kept != null) {
                content.messages.put(change.position, kept);
            }
            return;
        }
        UnsafeBuffer view = new UnsafeBuffer(0, 0);
        long timeMs = journal.read(change.position, view);
        AuditFailure.check(timeMs >= 0, "a message is copied before its file is deleted", change.position);
        content.messages.put(change.position, new Kept(timeMs, SimulatedJournal.copy(view, 0, view.capacity())));
    }

    /** Makes durable what is applied; false when there is nothing new. */
    boolean flush() {
        if (unflushed.isEmpty()) {
            return false;
        }
        for (Batch batch : unflushed) {
            apply(batch, flushed, false);
        }
        unflushed.clear();
        return true;
    }

    /** What a process would find that died now. */
    SimulatedStateStore copyFlushed() {
        SimulatedStateStore copy = new SimulatedStateStore(journal);
        copy.flushed = flushed.copy();
        copy.crash();
        return copy;
    }

    /** Only what is flushed survives. */
    void crash() {
        applied = flushed.copy();
        present.clear();
        waiting.clear();
        unflushed.clear();
        open = null;
        isBusy = false;
        hasBatches = false;
        lastBatch = 0;
        appliedBatch = 0;
        reflectedPosition = flushed.reflectedPosition;
    }

    /** Rows that reads see, for the trace and for tests. */
    public int rowCount(Table table) {
        return applied.rows(table).size();
    }

    /** Positions of the messages copied out of the journal that are still kept. */
    Set<Long> kept() {
        return applied.messages.keySet();
    }
}
