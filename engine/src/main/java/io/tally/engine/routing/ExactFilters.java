package io.tally.engine.routing;

import io.tally.protocol.Invariant;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Who subscribes to filters without wildcards, found by the bytes (UTF-8) of the whole. A lookup allocates nothing.
 * Owned by the engine thread.
 *
 * <p>Among very many each step of a lookup waits for memory, so there are two: the slot, which is in two arrays, then
 * the bytes of the filter beside the subscription. The bytes are kept once more for that; those of the subscription are
 * two steps behind it.
 *
 * <p>A slot has a value, and an entry: the hash (upper half) and where the bytes are, which is chunk and offset. There:
 * their number (two bytes, 0 = nothing follows), the bytes. Chunks are filled one after the other; what lives in one
 * that is no longer half alive moves to the one being filled.
 */
final class ExactFilters {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;
    private static final int CAPACITY_MIN = 8;
    private static final int CHUNK_BITS = 18;
    private static final int CHUNKS_MAX = 1 << (Integer.SIZE - CHUNK_BITS);

    /** There can be 4 GB of them. */
    static final int CHUNK_BYTES = 1 << CHUNK_BITS;

    private static final int SIZE_BYTES = Short.BYTES;
    private static final byte[] NO_CHUNK = new byte[0];

    private final long seed;
    private final long factor;
    private final int hashMask;

    private @Nullable Object[] values = new Object[CAPACITY_MIN];
    private long[] entries = new long[CAPACITY_MIN];
    private int count;

    private byte[][] chunks = {NO_CHUNK};
    private int[] liveBytes = {0};
    private int filling;
    private int filled = CHUNK_BYTES;

    /**
     * Makes an empty one.
     *
     * @param seed of the hash, which clients cannot know
     * @param hashMask only these bits of hashes are used
     */
    ExactFilters(long seed, int hashMask) {
        this.seed = seed;
        this.factor = (seed ^ seed >>> 32 ^ PRIME) * PRIME | 1;
        this.hashMask = hashMask;
    }

    /** Of a part of a text. Both halves of each product count, or chosen differences would cancel out. */
    int hash(byte[] text, int from, int to) {
        long hash = seed ^ to - from;
        int last = to - Long.BYTES;
        for (int i = from; i < last; i += Long.BYTES) {
            hash = mixed(hash ^ (long) WORDS.get(text, i));
        }
        long rest = 0;
        if (last >= from) {
            rest = (long) WORDS.get(text, last);
        } else {
            for (int i = from; i < to; i++) {
                rest = rest << Byte.SIZE | (text[i] & 0xFF);
            }
        }
        hash = mixed(hash ^ rest);
        return (int) (hash ^ hash >>> 29) & hashMask;
    }

    /** Both halves of the unsigned product: those of a signed one differ by one bit only between x and -x. */
    private long mixed(long word) {
        long high = Math.multiplyHigh(word, factor) + (word >> 63 & factor) + (factor >> 63 & word);
        return word * factor ^ high;
    }

    @Nullable
    Object find(byte[] filter, int hash) {
        int slot = slot(filter, hash);
        return slot < 0 ? null : values[slot];
    }

    /** -1 = it is in none. */
    private int slot(byte[] filter, int hash) {
        int mask = values.length - 1;
        for (int slot = hash & mask; values[slot] != null; slot = slot + 1 & mask) {
            long entry = entries[slot];
            if (hashOf(entry) == hash && isAt((int) entry, filter)) {
                return slot;
            }
        }
        return -1;
    }

    private static int hashOf(long entry) {
        return (int) (entry >>> Integer.SIZE);
    }

    private static long entry(int hash, int place) {
        return (long) hash << Integer.SIZE | (place & 0xFFFF_FFFFL);
    }

    /** Puts a value in the place of the one of the same filter; null takes it away. */
    void set(byte[] filter, int hash, @Nullable Object value) {
        int slot = slot(filter, hash);
        if (slot >= 0 && value != null) {
            values[slot] = value;
        } else if (slot >= 0) {
            int place = (int) entries[slot];
            remove(slot);
            release(place);
        } else if (value != null) {
            Invariant.check(filter.length > 0, "an empty filter reached the engine");
            if (count == limit(values.length)) {
                resize(2 * values.length);
            }
            place(entry(hash, keep(filter, 0, filter.length)), value);
            count++;
        }
    }

    private static int limit(int capacity) {
        return capacity / 4 * 3;
    }

