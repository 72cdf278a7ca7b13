package io.tally.storage.state;

import io.tally.engine.port.MessageReader;
import io.tally.protocol.Invariant;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Turns a batch of mutations into one write of RocksDB. Owned by the store's thread. */
final class BatchWriter implements AutoCloseable {
    /** RocksDB's batch is given back when it has grown beyond this. */
    private static final long KEPT_BYTES_MAX = 4 << 20;

    private final RocksTables tables;
    private final MessageReader messages;
    private final Runnable journalReleaser;
    private final UnsafeBuffer command = new UnsafeBuffer();
    private final UnsafeBuffer messageView = new UnsafeBuffer();
    private ByteBuffer message = ByteBuffer.allocateDirect(16 << 10);
    private WriteBatch writeBatch = new WriteBatch();
    private boolean hasRead;

    /**
     * For the store's thread.
     *
     * @param journalReleaser called after a batch that has read messages
     */
    BatchWriter(RocksTables tables, MessageReader messages, Runnable journalReleaser) {
        this.tables = tables;
        this.journalReleaser = journalReleaser;
        this.messages = messages;
        messageView.wrap(message);
    }

    /** Writes the whole batch with its reflected position, or nothing. May be called again with the same one. */
    void write(MutationBuffer batch) throws RocksDBException {
        clear();
        hasRead = false;
        ByteBuffer key = batch.byteBuffer().duplicate();
        ByteBuffer value = batch.byteBuffer().duplicate();
        for (int offset = 0; offset < batch.length(); offset = batch.next(offset)) {
            ColumnFamilyHandle family = tables.family(batch.tableId(offset));
            key.limit(batch.valueOffset(offset)).position(batch.keyOffset(offset));
            switch (batch.operation(offset)) {
                case MutationBuffer.PUT -> {
                    value.limit(batch.next(offset)).position(batch.valueOffset(offset));
                    writeBatch.put(family, key, value);
                }
                case MutationBuffer.DELETE -> writeBatch.delete(family, key);
                case MutationBuffer.KEEP ->
                    keep(family, key, MessageKey.position(batch.buffer(), batch.keyOffset(offset)));
                default -> throw new Invariant.Broken("a mutation puts, deletes or keeps");
            }
        }
        if (hasRead) {
            journalReleaser.run();
        }
        tables.write(writeBatch, batch.reflectedPosition());
    }

    @Override
    public void close() {
        writeBatch.close();
    }

    /** A replayed batch may ask for a message whose file is gone: then it has been kept by the batch before. */
    private void keep(ColumnFamilyHandle family, ByteBuffer key, long position) throws RocksDBException {
        hasRead = true;
        long timeMs = messages.read(position, command);
        if (timeMs == -1) {
            byte[] kept = new byte[MessageKey.LENGTH];
            key.get(kept);
            Invariant.check(tables.db().get(family, kept) != null, "a message to keep is there", position);
            return;
        }
        int length = StoredMessages.valueLength(command.capacity());
        if (length > message.capacity()) {
            message = ByteBuffer.allocateDirect(2 * length);
            messageView.wrap(message);
        }
        StoredMessages.write(messageView, timeMs, command, command.capacity());
        writeBatch.put(family, key, message.clear().limit(length));
    }

    private void clear() {
        if (writeBatch.getDataSize() > KEPT_BYTES_MAX) {
            writeBatch.close();
            writeBatch = new WriteBatch();
        } else {
            writeBatch.clear();
        }
    }
}
