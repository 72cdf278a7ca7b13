package io.tally.storage.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.function.BooleanSupplier;

/**
 * Zeros a part of a file with small writes. This reserves real blocks, so that a store into the mapped file can't meet
 * a full disk. The kernel caches, and writes back at each force, parts as large as one write was: pages cost four times
 * the processor time of larger parts while they are filled, and write no more than needed when little is forced.
 */
final class FileSpace {
    /** For a file whose forces will be small: one page. */
    static final int PAGE_BYTES = JournalOptions.PAGE_BYTES;

    /** For a file that is needed soon: what fills it forces more at once. */
    static final int PART_BYTES = 4 * PAGE_BYTES;

    private FileSpace() {}

    /** Zeros {@code [from, to)} with such writes; gives up early, and answers false, once {@code cancelled}. */
    static boolean zero(FileChannel channel, long from, long to, int writeBytes, BooleanSupplier cancelled)
            throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(writeBytes);
        long at = from;
        while (at < to) {
            if (cancelled.getAsBoolean()) {
                return false;
            }
            long writeEnd = (at / writeBytes + 1) * writeBytes;
            zeros.clear().limit((int) (Math.min(writeEnd, to) - at));
            while (zeros.hasRemaining()) {
                at += channel.write(zeros, at);
            }
        }
        return true;
    }

    /** In pages. */
    static void zero(FileChannel channel, long from, long to) throws IOException {
        zero(channel, from, to, PAGE_BYTES, () -> false);
    }
}
