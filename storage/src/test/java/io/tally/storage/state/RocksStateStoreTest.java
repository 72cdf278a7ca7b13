package io.tally.storage.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Table;
import io.tally.engine.state.Rows;
import io.tally.protocol.Invariant;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;

class RocksStateStoreTest {
    @TempDir
    private Path directory;

    @Test
    void newStoreReflectsNothing() {
        try (StoreRig rig = new StoreRig(directory)) {
            assertEquals(0, rig.store.durablePosition());
            assertEquals(0, rig.store.appliedBatch());
            assertEquals("-", rig.get(Table.SESSION, "a"));
            assertEquals(Map.of(), rig.rows(Table.SESSION));
        }
    }

    @Test
    void batchShowsWhenTheAgentHasWrittenIt() {
        try (StoreRig rig = new StoreRig(directory)) {
            assertTrue(rig.store.tryBegin());
            rig.put(Table.SESSION, "a", "1");
            rig.put(Table.QUEUE, "a", "2");
            assertEquals(1, rig.store.commit(100));
            assertEquals("-", rig.get(Table.SESSION, "a"));
            rig.workAfter(0);
            assertEquals(1, rig.store.appliedBatch());
            assertEquals("1", rig.get(Table.SESSION, "a"));
            assertEquals("2", rig.get(Table.QUEUE, "a"));
            assertEquals(0, rig.store.durablePosition());
        }
    }

    @Test
    void lastMutationOfARowCounts() {
        try (StoreRig rig = new StoreRig(directory)) {
            rig.store.tryBegin();
            rig.put(Table.META, "a", "1");
            rig.put(Table.META, "b", "1");
            rig.put(Table.META, "a", "");
            rig.delete(Table.META, "b");
            rig.store.commit(100);
            rig.workAfter(0);
            assertEquals(Map.of("a", ""), rig.rows(Table.META));
        }
    }

    /** As a group's row, whose queues read their blocks while the rest of it has yet to be read. */
    @Test
    void aRowThatIsVisitedStaysAsItIsWhileOthersAreRead() {
        try (StoreRig rig = new StoreRig(directory)) {
            rig.store.tryBegin();
            rig.put(Table.GROUP, "a", "1".repeat(100));
            rig.put(Table.GROUP, "b", "2".repeat(100));
            rig.put(Table.QUEUE, "longer than the key of the group", "3".repeat(200));
            rig.put(Table.QUEUE, "long", "4".repeat(100_000));
            rig.store.commit(100);
            rig.workAfter(0);
            Map<String, String> visited = new HashMap<>();
            rig.store.forEach(Table.GROUP, (key, keyLength, value, valueLength) -> {
                rig.get(Table.QUEUE, "longer than the key of the group");
                rig.get(Table.QUEUE, "long");
                visited.put(
                        key.getStringWithoutLengthUtf8(0, keyLength), value.getStringWithoutLengthUtf8(0, valueLength));
            });
            assertEquals(Map.of("a", "1".repeat(100), "b", "2".repeat(100)), visited);
        }
    }

    @Test
    void thirdBatchWaitsForTheFirst() {
        try (StoreRig rig = new StoreRig(directory)) {
            for (int batch = 1; batch <= 2; batch++) {
                assertTrue(rig.store.tryBegin());
                rig.put(Table.META, "n", "" + batch);
                assertEquals(batch, rig.store.commit(batch * 100L));
            }
            assertFalse(rig.store.tryBegin());
            rig.workAfter(0);
            assertEquals("2", rig.get(Table.META, "n"));
            assertTrue(rig.store.tryBegin());
            rig.store.commit(300);
        }
    }

    @Test
    void flushesAfterTheIntervalOnlyWhenSomethingChanged() {
        try (StoreRig rig = new StoreRig(directory)) {
            commit(rig, 100);
            rig.workAfter(0);
            assertEquals(0, rig.workAfter(9_999));
            assertEquals(0, rig.store.durablePosition());
            assertEquals(1, rig.workAfter(1));
            assertEquals(100, rig.store.durablePosition());
            assertEquals(0, rig.workAfter(50_000));
        }
    }

    @Test
    void flushesAfterEnoughProgressOfTheJournal() {
        try (StoreRig rig = new StoreRig(directory)) {
            commit(rig, 64 << 20);
            rig.workAfter(0);
            assertEquals(64 << 20, rig.store.durablePosition());
        }
    }

    @Test
    void reopensWithWhatWasDurable() {
        try (StoreRig rig = new StoreRig(directory)) {
            rig.store.tryBegin();
            rig.put(Table.RETAINED, "topic", "body");
            rig.store.commit(7777);
        }
        try (StoreRig rig = new StoreRig(directory)) {
            assertEquals(7777, rig.store.durablePosition());
            assertEquals("body", rig.get(Table.RETAINED, "topic"));
        }
    }

