package io.tally.engine.delivery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tally.engine.MemoryStateStore;
import io.tally.engine.message.FileReferences;
import io.tally.engine.message.KeptMessages;
import io.tally.engine.port.Positions;
import io.tally.engine.port.Table;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.Test;

/** The queue of one session, against a plain list. */
class SessionQueueTest {
    private static final int QOS_1 = 1;
    private static final int QOS_2 = 2;
    private static final int[] NO_IDS = {};

    private final MemoryStateStore store = new MemoryStateStore();
    private FileReferences files = new FileReferences();
    private KeptMessages kept = new KeptMessages();
    private QueueRows rows = new QueueRows(store, files, kept);
    private SessionQueue queue = new SessionQueue(rows, 7, true);
    private long batch;

    @Test
    void packetIdsFollowTheOrderOfTheQueueAndAreNeverZero() {
        assertEquals(1, SessionQueue.packetId(0));
        assertEquals(65_535, SessionQueue.packetId(65_534));
        assertEquals(1, SessionQueue.packetId(65_535));
    }

    @Test
    void aQos2EntryEndsOnlyAfterItWasReleased() {
        queue.enqueue(position(0), 10, QOS_2, NO_IDS);
        assertTrue(queue.release(0));
        assertEquals(Entry.RELEASED, queue.meta(0) & Entry.RELEASED);
        assertFalse(files.isReferred(1), "a released message is the client's");
        assertTrue(queue.finish(0));
        assertFalse(queue.finish(0));
        assertTrue(queue.isEmpty());
    }

    @Test
    void whatIsCreatedAndFinishedBetweenCheckpointsNeverReachesTheStore() {
        for (int i = 0; i < 1000; i++) {
            queue.enqueue(position(i), 10, QOS_1, NO_IDS);
        }
        for (int i = 0; i < 1000; i++) {
            assertTrue(queue.finish(i));
        }
        checkpoint();
        assertEquals(0, store.count(Table.QUEUE));
    }

    @Test
    void fewerAreOutWhenAKeptMessageIsNext() {
        for (int i = 0; i < 10; i++) {
            queue.enqueue(position(i), 10, i == 3 || i == 4 ? QOS_2 | Entry.KEPT : QOS_2, NO_IDS);
        }
        queue.restartPushing();
        assertEquals(2, push(5, 2), "0 to 2 are not kept, 3 is");
        queue.release(0);
        queue.finish(0);
        assertEquals(-1, push(5, 2), "two are out");
        queue.release(1);
        queue.finish(1);
        assertEquals(3, push(5, 2), "one is out");
        queue.release(4);
        assertEquals(6, push(5, 2), "4 is only to be released");
    }

    private long push(int countMax, int keptCountMax) {
        long last = -1;
        while (queue.hasNext(countMax, keptCountMax, Long.MAX_VALUE)) {
            last = queue.next();
        }
        return last;
    }

    @Test
    void aLongQueueLeavesMemoryAndComesBackInOrder() {
        for (int i = 0; i < 100_000; i++) {
            queue.enqueue(position(i), 10, QOS_1, NO_IDS);
            if (i % 5000 == 0) {
                checkpoint();
                rows.spill();
            }
        }
        checkpoint();
        rows.spill();
        assertTrue(queue.residentBlocks() < 20, "resident blocks: " + queue.residentBlocks());
        queue.restartPushing();
        for (int i = 0; i < 100_000; i++) {
            assertTrue(queue.hasNext(10, 10, 1 << 20));
            long sequence = queue.next();
            assertEquals(i, sequence);
            assertEquals(position(i), queue.position(sequence));
            assertTrue(queue.finish(queue.sequenceOf(SessionQueue.packetId(sequence))));
        }
        checkpoint();
        assertEquals(0, store.count(Table.QUEUE));
        assertFalse(files.isReferred(1));
    }

    @Test
    void aLongQueueThatIsDrainedTakesItsBlocksFromThoseThatAreFinished() {
        int count = 100_000;
        for (int i = 0; i < count; i++) {
            queue.enqueue(position(i), 10, QOS_1, NO_IDS);
        }
        checkpoint();
        rows.spill();
        queue.restartPushing();
        drain(count / 10);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        drain(count / 2);
        long perBlock =
                (threads.getCurrentThreadAllocatedBytes() - before) / ((count / 2 - count / 10) / Block.ENTRIES);
        assertTrue(perBlock < Block.ENTRIES * Long.BYTES, "bytes for each block: " + perBlock);
    }

    private void drain(int end) {
        for (long sequence = 0; sequence < end - 1; ) {
            sequence = queue.next();
            assertEquals(position((int) sequence), queue.position(sequence));
            queue.finish(sequence);
        }
    }

