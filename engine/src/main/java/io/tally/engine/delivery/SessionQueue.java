package io.tally.engine.delivery;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.engine.port.Positions;
import io.tally.protocol.Invariant;
import java.util.function.LongConsumer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/*
 * Idea. Messages for one session stand in the order in which they were routed to it; each has a sequence number, dense
 * and growing. The packet id of a delivery is a function of that number alone, so every replica and every replay gives
 * the same one, and a message that was sent just before a crash is sent again under the id that the client already
 * knows. How far messages have been pushed to the gateway is not durable: it belongs to the connection.
 *
 * States of an entry. Queued (sent or not) -> done, by PUBACK, by a PUBREC that refuses, or given up by the gateway;
 * queued -> released, by PUBREC -> done, by PUBCOMP.
 *
 * Bodies. A message is read from its journal file, which stays as long as an entry refers to it, or it is kept in the
 * state store: from the beginning (retained messages, wills) or since its file was cleaned.
 *
 * Memory. Entries live in blocks of 256. A block whose row is in the state store may leave memory; blocks at both ends
 * stay. A block that is created and finished between two checkpoints never reaches the store.
 */

/** The queue of one session: what is still to be delivered, and what is in flight. Owned by the engine thread. */
public final class SessionQueue {
    /** Packet ids run from 1 to this. */
    public static final int PACKET_IDS = 65_535;

    private static final int BLOCKS_AT_FRONT = 10;
    private static final int BLOCKS_AT_BACK = 2;
    private static final int FIXED_BYTES = 64;
    private static final int FILE_BYTES = 24;

    /** Entries that log cleaning may pass over for what keeping one message costs. */
    private static final int LOOKS_PER_COST = 16;

    private static final @Nullable Block[] NO_BLOCKS = new Block[0];

    private final QueueRows rows;
    private final long sessionId;
    private final boolean durable;
    private QueueFiles files = QueueFiles.NONE;
    private SubscriptionIds ids = SubscriptionIds.NONE;

    /**
     * Blocks that are finished and whose rows are to be deleted with the next checkpoint: twice the number, and 1 for
     * one with a mark; null = none.
     */
    private @Nullable LongArrayList removedRows;

    /** Blocks from {@link #firstBlock} on, circular; length a power of two, or 0. */
    private @Nullable Block[] ring = NO_BLOCKS;

    private int ringHead;
    private int blockCount;
    private int spilledCount;

    /** Blocks below this number, but for those at the front, have been let go once. */
    private long spilledTo;

    /** Since the last checkpoint entries were changed only in blocks below this number. */
    private long changedTo;

    /** Since the last checkpoint entries were added only in blocks from this number on. */
    private long addedFrom = Long.MAX_VALUE;

    /** Among the queues that are looked at for spilling. */
    boolean isLong;

    private long firstBlock;

    /** Everything below is done. */
    private long head;

    private long tail;
    private long count;
    private long bytes;
    private long keptCount;

    /** Everything below may have been put on the wire, so that it is sent again with DUP. */
    private long sentTo;

    /** Everything below was put on the wire. */
    private long surelySentTo;

    /** Next to be handed to the gateway; of no meaning without a connection. */
    private long pushed;

    /** Everything below may be with the gateway of the present connection; {@link #openInReach} of it is not done. */
    private long reach;

    private int openInReach;

    /** What was not sent and lies below this is done. */
    private long droppedTo;

    private int outstandingCount;
    private long outstandingBytes;

    public SessionQueue(QueueRows rows, long sessionId, boolean durable) {
        this.rows = rows;
        this.sessionId = sessionId;
        this.durable = durable;
    }

    /** 1 to 65,535. */
    public static int packetId(long sequence) {
        return (int) (sequence % PACKET_IDS) + 1;
    }

