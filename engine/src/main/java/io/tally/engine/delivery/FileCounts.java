package io.tally.engine.delivery;

import io.tally.engine.message.FileReferences;
import io.tally.protocol.Invariant;
import java.util.Arrays;

/** How many entries of one queue lie in each journal file, by ascending file. Owned by the engine thread. */
final class FileCounts {
    private static final int[] NONE = new int[0];

    private int[] files = NONE;
    private int[] counts = NONE;
    private int size;

    void add(int file, int count) {
        int at = find(file);
        if (at >= 0) {
            counts[at] += count;
            return;
        }
        insert(-at - 1, file, count);
    }

    void remove(int file) {
        int at = find(file);
        Invariant.check(at >= 0, "a queue takes back a file that it does not refer to", file);
        if (--counts[at] == 0) {
            size--;
            System.arraycopy(files, at + 1, files, at, size - at);
            System.arraycopy(counts, at + 1, counts, at, size - at);
        }
    }

    int size() {
        return size;
    }

    int file(int index) {
        return files[index];
    }

    int count(int index) {
        return counts[index];
    }

    /** Takes every reference back from the total of all queues. */
    void removeAllFrom(FileReferences total) {
        for (int i = 0; i < size; i++) {
            total.remove(files[i], counts[i]);
        }
        size = 0;
    }

    private int find(int file) {
        if (size > 0 && files[size - 1] == file) {
            return size - 1;
        }
        return Arrays.binarySearch(files, 0, size, file);
    }

    private void insert(int at, int file, int count) {
        if (size == files.length) {
            int capacity = Math.max(2, size * 2);
            files = Arrays.copyOf(files, capacity);
            counts = Arrays.copyOf(counts, capacity);
        }
        System.arraycopy(files, at, files, at + 1, size - at);
        System.arraycopy(counts, at, counts, at + 1, size - at);
        files[at] = file;
        counts[at] = count;
        size++;
    }
}
