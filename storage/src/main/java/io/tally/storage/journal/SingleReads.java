package io.tally.storage.journal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Copies single entries out of the files, for places that are not worth a mapping. Keeps the files used last open.
 * Owned by one thread. Allocates nothing but for a file not open yet.
 */
final class SingleReads {
    /** Answer of {@link #read}: the file is gone. */
    static final long GONE = -1;

    /** Answer of {@link #read}: the entry is so long that a mapping costs less. */
    static final long TOO_LONG = -2;

    private static final int CHANNELS = 16;
    private static final int FIRST_READ_BYTES = 4 << 10;
    private static final int READ_BYTES_MAX = 64 << 10;

    private final JournalDirectory directory;
    private final int[] files = new int[CHANNELS];
    private final @Nullable FileChannel[] channels = new FileChannel[CHANNELS];
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(READ_BYTES_MAX);
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private int nextSlot;

    SingleReads(JournalDirectory directory) {
        this.directory = directory;
    }

    /**
     * Points {@code view} at the command, until the next call, and answers its time in epoch milliseconds, or
     * {@link #GONE} or {@link #TOO_LONG}.
     */
    long read(int file, long offset, UnsafeBuffer view) {
        try {
            FileChannel channel = channel(file);
            return channel == null ? GONE : read(channel, file, offset, view);
        } catch (IOException e) {
            throw new JournalException("cannot read " + directory.file(file) + " at " + offset + ": " + e, e);
        }
    }

    private long read(FileChannel channel, int file, long offset, UnsafeBuffer view) throws IOException {
        long start = offset & -Long.BYTES;
        int index = (int) (offset - start);
        int available = fill(channel, start, 0, FIRST_READ_BYTES);
        int word = available < index + ChronicleFile.WORD_LENGTH ? 0 : buffer.getInt(index, LITTLE_ENDIAN);
        if (!ChronicleFile.isData(word)) {
            throw noEntry(file, offset);
        }
        int needed = index + ChronicleFile.WORD_LENGTH + ChronicleFile.contentsLength(word);
        if (needed > READ_BYTES_MAX) {
            return TOO_LONG;
        }
        available = fill(channel, start, available, needed);
        int length = JournalFrame.lengthIfSound(buffer, index, word, available);
        if (length < 0) {
            throw noEntry(file, offset);
        }
        int frame = JournalFrame.start(index);
        view.wrap(buffer, frame + JournalFrame.LENGTH, length - JournalFrame.LENGTH);
        return JournalFrame.timeMs(buffer, frame);
    }

    private JournalException noEntry(int file, long offset) {
        return new JournalException("no entry in " + directory.file(file) + " at " + offset);
    }

    /** Reads on behind what is there until so many bytes are, or the file ends; answers how many are. */
    private int fill(FileChannel channel, long start, int present, int wanted) throws IOException {
        int available = present;
        while (available < wanted) {
            int read = channel.read(bytes.limit(wanted).position(available), start + available);
            if (read < 0) {
                break;
            }
            available += read;
        }
        return available;
    }

    private @Nullable FileChannel channel(int file) throws IOException {
        for (int i = 0; i < CHANNELS; i++) {
            if (files[i] == file && channels[i] != null) {
                return channels[i];
            }
        }
        try {
            FileChannel opened = FileChannel.open(directory.file(file), READ);
            close(nextSlot);
            files[nextSlot] = file;
            channels[nextSlot] = opened;
            nextSlot = (nextSlot + 1) % CHANNELS;
            return opened;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Closes a file that is about to be deleted. */
    void release(int file) {
        for (int i = 0; i < CHANNELS; i++) {
            if (files[i] == file) {
                close(i);
            }
        }
    }

    /** Closes all files; they are opened again when they are needed. */
    void release() {
        for (int i = 0; i < CHANNELS; i++) {
            close(i);
        }
    }

    private void close(int slot) {
        FileChannel channel = channels[slot];
        channels[slot] = null;
        files[slot] = 0;
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            throw new JournalException("cannot close a journal file: " + e, e);
        }
    }
}
