package io.tally.engine.delivery;

import io.tally.engine.message.FileReferences;
import io.tally.protocol.Invariant;
import java.util.Arrays;

/**
 * Which journal files the entries of one queue lie in, by ascending file: how many bytes, and where in the queue they
 * begin. Entries come in the order of the journal, so those of a file stand together, but for ones that are kept and
 * those that another queue has given back. Owned by the engine thread.
 */
final class QueueFiles {
    private static final int[] NO_FILES = new int[0];
    private static final long[] NO_NUMBERS = new long[0];

    /** Of queues that never had an entry; nothing is added to it. */
    static final QueueFiles NONE = new QueueFiles();

    private int[] files = NO_FILES;
    private long[] bytes = NO_NUMBERS;
    private long[] firsts = NO_NUMBERS;
    private int size;

    /** An entry with this sequence number, behind all others, lies in this file. */
    void add(int file, int entryBytes, long sequence) {
        int at = find(file);
        if (at < 0) {
            at = -at - 1;
            insert(at, file, sequence);
        }
        bytes[at] += entryBytes;
    }

    /** A file behind all others. */
    void append(int file, long fileBytes, long first) {
        Invariant.check(size == 0 || files[size - 1] < file, "the files of a queue ascend", file);
        insert(size, file, first);
        bytes[size - 1] = fileBytes;
    }

    private void insert(int at, int file, long first) {
        if (size == files.length) {
            int capacity = Math.max(2, size * 2);
            files = Arrays.copyOf(files, capacity);
            bytes = Arrays.copyOf(bytes, capacity);
            firsts = Arrays.copyOf(firsts, capacity);
        }
        System.arraycopy(files, at, files, at + 1, size - at);
        System.arraycopy(bytes, at, bytes, at + 1, size - at);
        System.arraycopy(firsts, at, firsts, at + 1, size - at);
        files[at] = file;
        bytes[at] = 0;
        firsts[at] = first;
        size++;
    }

    void remove(int file, int entryBytes) {
        int at = find(file);
        Invariant.check(at >= 0, "a queue takes back a file that it does not refer to", file);
        bytes[at] -= entryBytes;
        Invariant.check(bytes[at] >= 0, "a queue takes back more than lies in a file", file);
        if (bytes[at] == 0) {
            size--;
            System.arraycopy(files, at + 1, files, at, size - at);
            System.arraycopy(bytes, at + 1, bytes, at, size - at);
            System.arraycopy(firsts, at + 1, firsts, at, size - at);
        }
    }

    int size() {
        return size;
    }

    int file(int index) {
        return files[index];
    }

    long bytes(int index) {
        return bytes[index];
    }

    /** No entry below this sequence number lies in the file. */
    long first(int index) {
        return firsts[index];
    }

    /** Index of the file, negative when no entry lies in it. */
    int find(int file) {
        if (size > 0 && files[size - 1] == file) {
            return size - 1;
        }
        return Arrays.binarySearch(files, 0, size, file);
    }

    /** The entries of this file begin later, as those in front no longer lie in it. */
    void begin(int file, long sequence) {
        int at = find(file);
        if (at >= 0) {
            firsts[at] = sequence;
        }
    }

    /** Takes every reference back from the total of all queues. */
    void removeAllFrom(FileReferences total, boolean durable) {
        for (int i = 0; i < size; i++) {
            total.remove(files[i], bytes[i], durable);
        }
        size = 0;
    }
}
