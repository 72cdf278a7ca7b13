package io.tally.storage.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.Allocations;
import io.tally.engine.port.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class MutationBufferTest {
    private final MutationBuffer buffer = new MutationBuffer();

    @Test
    void everyMutationComesBackInItsOrder() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int batch = 0; batch < 20; batch++) {
            List<String> expected = new ArrayList<>();
            buffer.clear();
            for (int i = random.nextInt(300); i > 0; i--) {
                expected.add(add(random));
            }
            buffer.reflectedPosition(batch);
            assertEquals(expected, readBack(), "seed " + seed);
            assertEquals(batch, buffer.reflectedPosition());
        }
    }

    @Test
    void fillingAndReadingABatchAllocatesNothing() {
        UnsafeBuffer row = new UnsafeBuffer(new byte[500]);
        assertEquals(0, Allocations.leastBytes(() -> {
            buffer.clear();
            buffer.put(Table.SESSION, row, 20, row, 500);
            buffer.delete(Table.SUBSCRIPTION, row, 20);
            buffer.keepMessage(5);
            buffer.dropMessage(4);
            int count = 0;
            for (int offset = 0; offset < buffer.length(); offset = buffer.next(offset)) {
                count += buffer.operation(offset) != 0 && buffer.tableId(offset) >= 0 ? 1 : 0;
            }
            if (count != 4) {
                throw new AssertionError("read " + count);
            }
        }));
    }

    @Test
    void givesBackWhatAHugeBatchTook() {
        byte[] value = new byte[10 << 20];
        buffer.put(Table.META, new UnsafeBuffer(value), 1, new UnsafeBuffer(value), value.length);
        assertTrue(buffer.byteBuffer().capacity() > value.length);
        buffer.clear();
        assertTrue(buffer.byteBuffer().capacity() < 1 << 20);
        assertEquals(List.of(), readBack());
    }

    private String add(SplittableRandom random) {
        Table table = Table.values()[random.nextInt(Table.values().length)];
        byte[] key = bytes(random, 300);
        byte[] value = bytes(random, random.nextInt(10) == 0 ? 100_000 : 50);
        long position = random.nextLong(Long.MAX_VALUE);
        switch (random.nextInt(4)) {
            case 0 -> {
                buffer.put(table, new UnsafeBuffer(key), key.length, new UnsafeBuffer(value), value.length);
                return text(MutationBuffer.PUT, table, new UnsafeBuffer(key), new UnsafeBuffer(value));
            }
            case 1 -> {
                buffer.delete(table, new UnsafeBuffer(key), key.length);
                return text(MutationBuffer.DELETE, table, new UnsafeBuffer(key), new UnsafeBuffer(new byte[0]));
            }
            case 2 -> buffer.keepMessage(position);
            default -> {
                buffer.dropMessage(position);
                return text(MutationBuffer.DELETE, Table.MESSAGE, key(position), new UnsafeBuffer(new byte[0]));
            }
        }
        return text(MutationBuffer.KEEP, Table.MESSAGE, key(position), new UnsafeBuffer(new byte[0]));
    }

    private List<String> readBack() {
        List<String> found = new ArrayList<>();
        for (int at = 0; at < buffer.length(); at = buffer.next(at)) {
            found.add(text(
                    buffer.operation(at),
                    Table.values()[buffer.tableId(at)],
                    new UnsafeBuffer(buffer.buffer(), buffer.keyOffset(at), buffer.keyLength(at)),
                    new UnsafeBuffer(buffer.buffer(), buffer.valueOffset(at), buffer.valueLength(at))));
        }
        return found;
    }

    private static String text(int operation, Table table, UnsafeBuffer key, UnsafeBuffer value) {
        return operation + " " + table + " " + key.capacity() + ":" + key.hashCode() + " " + value.capacity() + ":"
                + value.hashCode();
    }

    private static UnsafeBuffer key(long position) {
        UnsafeBuffer key = new UnsafeBuffer(new byte[MessageKey.LENGTH]);
        MessageKey.write(key, 0, position);
        return key;
    }

    private static byte[] bytes(SplittableRandom random, int lengthMax) {
        byte[] bytes = new byte[random.nextInt(lengthMax)];
        random.nextBytes(bytes);
        return bytes;
    }
}
