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
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What all queues share: the rows of their blocks, the references they hold, and which blocks may leave memory. Owned
 * by the engine thread.
 *
 * <p>Row: key session id and block number (big endian, 8 bytes each); value two little-endian longs per entry.
 */
public final class QueueRows {
    /** Blocks that a queue keeps in memory at its front and at its back. */
    private static final int RESIDENT_BLOCKS = 12;

    private static final int ENTRY_BYTES = 16;

    private static final int SPARE_BLOCKS_MAX = 64;

    final FileReferences files;
    final KeptMessages kept;
    private final StateStore store;
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[16]);
    private final ExpandableArrayBuffer value = new ExpandableArrayBuffer(Block.ENTRIES * ENTRY_BYTES);

    /** Queues with more in memory than they need. */
    private final List<SessionQueue> longQueues = new ArrayList<>();

    /** Finished blocks with room for all entries, for who needs one: steady traffic makes no new ones. */
    private final ArrayDeque<Block> spareBlocks = new ArrayDeque<>(SPARE_BLOCKS_MAX);

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
        }
    }

    void write(long sessionId, Block block) {
        int length = encode(block);
        store.put(Table.QUEUE, key(sessionId, block.number), 16, value, length);
        block.stored = true;
        block.dirty = false;
        block.batch = batchInProgress;
    }

    /** The queue may want to let blocks leave memory. */
    void written(SessionQueue queue) {
        if (!queue.isLong && queue.residentBlocks() > RESIDENT_BLOCKS) {
            queue.isLong = true;
            longQueues.add(queue);
        }
    }

    void delete(long sessionId, long blockNumber) {
        store.delete(Table.QUEUE, key(sessionId, blockNumber), 16);
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
        long[] entries = new long[2 * (count <= 16 ? Math.max(count, 4) : Block.ENTRIES)];
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

    private UnsafeBuffer key(long sessionId, long blockNumber) {
        key.putLong(0, sessionId, BIG_ENDIAN);
        key.putLong(8, blockNumber, BIG_ENDIAN);
        return key;
    }
}
