package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * Knows what is really on the disk. The files themselves stand for the kernel's cache. A force writes the pages that
 * were changed or written since the force before; when it fails it writes none of them, and calls them clean all the
 * same, as Linux does.
 */
final class LyingDisk {
    private static final int PAGE_BYTES = JournalOptions.PAGE_BYTES;

    private final Map<Path, Image> images = new TreeMap<>();
    private int forcesUntilFailure;

    /** The n-th force from now fails, the others don't. None when it is 0. */
    void failForce(int n) {
        forcesUntilFailure = n;
    }

    FileChannel open(Path path) throws IOException {
        Image image = images.computeIfAbsent(path, Image::new);
        return new WatchedChannel(FileChannel.open(path, READ, WRITE), image);
    }

    /** Only what is on the disk is left. */
    void cutPower() {
        images.values().forEach(image -> image.dropPages(page -> true));
    }

    /** The kernel needs memory: some of the pages that it calls clean are read from the disk again. */
    void dropCleanPages(SplittableRandom random) {
        images.values().forEach(image -> {
            byte[] cache = image.cache();
            image.dropPages(page -> !image.isDirty(cache, page) && random.nextBoolean());
        });
    }

    /** What has been renamed is reserved anew, and all zero. */
    void forgetRenamedFiles() {
        images.keySet().removeIf(path -> !Files.exists(path));
    }

    /** One file; zero at first, as it was reserved. */
    private final class Image implements WatchedChannel.Watcher {
        private final Path path;
        private final BitSet written = new BitSet();
        private byte[] disk = new byte[0];
        private byte[] clean = new byte[0];

        Image(Path path) {
            this.path = path;
        }

        @Override
        public void onWrite(long from, long to) {
            written.set((int) (from / PAGE_BYTES), (int) ((to + PAGE_BYTES - 1) / PAGE_BYTES));
        }

        @Override
        public void onForce() throws IOException {
            byte[] cache = cache();
            boolean fails = --forcesUntilFailure == 0;
            for (int page = 0; page < pages(cache) && !fails; page++) {
                if (isDirty(cache, page)) {
                    copyPage(cache, page, disk);
                }
            }
            written.clear();
            clean = cache;
            if (fails) {
                throw new IOException("Input/output error");
            }
        }

        private byte[] cache() {
            try {
                byte[] cache = Files.readAllBytes(path);
                disk = Arrays.copyOf(disk, cache.length);
                clean = Arrays.copyOf(clean, cache.length);
                return cache;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private boolean isDirty(byte[] cache, int page) {
            int from = page * PAGE_BYTES;
            int to = Math.min(from + PAGE_BYTES, cache.length);
            return written.get(page) || !Arrays.equals(cache, from, to, clean, from, to);
        }

        private void dropPages(IntPredicate drops) {
            byte[] cache = cache();
            for (int page = 0; page < pages(cache); page++) {
                if (drops.test(page)) {
                    copyPage(disk, page, cache);
                    copyPage(disk, page, clean);
                    written.clear(page);
                }
            }
            try (JournalDamage file = new JournalDamage(path)) {
                file.put(0, cache);
            }
        }

        private static int pages(byte[] bytes) {
            return (bytes.length + PAGE_BYTES - 1) / PAGE_BYTES;
        }

        private static void copyPage(byte[] from, int page, byte[] to) {
            int at = page * PAGE_BYTES;
            System.arraycopy(from, at, to, at, Math.min(PAGE_BYTES, from.length - at));
        }
    }
}
