package io.tally.storage.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Key of a kept message: its journal position, big endian, so that the order of keys is that of positions. */
final class MessageKey {
    static final int LENGTH = Long.BYTES;

    private MessageKey() {}

    static void write(MutableDirectBuffer b, int offset, long position) {
        b.putLong(offset, position, BIG_ENDIAN);
    }

    static long position(DirectBuffer b, int offset) {
        return b.getLong(offset, BIG_ENDIAN);
    }
}
