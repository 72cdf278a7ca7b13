package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tally.engine.port.Positions;
import io.tally.protocol.Invariant;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LegacyRollCycles;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The journal on Chronicle Queue.
 *
 * <p><b>Idea.</b> Chronicle lays out and appends documents in files mapped into memory; {@link JournalFrame} is what we
 * put into a document. What decides about durability is our own: Chronicle's {@code sync()} misses parts of a file and
 * swallows errors, so a file is forced through a channel of ours. Chronicle checks nothing when it opens a file, so
 * {@link JournalRecovery} has to be run first, and nobody reads through it ({@link MappedCursor},
 * {@link JournalMessages}).
 *
 * <p><b>Threads.</b> Opened by any thread, which may take a second; then owned by the sequencer thread, which appends
 * and forces. {@link FilePreparer} reserves the next file and deletes old ones on a thread of its own. The owner must
 * never be interrupted: that would close the channel.
 *
 * <p><b>On disk.</b> {@link JournalDirectory} and {@link ChronicleFile}. Every file is reserved in full before its
 * first byte is used, and nothing is ever written behind its reserved part: storing into a mapped hole on a full disk
 * would lose data silently on JDK 17.
 *
 * <p><b>A new file</b> is begun before the entry that would not fit. Before anything in it can be released the old
 * file, the new one and the directory have been forced. When the next file can't be had, append answers
 * {@link #NO_ROOM}.
 *
 * <p><b>Failure.</b> After the first exception of Chronicle or of a force the journal refuses everything: what the
 * kernel still holds of the file is unknown then. Only a restart, which reads what is really there, gets out of it.
 */
public final class ChronicleJournal implements Journal {
    /** Size that Chronicle gives its file of settings and locks; with more it waits for a lock of its own in vain. */
    private static final long METADATA_BYTES = 128 << 10;

    /** The end mark and what Chronicle writes behind it. */
    private static final int END_BYTES = 64;

    private static final int LOCK_TIMEOUT_MS = 1000;

    static {
        ChronicleSettings.apply();
    }

    private final JournalDirectory directory;
    private final JournalOptions options;
    private final FilePreparer preparer;
    private final FileClock clock;
    // Chronicle's queue closes itself once it is unreachable, even while its appender is in use.
    private final SingleChronicleQueue queue;
    private final ExcerptAppender appender;
    private final ByteBuffer frameBytes;
    private final UnsafeBuffer frame;
    private final BytesStore<?, ?> frameStore;
    private final CRC32C crc = new CRC32C();
    private final AtomicReference<int[]> files;
    private FileChannel channel;
    private long end;
    private long lastPosition;
    private long lastSequence;
    private long forcedPosition;
    private long forcedSequence;
    private boolean hasFailed;

    private ChronicleJournal(JournalDirectory directory, JournalOptions options, RecoveredJournal recovered)
            throws IOException {
        this.directory = directory;
        this.options = options;
        this.clock = new FileClock(recovered.file());
        this.preparer = new FilePreparer(directory, options.fileBytes());
        this.frameBytes = ByteBuffer.allocateDirect(JournalFrame.LENGTH + options.entryBytesMax())
                .order(ByteOrder.LITTLE_ENDIAN);
        this.frame = new UnsafeBuffer(frameBytes);
        this.frameStore = BytesStore.wrap(frameBytes);
        this.lastPosition = recovered.lastPosition();
        this.lastSequence = recovered.lastSequence();
        if (recovered.beginsFile()) {
            awaitFirstFile(recovered.file());
        } else {
            reserveRest(recovered.end());
        }
        this.queue = openQueue(recovered.file());
        this.appender = openAppender();
        this.end = enterFile();
        Invariant.check(
                recovered.beginsFile() || end == recovered.end(), "Chronicle goes on behind the last entry", end);
        this.channel = openChannel();
        forceNewFile();
        this.forcedPosition = lastPosition;
        this.forcedSequence = lastSequence;
        this.files = new AtomicReference<>(directory.list());
        preparer.prepare(recovered.file() + 1);
    }

    /**
     * Opens the journal for appending where recovery ended. Takes up to a second: may be done while another thread
     * reads what recovery has found. The directory's lock stays with the caller.
     */
    public static ChronicleJournal open(
            JournalDirectory directory, JournalOptions options, RecoveredJournal recovered) {
        try {
            clearMetadata(directory);
            return new ChronicleJournal(directory, options, recovered);
        } catch (IOException | RuntimeException | InternalError e) {
            throw new JournalException("cannot open the journal in " + directory.path() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Chronicle's metadata may be torn, or hold the lock of a process that was killed; it makes it anew from zeros. In
     * place, so that it keeps its blocks on a full disk.
     */
    private static void clearMetadata(JournalDirectory directory) throws IOException {
        try (FileChannel metadata = FileChannel.open(directory.metadata(), CREATE, WRITE)) {
            FileSpace.zero(metadata, 0, METADATA_BYTES);
            metadata.truncate(METADATA_BYTES);
        }
    }

    private void awaitFirstFile(int number) {
        preparer.prepare(number);
        if (!preparer.awaitReady()) {
            preparer.close();
            throw new JournalException("no room for a journal file: " + preparer.problem());
        }
    }

    /** The rest of the file may be without blocks: {@link FileRepair#renewRest}. */
    private void reserveRest(long from) throws IOException {
        try (FileChannel file = openChannel()) {
            FileSpace.zero(file, from, options.fileBytes());
            file.force(true);
        }
    }

    private SingleChronicleQueue openQueue(int newest) {
        SingleChronicleQueue opened = SingleChronicleQueueBuilder.binary(
                        directory.path().toFile())
                .rollCycle(LegacyRollCycles.HOURLY)
                .timeProvider(clock)
                .blockSize(options.fileBytes())
                .syncMode(SyncMode.NONE)
                .timeoutMS(LOCK_TIMEOUT_MS)
                .build();
        // Otherwise it maps each of the files at start, to see whether they have an end mark.
        opened.tableStorePut("normalisedEOFsTo", newest);
        return opened;
    }

    private ExcerptAppender openAppender() {
        ExcerptAppender opened = queue.createAppender();
        opened.singleThreadedCheckDisabled(true);
        return opened;
    }

    /**
     * Makes Chronicle enter the file that the clock names, ending the one before, and answers where the next document
     * goes.
     */
    private long enterFile() {
        long next;
        try (DocumentContext document = appender.writingDocument()) {
            next = offsetOf(document);
            document.rollbackOnClose();
        }
        Path expected = directory.file(clock.file());
        File current = appender.currentFile();
        Invariant.check(
                current != null && expected.equals(current.toPath()),
                "Chronicle is in the expected file",
                clock.file());
        return next;
    }

    private static long offsetOf(DocumentContext document) {
        return bytesOf(document).writePosition() - ChronicleFile.WORD_LENGTH;
    }

    private static Bytes<?> bytesOf(DocumentContext document) {
        return Objects.requireNonNull(document.wire()).bytes();
    }

    private FileChannel openChannel() throws IOException {
        return directory.openFile(clock.file());
    }

    private void forceNewFile() throws IOException {
        channel.force(true);
        directory.force();
    }

    @Override
    public long append(long timeMs, DirectBuffer command, int offset, int length) {
        requireUsable();
        Invariant.check(length > 0 && length <= options.entryBytesMax(), "length of a command", length);
        if (end + length + JournalFrame.OVERHEAD_MAX > options.dataLimit() && !tryBeginNextFile()) {
            return NO_ROOM;
        }
        int frameLength = JournalFrame.LENGTH + length;
        buildFrame(timeMs, command, offset, length);
        try {
            lastPosition = Positions.of(clock.file(), writeDocument(frameLength));
        } catch (RuntimeException | InternalError e) {
            throw failed("appending to", e);
        }
        lastSequence++;
        return lastPosition;
    }

    private void buildFrame(long timeMs, DirectBuffer command, int offset, int length) {
        int frameLength = JournalFrame.LENGTH + length;
        JournalFrame.write(frame, frameLength, lastSequence + 1, forcedSequence, timeMs);
        command.getBytes(offset, frame, JournalFrame.LENGTH, length);
        crc.reset();
        crc.update(frameBytes.limit(frameLength).position(JournalFrame.LENGTH_OFFSET));
        frameBytes.clear();
        frameBytes.putInt(0, (int) crc.getValue());
    }

    private long writeDocument(int frameLength) {
        try (DocumentContext document = appender.writingDocument()) {
            Bytes<?> bytes = bytesOf(document);
            long documentOffset = offsetOf(document);
            if (JournalFrame.start(documentOffset) != documentOffset + ChronicleFile.WORD_LENGTH) {
                bytes.writeInt(0);
            }
            bytes.write(frameStore, 0L, (long) frameLength);
            end = ChronicleFile.align(bytes.writePosition());
            Invariant.check(end + END_BYTES <= options.fileBytes(), "an entry ends in the reserved part", end);
            return documentOffset;
        }
    }

    @Override
    public long force() {
        requireUsable();
        if (forcedPosition != lastPosition) {
            forceCurrentFile();
        }
        return forcedPosition;
    }

    private void forceCurrentFile() {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw failed("forcing", e);
        }
        forcedPosition = lastPosition;
        forcedSequence = lastSequence;
    }

    private boolean tryBeginNextFile() {
        if (!preparer.awaitReady()) {
            return false;
        }
        try {
            clock.file(clock.file() + 1);
            end = enterFile();
            forceCurrentFile();
            channel.close();
            channel = openChannel();
            forceNewFile();
        } catch (IOException | RuntimeException | InternalError e) {
            throw failed("beginning", e);
        }
        int begun = clock.file();
        files.updateAndGet(numbers -> {
            int[] longer = Arrays.copyOf(numbers, numbers.length + 1);
            longer[numbers.length] = begun;
            return longer;
        });
        preparer.prepare(begun + 1);
        return true;
    }

    @Override
    public boolean isNearlyFull() {
        preparer.onUsed(end);
        long room = options.dataLimit() - end;
        if (room >= options.reserveBytes() || !preparer.isDoubtful()) {
            return false;
        }
        if (preparer.problem() == null && room >= options.entrySpaceMax()) {
            return false;
        }
        return !preparer.awaitReady();
    }

    @Override
    public long lastPosition() {
        return lastPosition;
    }

    @Override
    public int[] files() {
        return files.get().clone();
    }

    @Override
    public void deleteFile(int file) {
        int[] present = files.get();
        Invariant.check(file < present[present.length - 1], "the newest journal file is not deleted", file);
        files.updateAndGet(
                numbers -> Arrays.stream(numbers).filter(n -> n != file).toArray());
        preparer.delete(file);
    }

    private void requireUsable() {
        if (hasFailed) {
            throw new JournalException("the journal in " + directory.path() + " has failed before; restart the broker");
        }
    }

    private JournalException failed(String what, Throwable cause) {
        hasFailed = true;
        return new JournalException(what + " " + directory.file(clock.file()) + " failed: " + cause, cause);
    }

    @Override
    public void close() {
        try {
            if (!hasFailed) {
                force();
            }
        } finally {
            closeAll();
        }
    }

    /** Closes without forcing, as if the process had been killed; for tests. */
    void abandon() {
        closeAll();
    }

    private void closeAll() {
        try {
            preparer.close();
            channel.close();
        } catch (IOException e) {
            throw failed("closing", e);
        } finally {
            appender.close();
            queue.close();
        }
    }
}
