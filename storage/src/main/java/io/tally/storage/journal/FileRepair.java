package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tally.protocol.Invariant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Brings a file into the state in which Chronicle goes on right behind its last valid entry. Everything is done in
 * place, so no entry moves and no reserved block is lost; done again after an interruption it comes to the same end.
 */
final class FileRepair implements AutoCloseable {
    private static final int COPY_BYTES = 1 << 20;

    private final JournalDirectory directory;
    private final FileScan scan;
    private final FileChannel channel;
    private final ByteBuffer number = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);

    FileRepair(JournalDirectory directory, FileScan scan) throws IOException {
        this.directory = directory;
        this.scan = scan;
        this.channel = directory.openFile(scan.file());
    }

    /** Zeros what is behind the last valid document; answers, for a person, what was done. */
    String cutTail() throws IOException {
        Path path = directory.file(scan.file());
        long length = scan.dirtyEnd() - scan.end();
        String what = "cut " + length + " bytes off " + path + " at " + scan.end();
        if (scan.hasOnlyUnfinishedEntry()) {
            what += ", an entry that was never finished";
        } else {
            what += ", kept in " + keepTail();
        }
        FileSpace.zero(channel, scan.end(), scan.dirtyEnd());
        channel.force(false);
        return what;
    }

    private Path keepTail() throws IOException {
        Path copy = freeName();
        try (FileChannel to = FileChannel.open(copy, CREATE_NEW, WRITE)) {
            for (long at = scan.end(); at < scan.dirtyEnd(); ) {
                at += channel.transferTo(at, Math.min(COPY_BYTES, scan.dirtyEnd() - at), to);
            }
            to.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(copy); // On a full disk each attempt would take more of it.
            throw e;
        }
        directory.force();
        return copy;
    }

    private Path freeName() {
        int n = 0;
        while (true) {
            Path path = directory.damaged(scan.file(), scan.end(), n++);
            if (!Files.exists(path)) {
                return path;
            }
        }
    }

    /** Makes Chronicle's notes about the file agree with what is in it. Not forced. */
    void settle() throws IOException {
        long count = scan.lastOffset() == 0 ? 0 : scan.lastSequence() - scan.sequenceOfFirstEntry() + 1;
        long position = scan.lastOffset();
        set(ChronicleFile.WRITE_POSITION_OFFSET, position);
        set(ChronicleFile.WRITE_SEQUENCE_OFFSET, count == 0 ? 0 : position << 32 | count - 1);
        long nextToIndex = (count + ChronicleFile.INDEX_SPACING - 1) & -ChronicleFile.INDEX_SPACING;
        if (Long.compareUnsigned(scan.longAt(ChronicleFile.NEXT_TO_INDEX_OFFSET), nextToIndex) > 0) {
            set(ChronicleFile.NEXT_TO_INDEX_OFFSET, nextToIndex);
        }
        settleIndexes();
    }

    /**
     * Gives the file its full length, and lets go of what the kernel holds of the part that is not used yet. After a
     * reboot it has been read in large pieces, each of which is then written back as a whole at every force; and it may
     * be a copy without blocks there. Who appends has to reserve it anew.
     *
     * @param mayCut whether there is so much room that the blocks are sure to come back
     */
    void renewRest(long fileBytes, boolean mayCut) throws IOException {
        if (mayCut) {
            channel.truncate(scan.end());
        }
        if (channel.size() < fileBytes) {
            FileSpace.zero(channel, fileBytes - 1, fileBytes);
        }
    }

    /**
     * Makes what the scan has found durable. After a force that failed, or a write in the background, the kernel calls
     * pages clean that have never reached the disk, so the next force would pass without writing them. Therefore all
     * that is not proven to be durable is written once more first: what Chronicle puts before the first entry, and the
     * entries of the last batches.
     */
    void makeDurable() throws IOException {
        writeAgain(0, ChronicleFile.FIRST_DATA_OFFSET);
        long end = scan.hasEndMark() ? scan.end() + ChronicleFile.WORD_LENGTH : scan.end();
        writeAgain(Math.max(ChronicleFile.FIRST_DATA_OFFSET, scan.unprovenOffset()), end);
        channel.force(true);
    }

    private void writeAgain(long from, long to) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(COPY_BYTES);
        for (long at = from; at < to; at += bytes.limit()) {
            bytes.clear().limit((int) Math.min(COPY_BYTES, to - at));
            int read;
            do {
                read = channel.read(bytes, at + bytes.position());
            } while (read > 0 && bytes.hasRemaining());
            bytes.flip();
            Invariant.check(bytes.hasRemaining(), "what the scan has found is there", at);
            while (bytes.hasRemaining()) {
                channel.write(bytes, at + bytes.position());
            }
        }
    }

    private void settleIndexes() throws IOException {
        long root = ChronicleFile.slots(ChronicleFile.ROOT_INDEX_OFFSET, true);
        for (int i = 0; i < ChronicleFile.INDEX_SLOTS; i++) {
            long slot = root + i * (long) Long.BYTES;
            long index = scan.longAt(slot);
            if (index != 0 && isBelow(index, scan.end()) && scan.isIndex(index)) {
                settleIndex(ChronicleFile.slots(index, false));
            } else if (index != 0) {
                set(slot, 0);
            }
        }
    }

    private void settleIndex(long slots) throws IOException {
        for (int i = 0; i < ChronicleFile.INDEX_SLOTS; i++) {
            long slot = slots + i * (long) Long.BYTES;
            if (!isBelow(scan.longAt(slot), scan.end())) {
                set(slot, 0);
            }
        }
    }

    private static boolean isBelow(long value, long limit) {
        return Long.compareUnsigned(value, limit) < 0;
    }

    private void set(long offset, long value) throws IOException {
        if (scan.longAt(offset) != value) {
            number.clear();
            number.putLong(0, value);
            while (number.hasRemaining()) {
                channel.write(number, offset + number.position());
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
