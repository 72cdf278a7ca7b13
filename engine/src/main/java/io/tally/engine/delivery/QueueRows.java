package io.tally.engine.delivery;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.engine.message.FileReferences;
import io.tally.engine.message.KeptMessages;
import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import io.tally.protocol.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What all queues share: the rows of their blocks, the references they hold, and which blocks may leave memory. Owned
 * by the engine thread.
 *
 * <p>Row: key session id and block number (big endian, 8 bytes each); value two little-endian longs per entry. A block
 * with a message that the store keeps has a mark as well, a row of META: key {@link #MARK}, session id and block
 * number. So a start finds such messages in a long queue without reading all of it.
 */
public final class QueueRows {
    /** Blocks that a queue keeps in memory at its front and at its back. */
    private static final int RESIDENT_BLOCKS = 12;

    private static final int ENTRY_BYTES = 16;

    private static final int SPARE_BLOCKS_MAX = 64;

    /** First byte of a mark's key. */
    public static final byte MARK = 2;

    private static final int MARK_LENGTH = 17;
    private static final LongArrayList NO_MARKS = new LongArrayList();

    final FileReferences files;
    final KeptMessages kept;
    private final StateStore store;
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[16]);
    private final ExpandableArrayBuffer value = new ExpandableArrayBuffer(Block.ENTRIES * ENTRY_BYTES);

    /** Queues with more in memory than they need. */
    private final List<SessionQueue> longQueues = new ArrayList<>();

    /** Finished blocks with room for all entries, for who needs one: steady traffic makes no new ones. */
    private final ArrayDeque<Block> spareBlocks = new ArrayDeque<>(SPARE_BLOCKS_MAX);

    /** Read back, of queues that are not yet: block numbers by session id. */
    private final Long2ObjectHashMap<LongArrayList> marks = new Long2ObjectHashMap<>();

    private final UnsafeBuffer markKey = new UnsafeBuffer(new byte[MARK_LENGTH]);
    private long batchInProgress;

    public QueueRows(StateStore store, FileReferences files, KeptMessages kept) {
        this.store = store;
        this.files = files;
        this.kept = kept;
    }

    /** Call with the number that the open batch will get. */
    public void beginBatch(long batch) {
        batchInProgress = batch;
    }

    /** A block whose first real entry will be this one. */
    Block newBlock(long sequence) {
        Block spare = spareBlocks.pollLast();
        return spare == null || spare.entries == null
                ? Block.startingAt(sequence)
                : spare.restartAt(sequence, spare.entries);
    }

    /** A block that is finished and no longer in any queue. */
    void recycle(Block block) {
        long[] entries = block.entries;
        if (entries != null && entries.length == 2 * Block.ENTRIES && spareBlocks.size() < SPARE_BLOCKS_MAX) {
            spareBlocks.addLast(block);
        } else {
            block.entries = null; // an old object keeps young ones alive, even when it is garbage itself
        }
    }

    /** An array for all entries of a block; what it holds is of no use. */
    private long[] takeEntries() {
        Block spare = spareBlocks.pollLast();
        long[] entries = spare == null ? null : spare.entries;
        if (spare == null || entries == null) {
            return new long[2 * Block.ENTRIES];
        }
        spare.entries = null;
        return entries;
    }

    void write(long sessionId, Block block) {
        int length = encode(block);
        store.put(Table.QUEUE, key(sessionId, block.number), 16, value, length);
        block.stored = true;
        block.dirty = false;
        block.batch = batchInProgress;
        if (block.keeps && !block.isMarked) {
            store.put(Table.META, markKey(sessionId, block.number), MARK_LENGTH, value, 0);
            block.isMarked = true;
        }
    }

    /** The queue may want to let blocks leave memory. */
    void written(SessionQueue queue) {
        if (!queue.isLong && queue.residentBlocks() > RESIDENT_BLOCKS) {
            queue.isLong = true;
            longQueues.add(queue);
        }
    }

    void delete(long sessionId, long blockNumber, boolean isMarked) {
        store.delete(Table.QUEUE, key(sessionId, blockNumber), 16);
        if (isMarked) {
            store.delete(Table.META, markKey(sessionId, blockNumber), MARK_LENGTH);
        }
    }

    /** Takes a mark, before the queues are read back. */
    public void restoreMark(DirectBuffer rowKey) {
        marks.computeIfAbsent(rowKey.getLong(1, BIG_ENDIAN), id -> new LongArrayList())
                .add(rowKey.getLong(9, BIG_ENDIAN));
    }

    /** Numbers of the marked blocks of a queue that is read back. */
    LongArrayList takeMarks(long sessionId) {
        LongArrayList taken = marks.remove(sessionId);
        return taken == null ? NO_MARKS : taken;
    }

    /** All queues have been read back. */
    public void loaded() {
        Invariant.check(marks.isEmpty(), "each mark is of a queue that is there", marks.size());
    }

    /** Lets blocks in the middle of long queues leave memory once the store can give them back. */
    public void spill() {
        long applied = store.appliedBatch();
        longQueues.removeIf(queue -> {
            queue.spill(applied);
            queue.isLong = queue.residentBlocks() > RESIDENT_BLOCKS;
            return !queue.isLong;
        });
    }

    /** The entries of a spilled block, which stays spilled. */
    long[] peek(long sessionId, Block block) {
        int length = store.get(Table.QUEUE, key(sessionId, block.number), 16, value);
        Invariant.check(length == block.size * ENTRY_BYTES, "a queue block does not have its length", length);
        return decode(length);
    }

    private long[] decode(int length) {
        int count = length / ENTRY_BYTES;
        long[] entries = count <= 16 ? new long[2 * Math.max(count, 4)] : takeEntries();
        for (int i = 0; i < 2 * count; i++) {
            entries[i] = value.getLong(8 * i, LITTLE_ENDIAN);
        }
        return entries;
    }

    private int encode(Block block) {
        long[] entries = Invariant.present(block.entries, "a spilled block is written");
        for (int i = 0; i < 2 * block.size; i++) {
            value.putLong(8 * i, entries[i], LITTLE_ENDIAN);
        }
        return block.size * ENTRY_BYTES;
    }

    private UnsafeBuffer markKey(long sessionId, long blockNumber) {
        markKey.putByte(0, MARK);
        markKey.putLong(1, sessionId, BIG_ENDIAN);
        markKey.putLong(9, blockNumber, BIG_ENDIAN);
        return markKey;
    }

    private UnsafeBuffer key(long sessionId, long blockNumber) {
        key.putLong(0, sessionId, BIG_ENDIAN);
        key.putLong(8, blockNumber, BIG_ENDIAN);
        return key;
    }
}
