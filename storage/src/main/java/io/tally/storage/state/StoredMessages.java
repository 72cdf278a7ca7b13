package io.tally.storage.state;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Table;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Finds a message in the journal, or, when its file is gone, among the kept messages of the state store. Owned by one
 * thread.
 *
 * <pre>
 * value of a kept message: 0 time i64 epoch milliseconds, 8 command
 * </pre>
 */
public final class StoredMessages implements MessageReader, AutoCloseable {
    private static final int COMMAND_OFFSET = 8;

    private final MessageReader journal;
    private final RowReader rows;
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[MessageKey.LENGTH]);
    private final ExpandableArrayBuffer value = new ExpandableArrayBuffer(1024);

    /**
     * For one thread.
     *
     * @param journal reads the journal on the thread that will own this
     */
    public StoredMessages(MessageReader journal, RocksStateStore store) {
        this.journal = journal;
        this.rows = store.newRowReader();
    }

    @Override
    public long read(long position, UnsafeBuffer view) {
        long timeMs = journal.read(position, view);
        return timeMs == -1 ? readKept(position, view) : timeMs;
    }

    @Override
    public void close() {
        rows.close();
    }

    private long readKept(long position, UnsafeBuffer view) {
        MessageKey.write(key, 0, position);
        int length = rows.get(Table.MESSAGE, key, MessageKey.LENGTH, value);
        if (length < 0) {
            return -1;
        }
        view.wrap(value, COMMAND_OFFSET, length - COMMAND_OFFSET);
        return value.getLong(0, LITTLE_ENDIAN);
    }

    static int valueLength(int commandLength) {
        return COMMAND_OFFSET + commandLength;
    }

    static void write(MutableDirectBuffer value, long timeMs, DirectBuffer command, int commandLength) {
        value.putLong(0, timeMs, LITTLE_ENDIAN);
        value.putBytes(COMMAND_OFFSET, command, 0, commandLength);
    }
}
