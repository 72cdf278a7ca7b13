package io.tally.storage.state;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.engine.port.Table;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;

/**
 * One batch of net mutations on its way from the engine to the store's thread, which own it in turn. Allocates nothing
 * once it has grown.
 *
 * <pre>
 *  0 operation     i32  {@link #PUT} ...
 *  4 table         i32  id
 *  8 key length    i32
 * 12 value length  i32
 * 16 key, value
 * </pre>
 */
final class MutationBuffer {
    static final int PUT = 1;
    static final int DELETE = 2;

    /** The key is a journal position; the value is to be read from there. */
    static final int KEEP = 3;

    /** A buffer that has grown beyond this is given back when it is empty again. */
    private static final int KEPT_BYTES_MAX = 4 << 20;

    private static final int INITIAL_BYTES = 64 << 10;
    private static final int HEADER_LENGTH = 16;

    private ExpandableDirectByteBuffer buffer = new ExpandableDirectByteBuffer(INITIAL_BYTES);
    private int length;
    private long reflectedPosition;

    void clear() {
        length = 0;
        if (buffer.capacity() > KEPT_BYTES_MAX) {
            buffer = new ExpandableDirectByteBuffer(INITIAL_BYTES);
        }
    }

    void put(Table table, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength) {
        int at = header(PUT, table, keyLength, valueLength);
        buffer.putBytes(at, key, 0, keyLength);
        buffer.putBytes(at + keyLength, value, 0, valueLength);
    }

    void delete(Table table, DirectBuffer key, int keyLength) {
        buffer.putBytes(header(DELETE, table, keyLength, 0), key, 0, keyLength);
    }

    void keepMessage(long position) {
        MessageKey.write(buffer, header(KEEP, Table.MESSAGE, MessageKey.LENGTH, 0), position);
    }

    void dropMessage(long position) {
        MessageKey.write(buffer, header(DELETE, Table.MESSAGE, MessageKey.LENGTH, 0), position);
    }

    void reflectedPosition(long position) {
        reflectedPosition = position;
    }

    long reflectedPosition() {
        return reflectedPosition;
    }

    /** In bytes. */
    int length() {
        return length;
    }

    /** The mutation at this offset ends where the next one starts. */
    int next(int offset) {
        return offset + HEADER_LENGTH + keyLength(offset) + valueLength(offset);
    }

    int operation(int offset) {
        return buffer.getInt(offset, LITTLE_ENDIAN);
    }

    int tableId(int offset) {
        return buffer.getInt(offset + 4, LITTLE_ENDIAN);
    }

    int keyOffset(int offset) {
        return offset + HEADER_LENGTH;
    }

    int keyLength(int offset) {
        return buffer.getInt(offset + 8, LITTLE_ENDIAN);
    }

    int valueOffset(int offset) {
        return keyOffset(offset) + keyLength(offset);
    }

    int valueLength(int offset) {
        return buffer.getInt(offset + 12, LITTLE_ENDIAN);
    }

    DirectBuffer buffer() {
        return buffer;
    }

    /** The same bytes; another one after the buffer has grown. */
    ByteBuffer byteBuffer() {
        return buffer.byteBuffer();
    }

    private int header(int operation, Table table, int keyLength, int valueLength) {
        int offset = length;
        buffer.putInt(offset, operation, LITTLE_ENDIAN);
        buffer.putInt(offset + 4, table.id(), LITTLE_ENDIAN);
        buffer.putInt(offset + 8, keyLength, LITTLE_ENDIAN);
        buffer.putInt(offset + 12, valueLength, LITTLE_ENDIAN);
        length = Math.addExact(offset + HEADER_LENGTH, Math.addExact(keyLength, valueLength));
        return offset + HEADER_LENGTH;
    }
}