    @Test
    void bigKeysAndValuesAreWhole() {
        String key = "k".repeat(70_000);
        String value = "v".repeat(3_000_000);
        try (StoreRig rig = new StoreRig(directory)) {
            rig.store.tryBegin();
            rig.put(Table.RETAINED, "small", "s");
            rig.put(Table.RETAINED, key, value);
            rig.put(Table.RETAINED, "zlast", "z");
            rig.store.commit(1);
            rig.workAfter(0);
            assertEquals(value, rig.get(Table.RETAINED, key));
            assertEquals("s", rig.get(Table.RETAINED, "small"));
        }
        try (StoreRig rig = new StoreRig(directory)) {
            assertEquals(Map.of("small", "s", key, value, "zlast", "z"), rig.rows(Table.RETAINED));
            assertEquals(value, rig.get(Table.RETAINED, key));
        }
    }

    @Test
    void keptMessageIsReadWhenTheJournalHasForgottenIt() {
        String big = "b".repeat(100_000);
        try (StoreRig rig = new StoreRig(directory)) {
            rig.journal.put(300L, "hello");
            rig.journal.put(400L, big);
            rig.store.tryBegin();
            rig.store.keepMessage(300);
            rig.store.keepMessage(400);
            rig.store.commit(500);
            assertEquals(0, rig.releases);
            rig.workAfter(0);
            assertEquals(1, rig.releases);
            try (StoredMessages messages = new StoredMessages(rig.reader(), rig.store)) {
                assertMessage("hello", 300, messages);
                rig.journal.clear();
                assertMessage("hello", 300, messages);
                assertMessage(big, 400, messages);
                assertEquals(-1, messages.read(301, new UnsafeBuffer()));
                rig.store.tryBegin();
                rig.store.keepMessage(300);
                rig.store.dropMessage(400);
                rig.store.commit(600);
                rig.workAfter(0);
                assertMessage("hello", 300, messages);
                assertEquals(-1, messages.read(400, new UnsafeBuffer()));
            }
        }
    }

    @Test
    void keepingWhatIsNowhereIsFinal() {
        StoreRig rig = new StoreRig(directory);
        rig.store.tryBegin();
        rig.store.keepMessage(300);
        rig.store.commit(500);
        assertThrows(Invariant.Broken.class, rig.agent::doWork);
        rig.store.close();
    }

    @Test
    void failureOtherThanAFullDiskIsFinal() throws IOException {
        StoreRig rig = new StoreRig(directory);
        commit(rig, 100);
        rig.workAfter(0);
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
        assertThrows(AgentTerminationException.class, () -> rig.workAfter(60_000));
        assertEquals(1, rig.failures.size());
        assertFalse(rig.agent.isDiskFull());
        assertEquals(0, rig.store.durablePosition());
        assertThrows(AgentTerminationException.class, rig.agent::doWork);
        rig.agent.onClose();
        rig.store.close();
    }

    @Test
    void journalIsForcedBeforeTheStoreTakesItsEffects() {
        try (StoreRig rig = new StoreRig(directory)) {
            commit(rig, 100);
            commit(rig, 200);
            rig.workAfter(0);
            assertEquals(List.of(100L, 200L), rig.forcedTo);
        }
    }

    @Test
    void refusesAnotherLayout() throws Exception {
        int older = Rows.VERSION - 1;
        int newer = Rows.VERSION + 1;
        assertRefused(older, "older Tally (layout " + older + ";");
        assertRefused(newer, "newer Tally (layout " + newer + ";");
    }

    private void assertRefused(int layout, String reason) throws Exception {
        Path data = directory.resolve("layout-" + layout);
        Files.createDirectories(data);
        try (StoreRig rig = new StoreRig(data)) {
            rig.store.tables().db().put(SchemaVersion.KEY, StoreRig.bytes(Integer.toString(layout)));
        }
        StoreException refused = assertThrows(StoreException.class, () -> new StoreRig(data));
        assertTrue(refused.toString().contains(reason), refused.toString());
    }

    @Test
    void refusesATableThatItDoesNotKnow() throws Exception {
        try (StoreRig rig = new StoreRig(directory)) {
            rig.store
                    .tables()
                    .db()
                    .createColumnFamily(new ColumnFamilyDescriptor(StoreRig.bytes("bridge")))
                    .close();
        }
        StoreException refused = assertThrows(StoreException.class, () -> new StoreRig(directory));
        assertTrue(refused.toString().contains("newer Tally (table bridge;"), refused.toString());
    }

    private static void assertMessage(String expected, long position, StoredMessages messages) {
        UnsafeBuffer view = new UnsafeBuffer();
        assertEquals(position * 10, messages.read(position, view));
        assertEquals(expected, view.getStringWithoutLengthUtf8(0, view.capacity()));
    }

    private static void commit(StoreRig rig, long position) {
        assertTrue(rig.store.tryBegin());
        rig.put(Table.META, "n", "" + position);
        rig.store.commit(position);
    }

    /** So what a manifest says that could not be forced is written once more before anybody relies on it. */
    @Test
    void everyOpeningWritesAManifestOfItsOwn() throws IOException {
        Set<Path> seen = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            new StoreRig(directory).close();
            try (DirectoryStream<Path> manifests = Files.newDirectoryStream(directory, "MANIFEST-*")) {
                boolean isNew = false;
                for (Path manifest : manifests) {
                    isNew |= seen.add(manifest);
                }
                assertTrue(isNew);
            }
        }
    }
}