    @Test
    void blocksThatAreReadBackAndNewOnesHaveArraysOfTheirOwn() {
        int count = 50_000;
        for (int i = 0; i < count; i++) {
            queue.enqueue(position(i), 10, QOS_1, NO_IDS);
        }
        checkpoint();
        rows.spill();
        queue.restartPushing();
        for (int i = 0; i < count; i++) {
            long sequence = queue.next();
            queue.enqueue(position(count + i), 10, QOS_1, NO_IDS);
            assertEquals(position(i + Block.ENTRIES), queue.position(sequence + Block.ENTRIES));
            assertEquals(position(i), queue.position(sequence));
            queue.finish(sequence);
        }
        for (int i = 0; i < count; i++) {
            assertEquals(position(count + i), queue.position(count + i));
        }
    }

    @Test
    void aFinishedBlockThatNobodyNeedsHoldsNothing() {
        Block first = Block.spilled(0, Block.ENTRIES);
        first.entries = new long[2 * Block.ENTRIES];
        rows.recycle(first);
        assertNotNull(first.entries, "kept for who needs one");
        Block last = first;
        for (int i = 1; i < 1000; i++) {
            last = Block.spilled(i, Block.ENTRIES);
            last.entries = new long[2 * Block.ENTRIES];
            rows.recycle(last);
        }
        assertNull(last.entries);
    }

    @Test
    void cleaningPassesOverABoundedPartOfAQueueAtATime() {
        queue.enqueue(Positions.of(1, 64), 10, QOS_1, NO_IDS);
        for (int i = 0; i < 10_000; i++) {
            queue.enqueue(Positions.of(2, 64 * (1 + i)), 10, QOS_1, NO_IDS);
        }
        queue.enqueue(Positions.of(1, 128), 10, QOS_1, NO_IDS); // Given back by somebody else.
        int steps = 0;
        for (; queue.refersTo(1); steps++) {
            int cost = queue.keep(1, 10);
            assertTrue(cost >= 1 && cost <= 10, "cost " + cost);
        }
        assertEquals(63, steps);
        assertFalse(files.isReferred(1));
    }

    @Test
    void cleaningAFileInTheMiddleOfALongQueueReadsItsBlocksOnlyAndLetsThemGoAgain() {
        for (int i = 0; i < 100_000; i++) {
            queue.enqueue(Positions.of(1 + i / 1000, 64 * (1 + i % 1000)), 10, QOS_1, NO_IDS);
        }
        checkpoint();
        rows.spill();
        checkpoint();
        rows.spill();
        int resident = queue.residentBlocks();
        int reads = store.reads();
        assertEquals(600, queue.keep(50, 600));
        assertEquals(400, queue.keep(50, 600));
        assertTrue(store.reads() - reads <= 2 + 1000 / Block.ENTRIES + 2, "blocks read: " + (store.reads() - reads));
        assertFalse(files.isReferred(50));
        assertTrue(files.isReferred(49));
        assertTrue(files.isReferred(51));
        assertEquals(Entry.KEPT, queue.meta(49_000) & queue.meta(49_999) & Entry.KEPT);
        assertEquals(0, (queue.meta(48_999) | queue.meta(50_000)) & Entry.KEPT);
        checkpoint();
        rows.spill();
        assertEquals(resident, queue.residentBlocks());
    }

    @Test
    void aRestoredQueueIsTheQueueThatWasWritten() {
        for (long seed = 1; seed <= 50; seed++) {
            runAgainstModel(new SplittableRandom(seed), seed);
        }
    }

    @Test
    void keptEntriesAreFoundInALongBacklogWithoutReadingAllOfIt() {
        for (int i = 0; i < 50_000; i++) {
            queue.enqueue(position(i), 10, i == 3_000 || i == 40_000 ? QOS_1 | Entry.KEPT : QOS_1, NO_IDS);
        }
        checkpoint();
        kept.checkpoint(store);
        assertEquals(2, store.count(Table.MESSAGE));
        int reads = store.reads();
        restore(7);
        assertEquals(2, store.reads() - reads, "blocks with a kept entry");
        queue.keep(1, 1); // The first that is not kept yet: a third block.
        checkpoint();
        reads = store.reads();
        restore(7);
        assertEquals(3, store.reads() - reads, "blocks with a kept entry");
        queue.discard();
        assertEquals(0, queue.residentBlocks());
        kept.checkpoint(store);
        assertEquals(0, store.count(Table.MESSAGE));
        queue.deleteRows();
        assertEquals(0, store.count(Table.META), "marks go with their blocks");
    }