    private void place(long entry, Object value) {
        int mask = values.length - 1;
        int slot = hashOf(entry) & mask;
        while (values[slot] != null) {
            slot = slot + 1 & mask;
        }
        values[slot] = value;
        entries[slot] = entry;
    }

    private void resize(int capacity) {
        @Nullable Object[] oldValues = values;
        long[] oldEntries = entries;
        values = new Object[capacity];
        entries = new long[capacity];
        for (int i = 0; i < oldValues.length; i++) {
            Object value = oldValues[i];
            if (value != null) {
                place(oldEntries[i], value);
            }
        }
    }

    /** Those behind it that a search would no longer find move up. */
    private void remove(int slot) {
        int mask = values.length - 1;
        int hole = slot;
        values[hole] = null;
        for (int i = hole + 1 & mask; values[i] != null; i = i + 1 & mask) {
            int home = hashOf(entries[i]) & mask;
            if ((i - home & mask) >= (i - hole & mask)) {
                values[hole] = values[i];
                entries[hole] = entries[i];
                values[i] = null;
                hole = i;
            }
        }
        count--;
        if (values.length > CAPACITY_MIN && count <= limit(values.length / 2) / 2) {
            resize(values.length / 2);
        }
    }

    // ---- the bytes ----

    private boolean isAt(int place, byte[] filter) {
        byte[] chunk = chunks[place >>> CHUNK_BITS];
        int at = place & CHUNK_BYTES - 1;
        int from = at + SIZE_BYTES;
        return sizeAt(chunk, at) == filter.length
                && Arrays.equals(chunk, from, from + filter.length, filter, 0, filter.length);
    }

    private static int sizeAt(byte[] chunk, int at) {
        return (chunk[at] & 0xFF) | (chunk[at + 1] & 0xFF) << Byte.SIZE;
    }

    /** Answers where. */
    private int keep(byte[] from, int offset, int size) {
        int bytes = SIZE_BYTES + size;
        if (filled + bytes > CHUNK_BYTES) {
            int full = filling;
            beginChunk();
            thinOut(full);
        }
        byte[] chunk = chunks[filling];
        chunk[filled] = (byte) size;
        chunk[filled + 1] = (byte) (size >>> Byte.SIZE);
        System.arraycopy(from, offset, chunk, filled + SIZE_BYTES, size);
        liveBytes[filling] += bytes;
        int place = filling << CHUNK_BITS | filled;
        filled += bytes;
        return place;
    }

    @SuppressWarnings("ReferenceEquality")
    private void beginChunk() {
        int next = 0;
        while (next < chunks.length && chunks[next] != NO_CHUNK) {
            next++;
        }
        if (next == chunks.length) {
            chunks = Arrays.copyOf(chunks, 2 * next);
            Arrays.fill(chunks, next, 2 * next, NO_CHUNK);
            liveBytes = Arrays.copyOf(liveBytes, 2 * next);
        }
        Invariant.check(next < CHUNKS_MAX, "exact filters take less than 4 GB", next);
        chunks[next] = new byte[CHUNK_BYTES];
        filling = next;
        filled = 0;
    }

    private void release(int place) {
        int chunk = place >>> CHUNK_BITS;
        liveBytes[chunk] -= SIZE_BYTES + sizeAt(chunks[chunk], place & CHUNK_BYTES - 1);
        thinOut(chunk);
    }

    /** What lives in a chunk that is full, but no longer half alive, moves. */
    private void thinOut(int number) {
        if (number == filling || liveBytes[number] >= CHUNK_BYTES / 2) {
            return;
        }
        byte[] chunk = chunks[number];
        int at = 0;
        while (at + SIZE_BYTES < CHUNK_BYTES && sizeAt(chunk, at) > 0) {
            int from = at + SIZE_BYTES;
            int to = from + sizeAt(chunk, at);
            int hash = hash(chunk, from, to);
            int slot = slot(entry(hash, number << CHUNK_BITS | at));
            if (slot >= 0) {
                entries[slot] = entry(hash, keep(chunk, from, to - from));
            }
            at = to;
        }
        chunks[number] = NO_CHUNK;
        liveBytes[number] = 0;
    }

    /** -1 = its filter has gone. */
    private int slot(long entry) {
        int mask = values.length - 1;
        for (int slot = hashOf(entry) & mask; values[slot] != null; slot = slot + 1 & mask) {
            if (entries[slot] == entry) {
                return slot;
            }
        }
        return -1;
    }

    /** What the chunks take. */
    long chunkBytes() {
        return Arrays.stream(chunks).mapToLong(chunk -> chunk.length).sum();
    }
}
