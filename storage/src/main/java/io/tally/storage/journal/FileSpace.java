package io.tally.storage.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.function.BooleanSupplier;

/**
 * Zeros a part of a file with writes of one page. This reserves real blocks, so that a store into the mapped file can't
 * meet a full disk, and keeps the parts in which the kernel caches and writes it back small (the other ways measured
 * write up to 35 times the data at each force).
 */
final class FileSpace {
    private FileSpace() {}

    /** Zeros {@code [from, to)}; gives up early, and answers false, once {@code cancelled}. */
    static boolean zero(FileChannel channel, long from, long to, BooleanSupplier cancelled) throws IOException {
        ByteBuffer page = ByteBuffer.allocateDirect(JournalOptions.PAGE_BYTES);
        long at = from;
        while (at < to) {
            if (cancelled.getAsBoolean()) {
                return false;
            }
            long pageEnd = (at / JournalOptions.PAGE_BYTES + 1) * JournalOptions.PAGE_BYTES;
            page.clear().limit((int) (Math.min(pageEnd, to) - at));
            while (page.hasRemaining()) {
                at += channel.write(page, at);
            }
        }
        return true;
    }

    static void zero(FileChannel channel, long from, long to) throws IOException {
        zero(channel, from, to, () -> false);
    }
}