    /** Whether it is part of the state; else it ends with the process. */
    public boolean isDurable() {
        return durable;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /** Sequence number of the first entry that is not done, if there is one. */
    public long head() {
        return head;
    }

    /** Sequence number of the entry that comes next. */
    public long tail() {
        return tail;
    }

    /** Entries that are not done. */
    public long count() {
        return count;
    }

    /** Bytes of the messages that are not done, released ones not counted. */
    public long bytes() {
        return bytes;
    }

    // ---- in ----

    /** Adds a message at the back, to be delivered with these subscription identifiers. */
    public void enqueue(long position, int size, int meta, int[] subscriptionIds) {
        Block block = backBlock();
        int bits = subscriptionIds.length == 0
                ? meta
                : Entry.withIds(meta, writableIds().indexOf(subscriptionIds));
        addedFrom = Math.min(addedFrom, block.number);
        block.add(present(block), position, (long) size << 32 | (bits & 0xFFFF_FFFFL));
        if ((meta & Entry.KEPT) != 0) {
            rows.kept.add(position);
            keptCount++;
            block.keeps = true;
        } else {
            writableFiles().add(Positions.file(position), size, tail);
            rows.files.add(Positions.file(position), size, durable);
        }
        tail++;
        count++;
        bytes += size;
    }

    private QueueFiles writableFiles() {
        if (files == QueueFiles.NONE) {
            files = new QueueFiles();
        }
        return files;
    }

    private SubscriptionIds writableIds() {
        if (ids == SubscriptionIds.NONE) {
            ids = new SubscriptionIds();
        }
        return ids;
    }

    // ---- out ----

    /** A connection has come: everything not done is pushed again. */
    public void restartPushing() {
        pushed = head;
        outstandingCount = 0;
        outstandingBytes = 0;
    }

    /**
     * Whether there is something to push within these bounds; skips what is done.
     *
     * @param keptCountMax instead of {@code outstandingCountMax} when what comes next is a kept message
     */
    public boolean hasNext(int outstandingCountMax, int keptCountMax, long outstandingBytesMax) {
        // Acknowledgements may have come for what was never pushed.
        pushed = Math.max(pushed, head);
        while (pushed < tail && isDone(pushed)) {
            pushed++;
        }
        return pushed < tail
                && outstandingCount < (Entry.holdsKept(meta(pushed)) ? keptCountMax : outstandingCountMax)
                && (outstandingBytes < outstandingBytesMax || outstandingCount == 0)
                && pushed - head < PACKET_IDS;
    }

    /** Takes the next entry that {@link #hasNext} has found and answers its sequence number. */
    public long next() {
        outstandingCount++;
        outstandingBytes += pushedBytes(pushed);
        return pushed++;
    }

    /** What a gateway has to hold: the message and its subscription identifiers. */
    private long pushedBytes(long sequence) {
        return size(sequence) + (long) Integer.BYTES * ids.at(Entry.ids(meta(sequence))).length;
    }

    public long position(long sequence) {
        Block block = block(sequence);
        return present(block)[2 * slot(sequence)];
    }

    public int meta(long sequence) {
        Block block = block(sequence);
        return (int) present(block)[2 * slot(sequence) + 1];
    }

    public int[] subscriptionIds(int meta) {
        return ids.at(Entry.ids(meta));
    }

    public boolean maySendAsDup(long sequence) {
        return sequence < sentTo;
    }

    /** Whether it was on the wire of a connection before, and we know it. */
    public boolean wasSent(long sequence) {
        return sequence < surelySentTo;
    }

    // ---- acknowledgements ----

    /** The entry with this packet id, or -1: none of the entries in the current window has it. */
    public long sequenceOf(int packetId) {
        long distance = Math.floorMod(packetId - 1 - head, (long) PACKET_IDS);
        long sequence = head + distance;
        return packetId != 0 && sequence < tail ? sequence : -1;
    }

    public boolean isDone(long sequence) {
        return (meta(sequence) & Entry.DONE) != 0;
    }

    /**
     * PUBREC: the message is the client's; only the packet id is still in use. False when it is no QoS 2 entry in
     * flight.
     */
    public boolean release(long sequence) {
        int meta = meta(sequence);
        if ((meta & Entry.DONE) != 0 || (meta & Entry.QOS_MASK) != 2) {
            return false;
        }
        if ((meta & Entry.RELEASED) == 0) {
            dropReference(sequence, meta);
            setMeta(sequence, meta | Entry.RELEASED);
        }
        return true;
    }

    /** The delivery is over. False when it was already. */
    public boolean finish(long sequence) {
        int meta = meta(sequence);
        if ((meta & Entry.DONE) != 0) {
            return false;
        }
        if (sequence < pushed) {
            outstandingCount = Math.max(0, outstandingCount - 1);
            outstandingBytes = Math.max(0, outstandingBytes - pushedBytes(sequence));
        }
        if (sequence < reach) {
            openInReach--;
        }
        if ((meta & Entry.RELEASED) == 0) {
            dropReference(sequence, meta);
        }
        setMeta(sequence, meta | Entry.DONE);
        count--;
        if (count == 0) {
            ids.clear();
        }
        advance();
        return true;
    }

    /** The newest PUBLISH on the wire of a connection that is gone; 0 = none. */
    public void sent(int packetId) {
        long sequence = sequenceOf(packetId);
        if (sequence >= 0) {
            surelySentTo = Math.max(surelySentTo, sequence + 1);
            sentTo = Math.max(sentTo, surelySentTo);
        }
        droppedTo = 0;
    }

    /** The connection is gone, its gateway cannot be asked: anything that it may have been given may have been sent. */
    public void sentUnknown(int outstandingCountMax) {
        long sequence = head;
        for (int open = 0; open < outstandingCountMax && sequence < tail && sequence - head < PACKET_IDS; sequence++) {
            open += isDone(sequence) ? 0 : 1;
        }
        sentTo = Math.max(sentTo, sequence);
        droppedTo = 0;
    }

    /**
     * Gives up the oldest message that cannot have been sent and answers which; -1 when there is none, or when so many
     * are done behind one that is not that their places would become a burden. The same for every replica.
     *
     * @param reachCount messages that the gateway of the connection may hold, unacknowledged; 0 = not connected
     * @param spared sequences that are not given up
     */
    public long tryDropOldest(int reachCount, Long2LongHashMap spared) {
        if (tail - head - count >= PACKET_IDS) {
            return -1;
        }
        long sequence = Math.max(Math.max(head, sentTo), droppedTo);
        if (reachCount > 0) {
            sequence = Math.max(sequence, reach(reachCount));
        }
        while (sequence < tail
                && ((meta(sequence) & (Entry.DONE | Entry.RELEASED)) != 0 || spared.containsKey(sequence))) {
            sequence++;
        }
        droppedTo = sequence;
        return sequence < tail && finish(sequence) ? sequence : -1;
    }

    /** Behind so many messages that are not done; no connection has been given more at a time. */
    private long reach(int openMax) {
        if (reach < head) {
            reach = head;
            openInReach = 0;
        }
        while (reach < tail && openInReach < openMax) {
            openInReach += isDone(reach) ? 0 : 1;
            reach++;
        }
        return reach;
    }

    /** Gives back every reference; the queue is not used afterwards. */
    public void discard() {
        files.removeAllFrom(rows.files, durable);
        forEachKept(rows.kept::remove);
        keptCount = 0;
    }

    /** Visits the positions of messages that are kept, one for each entry; what is spilled stays so. */
    private void forEachKept(LongConsumer visitor) {
        long left = keptCount;
        for (int i = 0; left > 0; i++) {
            Block block = at(i);
            if (!block.keeps) {
                continue;
            }
            long[] entries = peek(block);
            for (int at = 0; at < 2 * block.size; at += 2) {
                int meta = (int) entries[at + 1];
                if (Entry.holdsKept(meta)) {
                    visitor.accept(entries[at]);
                    left--;
                }
            }
        }
    }

    private void dropReference(long sequence, int meta) {
        long position = position(sequence);
        int size = size(sequence);
        bytes -= size;
        if ((meta & Entry.KEPT) != 0) {
            rows.kept.remove(position);
            keptCount--;
        } else {
            dropFile(position, size);
        }
    }

    private void dropFile(long position, int size) {
        files.remove(Positions.file(position), size);
        rows.files.remove(Positions.file(position), size, durable);
    }

    // ---- log cleaning ----

    /** Whether an entry needs its message from this journal file. */
    public boolean refersTo(int file) {
        return files.find(file) >= 0;
    }

    /**
     * Turns entries that lie in this journal file into kept ones. Answers what it has cost, from 1 to about this
     * maximum: 1 for each of them, and for each {@link #LOOKS_PER_COST} looked at.
     */
    public int keep(int file, int costMax) {
        Invariant.check(refersTo(file), "a queue is cleaned of a file that it does not refer to", file);
        long begin = Math.max(head, files.first(files.find(file)));
        long sequence = begin;
        long lookEnd = begin + (long) costMax * LOOKS_PER_COST;
        int found = 0;
        while (found < costMax && sequence < lookEnd && refersTo(file)) {
            Block block = block(sequence);
            long[] entries = peek(block);
            long end = Math.min(Math.min(tail, lookEnd), (block.number + 1) << Block.ENTRIES_SHIFT);
            for (; sequence < end && found < costMax && refersTo(file); sequence++) {
                int at = 2 * slot(sequence);
                if (isHeldBy(file, entries[at], (int) entries[at + 1])) {
                    keep(block, entries, at);
                    found++;
                }
            }
        }
        files.begin(file, sequence);
        return Math.max(1, Math.max(found, (int) ((sequence - begin) / LOOKS_PER_COST)));
    }

    private static boolean isHeldBy(int file, long position, int meta) {
        return (meta & (Entry.KEPT | Entry.RELEASED | Entry.DONE)) == 0 && Positions.file(position) == file;
    }

    private void keep(Block block, long[] entries, int at) {
        long position = entries[at];
        dropFile(position, (int) (entries[at + 1] >>> 32));
        rows.kept.add(position);
        keptCount++;
        entries[at + 1] |= Entry.KEPT;
        block.keeps = true;
        fill(block, entries);
        onChanged(block);
    }

    private void advance() {
        while (blockCount > 0 && head < tail && isDone(head)) {
            head++;
            if ((head & (Block.ENTRIES - 1)) == 0) {
                removeFrontBlock();
            }
        }
    }

    // ---- blocks ----

    private static int slot(long sequence) {
        return (int) sequence & (Block.ENTRIES - 1);
    }

    /** Bytes of the message. */
    public int size(long sequence) {
        Block block = block(sequence);
        return (int) (present(block)[2 * slot(sequence) + 1] >>> 32);
    }

    private void setMeta(long sequence, int meta) {
        Block block = block(sequence);
        long[] entries = present(block);
        int at = 2 * slot(sequence) + 1;
        entries[at] = (entries[at] & 0xFFFF_FFFF_0000_0000L) | (meta & 0xFFFF_FFFFL);
        onChanged(block);
    }

    private void onChanged(Block block) {
        block.dirty = true;
        changedTo = Math.max(changedTo, block.number + 1);
    }

    private Block block(long sequence) {
        int index = (int) ((sequence >>> Block.ENTRIES_SHIFT) - firstBlock);
        return at(index);
    }

    private Block at(int index) {
        Invariant.check(index >= 0 && index < blockCount, "a queue is read outside of its blocks", index);
        return Invariant.present(ring[(ringHead + index) & (ring.length - 1)], "a queue has a hole");
    }

    private long[] present(Block block) {
        long[] entries = peek(block);
        fill(block, entries);
        return entries;
    }

    /** The entries of a block, which stays spilled if it is. */
    private long[] peek(Block block) {
        long[] entries = block.entries;
        return entries != null ? entries : rows.peek(sessionId, block);
    }

    private void fill(Block block, long[] entries) {
        if (block.entries == null) {
            block.entries = entries;
            spilledCount--;
            spilledTo = Math.min(spilledTo, block.number);
        }
    }

    private Block backBlock() {
        if (blockCount > 0) {
            Block last = at(blockCount - 1);
            if (!last.isFull()) {
                return last;
            }
        } else {
            firstBlock = tail >>> Block.ENTRIES_SHIFT;
        }
        Block block = rows.newBlock(tail);
        addBlock(block);
        return block;
    }

    private void addBlock(Block block) {
        if (blockCount == ring.length) {
            @Nullable Block[] larger = new Block[Math.max(1, ring.length * 2)];
            for (int i = 0; i < blockCount; i++) {
                larger[i] = ring[(ringHead + i) & (ring.length - 1)];
            }
            ring = larger;
            ringHead = 0;
        }
        ring[(ringHead + blockCount) & (ring.length - 1)] = block;
        blockCount++;
    }

    private void removeFrontBlock() {
        Block block = at(0);
        if (block.stored) {
            LongArrayList removed = removedRows;
            if (removed == null) {
                removed = new LongArrayList();
                removedRows = removed;
            }
            removed.add(2 * block.number + (block.isMarked ? 1 : 0));
        }
        ring[ringHead] = null;
        ringHead = (ringHead + 1) & (ring.length - 1);
        blockCount--;
        firstBlock++;
        rows.recycle(block);
    }

    int residentBlocks() {
        return blockCount - spilledCount;
    }

    /** Lets blocks between both ends leave memory whose rows are in the store since this batch. */
    void spill(long appliedBatch) {
        int end = blockCount - BLOCKS_AT_BACK;
        int left = residentBlocks() - residentBlocks(0, BLOCKS_AT_FRONT) - residentBlocks(end, blockCount);
        int index = (int) Math.max(spilledTo - firstBlock, BLOCKS_AT_FRONT);
        for (; index < end && left > 0; index++) {
            Block block = at(index);
            if (block.entries == null) {
                continue;
            }
            if (block.dirty || block.batch > appliedBatch) {
                break;
            }
            block.entries = null;
            spilledCount++;
            left--;
        }
        spilledTo = firstBlock + (left > 0 ? index : end);
    }

    private int residentBlocks(int from, int to) {
        int resident = 0;
        for (int i = Math.max(0, from); i < Math.min(to, blockCount); i++) {
            resident += at(i).entries == null ? 0 : 1;
        }
        return resident;
    }

    // ---- checkpoint ----

    /** Writes the blocks that changed into the open batch; an empty queue needs no rows. */
    public void checkpoint() {
        if (!durable) {
            return;
        }
        deleteRemovedRows();
        if (head == tail) {
            for (int i = 0; i < blockCount; i++) {
                deleteRow(at(i));
            }
        } else {
            // A long queue changes at its front and grows at its back.
            int changed = (int) Math.min(Math.max(changedTo - firstBlock, 0), blockCount);
            int added = (int) Math.min(Math.max(addedFrom - firstBlock, changed), blockCount);
            write(0, changed);
            write(added, blockCount);
        }
        changedTo = 0;
        addedFrom = Long.MAX_VALUE;
        rows.written(this);
    }

    private void write(int from, int to) {
        for (int i = from; i < to; i++) {
            Block block = at(i);
            if (block.dirty) {
                rows.write(sessionId, block);
            }
        }
    }

    private void deleteRemovedRows() {
        LongArrayList removed = removedRows;
        if (removed == null) {
            return;
        }
        for (int i = 0; i < removed.size(); i++) {
            long twice = removed.getLong(i);
            rows.delete(sessionId, twice >> 1, (twice & 1) != 0);
        }
        removed.clear();
        if (blockCount == 0) {
            removedRows = null;
        }
    }

    /** Whether rows of it are in the store or on their way there. */
    public boolean hasRows() {
        boolean found = removedRows != null && !removedRows.isEmpty();
        for (int i = 0; i < blockCount && !found; i++) {
            found = at(i).stored;
        }
        return found;
    }

    /** Deletes every row, as the session has ended. */
    public void deleteRows() {
        deleteRemovedRows();
        for (int i = 0; i < blockCount; i++) {
            deleteRow(at(i));
        }
    }

    private void deleteRow(Block block) {
        if (block.stored) {
            rows.delete(sessionId, block.number, block.isMarked);
            block.stored = false;
            block.isMarked = false;
            block.dirty = true;
        }
    }

    /** Writes everything but the blocks; answers the end. */
    public int encode(MutableDirectBuffer into, int offset) {
        if (!durable) {
            into.setMemory(offset, FIXED_BYTES, (byte) 0);
            return offset + FIXED_BYTES;
        }
        into.putLong(offset, head, LITTLE_ENDIAN);
        into.putLong(offset + 8, tail, LITTLE_ENDIAN);
        into.putLong(offset + 16, count, LITTLE_ENDIAN);
        into.putLong(offset + 24, bytes, LITTLE_ENDIAN);
        into.putLong(offset + 32, sentTo, LITTLE_ENDIAN);
        into.putLong(offset + 40, keptCount, LITTLE_ENDIAN);
        into.putLong(offset + 48, surelySentTo, LITTLE_ENDIAN);
        into.putInt(offset + 56, files.size(), LITTLE_ENDIAN);
        into.putInt(offset + 60, ids.count(), LITTLE_ENDIAN);
        int at = offset + FIXED_BYTES;
        for (int i = 0; i < files.size(); i++) {
            into.putLong(at, files.file(i), LITTLE_ENDIAN);
            into.putLong(at + 8, files.bytes(i), LITTLE_ENDIAN);
            into.putLong(at + 16, files.first(i), LITTLE_ENDIAN);
            at += FILE_BYTES;
        }
        for (int i = 1; i <= ids.count(); i++) {
            int[] set = ids.at(i);
            into.putInt(at, set.length, LITTLE_ENDIAN);
            at += 4;
            for (int id : set) {
                into.putInt(at, id, LITTLE_ENDIAN);
                at += 4;
            }
        }
        return at;
    }

    /** The inverse of {@link #encode}: blocks are read when they are needed. */
    public void restore(DirectBuffer from, int offset) {
        head = from.getLong(offset, LITTLE_ENDIAN);
        tail = from.getLong(offset + 8, LITTLE_ENDIAN);
        count = from.getLong(offset + 16, LITTLE_ENDIAN);
        bytes = from.getLong(offset + 24, LITTLE_ENDIAN);
        sentTo = from.getLong(offset + 32, LITTLE_ENDIAN);
        keptCount = from.getLong(offset + 40, LITTLE_ENDIAN);
        surelySentTo = from.getLong(offset + 48, LITTLE_ENDIAN);
        int fileCount = from.getInt(offset + 56, LITTLE_ENDIAN);
        int setCount = from.getInt(offset + 60, LITTLE_ENDIAN);
        int at = offset + FIXED_BYTES;
        for (int i = 0; i < fileCount; i++, at += FILE_BYTES) {
            int file = (int) from.getLong(at, LITTLE_ENDIAN);
            long fileBytes = from.getLong(at + 8, LITTLE_ENDIAN);
            writableFiles().append(file, fileBytes, from.getLong(at + 16, LITTLE_ENDIAN));
            rows.files.add(file, fileBytes, durable);
        }
        for (int i = 0; i < setCount; i++) {
            int[] set = new int[from.getInt(at, LITTLE_ENDIAN)];
            at += 4;
            for (int k = 0; k < set.length; k++, at += 4) {
                set[k] = from.getInt(at, LITTLE_ENDIAN);
            }
            writableIds().restore(set);
        }
        restoreBlocks();
    }

    private void restoreBlocks() {
        if (head == tail) {
            return;
        }
        firstBlock = head >>> Block.ENTRIES_SHIFT;
        long last = (tail - 1) >>> Block.ENTRIES_SHIFT;
        for (long number = firstBlock; number <= last; number++) {
            addBlock(Block.spilled(number, number == last ? slot(tail - 1) + 1 : Block.ENTRIES));
            spilledCount++;
        }
        LongArrayList marks = rows.takeMarks(sessionId);
        for (int i = 0; i < marks.size(); i++) {
            Block block = at((int) (marks.getLong(i) - firstBlock));
            block.keeps = true;
            block.isMarked = true;
        }
        forEachKept(rows.kept::restore);
    }

    /** Adds the entries that are not yet removed to a digest. */
    public void digest(Digest digest) {
        if (!durable) {
            return;
        }
        for (int i = 0; i < blockCount; i++) {
            Block block = at(i);
            long[] present = peek(block);
            for (int k = 0; k < block.size; k++) {
                long sequence = (block.number << Block.ENTRIES_SHIFT) + k;
                if (sequence >= head) {
                    digest.add(sequence);
                    digest.add(present[2 * k]);
                    digest.add(present[2 * k + 1]);
                }
            }
        }
    }
}
