package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.NoSuchFileException;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A part of one file mapped for reading: window {@code index} begins at {@code index * windowBytes} and reaches far
 * enough behind its end that every entry that begins in it is whole, however long the limit was that it was written
 * under; what is not touched is address space only. Immutable; sees what others write. Must not be touched after
 * {@link #unmap}.
 */
final class JournalWindow {
    private final int file;
    private final long start;
    private final long end;
    private final MappedByteBuffer bytes;
    private final UnsafeBuffer buffer;

    private JournalWindow(int file, long start, long end, MappedByteBuffer bytes) {
        this.file = file;
        this.start = start;
        this.end = end;
        this.bytes = bytes;
        this.buffer = new UnsafeBuffer(bytes);
    }

    /** Maps the window in which this offset lies; null when the file is gone or ends before it. */
    static @Nullable JournalWindow map(JournalDirectory directory, JournalOptions options, int file, long offset) {
        long start = offset - offset % options.windowBytes();
        try (FileChannel channel = FileChannel.open(directory.file(file), READ)) {
            long size = channel.size();
            long end = Math.min(start + options.windowBytes(), size);
            long mapped = Math.min(end + JournalOptions.ENTRY_SPACE_LIMIT, size) - start;
            if (end <= offset) {
                return null;
            }
            return new JournalWindow(file, start, end, channel.map(MapMode.READ_ONLY, start, mapped));
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new JournalException("cannot map " + directory.file(file) + " at " + start + ": " + e, e);
        }
    }

    int file() {
        return file;
    }

    /** Offset in the file of the first byte, a multiple of 4096. */
    long start() {
        return start;
    }

    /** Offset in the file behind the last byte at which an entry of this window may begin. */
    long end() {
        return end;
    }

    boolean covers(int wantedFile, long offset) {
        return file == wantedFile && offset >= start && offset < end;
    }

    /** Index 0 is {@link #start}. */
    UnsafeBuffer buffer() {
        return buffer;
    }

    /** The same memory, for checksums. */
    MappedByteBuffer bytes() {
        return bytes;
    }

    void unmap() {
        buffer.wrap(0, 0);
        IoUtil.unmap(bytes);
    }
}
