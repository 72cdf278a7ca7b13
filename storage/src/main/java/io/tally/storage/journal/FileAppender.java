package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tally.protocol.Invariant;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LegacyRollCycles;
import net.openhft.chronicle.wire.DocumentContext;

/**
 * Appends documents to one file through Chronicle Queue. Opened and closed by any thread, meanwhile owned by one.
 *
 * <p>Each file has a queue of its own, in a directory in which Chronicle finds nothing but that file. A queue that goes
 * from file to file keeps its appender waiting for 5 to 12 ms at each change; this way the next file is entered before
 * it is needed, by another thread. Two directories in turn are enough, since a file's queue is closed before the next
 * but one is opened.
 */
final class FileAppender implements AutoCloseable {
    /** Size that Chronicle gives its file of settings and locks; with more it waits for a lock of its own in vain. */
    private static final long METADATA_BYTES = 128 << 10;

    /** The end mark and what Chronicle writes behind it. */
    private static final int END_BYTES = 64;

    private static final int LOCK_TIMEOUT_MS = 1000;

    static {
        ChronicleSettings.apply();
    }

    private final int file;
    private final long fileBytes;
    // Chronicle's queue closes itself once it is unreachable, even while its appender is in use.
    private final SingleChronicleQueue queue;
    private final ExcerptAppender appender;
    private long end;

    private FileAppender(int file, long fileBytes, Path queuePath) {
        this.file = file;
        this.fileBytes = fileBytes;
        this.queue = SingleChronicleQueueBuilder.binary(queuePath.toFile())
                .rollCycle(LegacyRollCycles.HOURLY)
                .timeProvider(new FileClock(file))
                .blockSize(fileBytes)
                .syncMode(SyncMode.NONE)
                .timeoutMS(LOCK_TIMEOUT_MS)
                .build();
        this.appender = queue.createAppender();
        appender.singleThreadedCheckDisabled(true);
    }

    /** Enters a file that has been begun before. */
    static FileAppender open(JournalDirectory directory, long fileBytes, int file) throws IOException {
        return open(directory, fileBytes, file, directory.file(file), directory.file(file));
    }

    /** Enters {@link JournalDirectory#temporary}, which is all zero, writing its header. It may be renamed then. */
    static FileAppender begin(JournalDirectory directory, long fileBytes, int file) throws IOException {
        return open(directory, fileBytes, file, directory.temporary(file), directory.precreated(file));
    }

    /** Under the name ".precreated" Chronicle does not look for a header, and wait for it. */
    private static FileAppender open(JournalDirectory directory, long fileBytes, int file, Path target, Path name)
            throws IOException {
        Path queuePath = directory.queue(file);
        Files.createDirectories(queuePath);
        deleteLinks(queuePath);
        clearMetadata(queuePath);
        Files.createSymbolicLink(
                queuePath.resolve(name.getFileName()), Path.of("..").resolve(target.getFileName()));
        FileAppender opened = new FileAppender(file, fileBytes, queuePath);
        try {
            opened.end = opened.nextOffset();
            Path link = queuePath.resolve(directory.file(file).getFileName());
            File current = opened.appender.currentFile();
            Invariant.check(
                    current != null && link.equals(current.toPath()) && Files.isSymbolicLink(link),
                    "Chronicle is in the expected file",
                    file);
            Files.delete(link);
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static void deleteLinks(Path queuePath) throws IOException {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(queuePath, "*.{cq4,precreated}")) {
            for (Path link : links) {
                Files.delete(link);
            }
        }
    }

    /**
     * Chronicle's metadata may be torn, or hold the lock of a process that was killed; it makes it anew from zeros. In
     * place, so that it keeps its blocks on a full disk.
     */
    private static void clearMetadata(Path queuePath) throws IOException {
        try (FileChannel metadata =
                FileChannel.open(queuePath.resolve(SingleChronicleQueue.QUEUE_METADATA_FILE), CREATE, WRITE)) {
            FileSpace.zero(metadata, 0, METADATA_BYTES);
            metadata.truncate(METADATA_BYTES);
        }
    }

    int file() {
        return file;
    }

    /** Offset behind the last document; Chronicle may put one of its own there before the next. */
    long end() {
        return end;
    }

    /** Appends a document with a frame and answers its offset. */
    long append(BytesStore<?, ?> frame, int length) {
        try (DocumentContext document = appender.writingDocument()) {
            Bytes<?> bytes = bytesOf(document);
            long documentOffset = offsetOf(document);
            if (JournalFrame.start(documentOffset) != documentOffset + ChronicleFile.WORD_LENGTH) {
                bytes.writeInt(0);
            }
            bytes.write(frame, 0L, (long) length);
            end = ChronicleFile.align(bytes.writePosition());
            Invariant.check(end + END_BYTES <= fileBytes, "an entry ends in the reserved part", end);
            return documentOffset;
        }
    }

    /** Writes the mark that ends the file for good. Nothing may be appended afterwards. */
    void finish(FileChannel channel) throws IOException {
        ByteBuffer mark = ByteBuffer.allocate(ChronicleFile.WORD_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        channel.write(mark.putInt(0, ChronicleFile.WORD_END), nextOffset());
    }

    /** Where the next document goes. */
    private long nextOffset() {
        try (DocumentContext document = appender.writingDocument()) {
            document.rollbackOnClose();
            return offsetOf(document);
        }
    }

    private static long offsetOf(DocumentContext document) {
        return bytesOf(document).writePosition() - ChronicleFile.WORD_LENGTH;
    }

    private static Bytes<?> bytesOf(DocumentContext document) {
        return Objects.requireNonNull(document.wire()).bytes();
    }

    @Override
    public void close() {
        appender.close();
        queue.close();
    }
}