    @Test
    void aMarkGoesWithItsBlock() {
        for (int i = 0; i < 2 * Block.ENTRIES; i++) {
            queue.enqueue(position(i), 10, QOS_1 | Entry.KEPT, NO_IDS);
        }
        checkpoint();
        assertEquals(2, store.count(Table.META));
        for (int i = 0; i < Block.ENTRIES; i++) {
            assertTrue(queue.finish(i));
        }
        checkpoint();
        assertEquals(1, store.count(Table.META));
        restore(7);
        for (int i = Block.ENTRIES; i < 2 * Block.ENTRIES; i++) {
            assertTrue(queue.finish(i));
        }
        checkpoint();
        assertEquals(0, store.count(Table.META));
    }

    @Test
    void anEmptyQueueForgetsSubscriptionIdentifiers() {
        for (int round = 0; round < 3; round++) {
            long first = queue.count();
            for (int i = 0; i < 2 * SubscriptionIds.IDS_MAX; i++) {
                queue.enqueue(position(i), 10, QOS_1, new int[] {i + 1});
            }
            long sequence = (long) round * 2 * SubscriptionIds.IDS_MAX;
            assertEquals(0, first);
            assertArrayEquals(new int[] {7}, queue.subscriptionIds(queue.meta(sequence + 6)));
            assertArrayEquals(NO_IDS, queue.subscriptionIds(queue.meta(sequence + SubscriptionIds.IDS_MAX)));
            for (int i = 0; i < 2 * SubscriptionIds.IDS_MAX; i++) {
                assertTrue(queue.finish(sequence + i));
            }
        }
    }

    @Test
    void theHighestNumberOfASetLeavesTheSizeAlone() {
        for (int i = 0; i < SubscriptionIds.SETS_MAX; i++) {
            queue.enqueue(position(i), 10, QOS_2, new int[] {i + 1});
        }
        long last = SubscriptionIds.SETS_MAX - 1;
        assertTrue(queue.release(last));
        assertArrayEquals(new int[] {SubscriptionIds.SETS_MAX}, queue.subscriptionIds(queue.meta(last)));
        assertTrue(queue.finish(last));
        assertEquals(10 * last, queue.bytes());
    }

    private void runAgainstModel(SplittableRandom random, long seed) {
        files = new FileReferences();
        kept = new KeptMessages();
        rows = new QueueRows(store, files, kept);
        queue = new SessionQueue(rows, seed, true);
        batch = 0;
        ArrayDeque<Long> model = new ArrayDeque<>();
        long next = 0;
        queue.restartPushing();
        for (int step = 0; step < 3000; step++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    queue.enqueue(position(next), 10, QOS_1, NO_IDS);
                    model.add(next++);
                }
                case 2, 3 -> finishOne(random, model);
                default -> {
                    if (random.nextInt(20) == 0) {
                        checkpoint();
                        restore(seed);
                    }
                }
            }
            assertEquals(model.size(), queue.count(), "seed " + seed);
        }
        drain(model, seed);
    }

    private void finishOne(SplittableRandom random, ArrayDeque<Long> model) {
        List<Long> window = new ArrayList<>(model.stream().limit(30).toList());
        if (!window.isEmpty()) {
            long sequence = window.get(random.nextInt(window.size()));
            assertEquals(sequence, queue.sequenceOf(SessionQueue.packetId(sequence)));
            assertEquals(position(sequence), queue.position(sequence));
            assertTrue(queue.finish(sequence));
            model.remove(sequence);
        }
    }

    private void drain(ArrayDeque<Long> model, long seed) {
        queue.restartPushing();
        while (queue.hasNext(Integer.MAX_VALUE, Integer.MAX_VALUE, Long.MAX_VALUE)) {
            assertEquals(model.poll(), queue.next(), "seed " + seed);
        }
        assertTrue(model.isEmpty(), "seed " + seed);
    }

    private void restore(long sessionId) {
        ExpandableArrayBuffer image = new ExpandableArrayBuffer();
        queue.encode(image, 0);
        files = new FileReferences();
        kept = new KeptMessages();
        rows = new QueueRows(store, files, kept);
        store.forEach(Table.META, (key, keyLength, value, length) -> rows.restoreMark(key));
        queue = new SessionQueue(rows, sessionId, true);
        queue.restore(image, 0);
        queue.restartPushing();
        batch = 0;
    }

    private void checkpoint() {
        rows.beginBatch(++batch);
        queue.checkpoint();
        store.commit(batch);
    }

    private static long position(long i) {
        return Positions.of(1, 64 + 64 * i);
    }
}
