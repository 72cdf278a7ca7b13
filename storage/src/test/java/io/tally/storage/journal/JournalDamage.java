package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Writes into a journal file behind everybody's back. */
final class JournalDamage implements AutoCloseable {
    private final FileChannel channel;

    JournalDamage(Path file) {
        try {
            channel = FileChannel.open(file, READ, WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void put(long offset, byte[] bytes) {
        try {
            channel.write(ByteBuffer.wrap(bytes), offset);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void putInt(long offset, int value) {
        put(
                offset,
                ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(value)
                        .array());
    }

    void putLong(long offset, long value) {
        put(
                offset,
                ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(value)
                        .array());
    }

    void zero(long from, long to) {
        put(from, new byte[(int) (to - from)]);
    }

    void garble(long from, long to, long seed) {
        byte[] bytes = new byte[(int) (to - from)];
        new SplittableRandom(seed).nextBytes(bytes);
        put(from, bytes);
    }

    void flip(long offset) {
        byte[] one = get(offset, 1);
        one[0] ^= 0x10;
        put(offset, one);
    }

    byte[] get(long offset, int length) {
        try {
            ByteBuffer bytes = ByteBuffer.allocate(length);
            channel.read(bytes, offset);
            return bytes.array();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void truncate(long size) {
        try {
            channel.truncate(size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
