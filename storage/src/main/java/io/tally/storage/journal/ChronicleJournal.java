package io.tally.storage.journal;

import io.tally.engine.port.Positions;
import io.tally.protocol.Invariant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import net.openhft.chronicle.bytes.BytesStore;
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
 * and forces. {@link FilePreparer} reserves and enters the next file and deletes old ones on a thread of its own. The
 * owner must never be interrupted: that would close the channel.
 *
 * <p><b>On disk.</b> {@link JournalDirectory} and {@link ChronicleFile}. Every file is reserved in full before its
 * first byte is used, and nothing is ever written behind its reserved part: storing into a mapped hole on a full disk
 * would lose data silently on JDK 17. The last pages of a file are for the first entry of a process alone, without
 * which it could not start.
 *
 * <p><b>A new file</b> is begun before the entry that would not fit. Before anything in it can be released the old
 * file, the new one and the directory have been forced. When the next file can't be had, append answers
 * {@link #NO_ROOM}.
 *
 * <p><b>Failure.</b> After the first exception of Chronicle or of a force the journal refuses everything: what the
 * kernel still holds of the file is unknown then. Only a restart, which reads what is really there, gets out of it.
 */
public final class ChronicleJournal implements Journal {
    static {
        ChronicleSettings.apply();
    }

    private final JournalDirectory directory;
    private final JournalOptions options;
    private final FilePreparer preparer;
    private final ByteBuffer frameBytes;
    private final UnsafeBuffer frame;
    private final BytesStore<?, ?> frameStore;
    private final FrameChecksum checksum;
    private final AtomicReference<int[]> files;
    private FileAppender appender;
    private FileChannel channel;
    private long lastPosition;
    private long lastSequence;
    private long forcedPosition;
    private long forcedSequence;
    private boolean hasAppended;
    private boolean hasFailed;

    private ChronicleJournal(
            JournalDirectory directory, JournalOptions options, RecoveredJournal recovered, FilePreparer preparer)
            throws IOException {
        this.directory = directory;
        this.options = options;
        this.preparer = preparer;
        if (recovered.beginsFile()) {
            preparer.prepareAtOnce(recovered.file()); // while the rest is made
        }
        this.frameBytes = ByteBuffer.allocateDirect(JournalFrame.LENGTH + options.entryBytesMax())
                .order(ByteOrder.LITTLE_ENDIAN);
        this.frame = new UnsafeBuffer(frameBytes);
        this.checksum = new FrameChecksum(directory.key());
        this.frameStore = BytesStore.wrap(frameBytes);
        this.lastPosition = recovered.lastPosition();
        this.lastSequence = recovered.lastSequence();
        this.appender = recovered.beginsFile() ? firstFile() : presentFile(recovered);
        this.channel = openChannel();
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
        FilePreparer preparer = new FilePreparer(directory, options.fileBytes());
        try {
            return new ChronicleJournal(directory, options, recovered, preparer);
        } catch (IOException | RuntimeException | InternalError e) {
            preparer.close();
            throw new JournalException("cannot open the journal in " + directory.path() + ": " + e.getMessage(), e);
        }
    }

    private FileAppender firstFile() throws IOException {
        if (!preparer.awaitReady()) {
            throw new JournalException("no room for a journal file: " + preparer.problem());
        }
        return begin(preparer.take());
    }

    /** The rest of the file may be without blocks: {@link FileRepair#renewRest}. */
    private FileAppender presentFile(RecoveredJournal recovered) throws IOException {
        int number = recovered.file();
        try (FileChannel file = directory.openFile(number)) {
            FileSpace.zero(file, recovered.end(), options.fileBytes());
            file.force(true);
        }
        FileAppender present = FileAppender.open(directory, options.fileBytes(), number);
        Invariant.check(present.end() == recovered.end(), "Chronicle goes on behind the last entry", present.end());
        return present;
    }

    private FileAppender begin(FileAppender prepared) throws IOException {
        int number = prepared.file();
        Files.move(directory.precreated(number), directory.file(number), StandardCopyOption.ATOMIC_MOVE);
        return prepared;
    }

    /** With what the file holds, and its name, durable. */
    private FileChannel openChannel() throws IOException {
        FileChannel opened = directory.openFile(appender.file());
        opened.force(true);
        directory.force();
        return opened;
    }

    @Override
    public long append(long timeMs, DirectBuffer command, int offset, int length) {
        requireUsable();
        Invariant.check(length > 0 && length <= options.entryBytesMax(), "length of a command", length);
        int kept = hasAppended ? JournalOptions.START_BYTES : -JournalOptions.START_TAIL_BYTES;
        if (appender.end() + length + JournalFrame.OVERHEAD_MAX > options.dataLimit() - kept && !tryBeginNextFile()) {
            return NO_ROOM;
        }
        int frameLength = JournalFrame.LENGTH + length;
        buildFrame(timeMs, command, offset, length);
        try {
            lastPosition = Positions.of(appender.file(), appender.append(frameStore, frameLength));
        } catch (RuntimeException | InternalError e) {
            throw failed("appending to", e);
        }
        lastSequence++;
        hasAppended = true;
        return lastPosition;
    }

    private void buildFrame(long timeMs, DirectBuffer command, int offset, int length) {
        int frameLength = JournalFrame.LENGTH + length;
        JournalFrame.write(frame, frameLength, lastSequence + 1, forcedSequence, timeMs, directory.key());
        command.getBytes(offset, frame, JournalFrame.LENGTH, length);
        frameBytes.putInt(0, checksum.of(frameBytes, frameLength));
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
        FileAppender ended = appender;
        try {
            ended.finish(channel);
            forceCurrentFile();
            channel.close();
            appender = begin(preparer.take());
            channel = openChannel();
        } catch (IOException | RuntimeException | InternalError e) {
            throw failed("ending", e);
        }
        preparer.close(ended);
        int begun = appender.file();
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
        return isShortOf(options.reserveBytes());
    }

    @Override
    public boolean isReserveLow() {
        return isShortOf(options.lowReserveBytes());
    }

    @Override
    public boolean isReserveNearlyUsed() {
        return isShortOf(options.lastReserveBytes());
    }

    private boolean isShortOf(long roomWanted) {
        preparer.onUsed(appender.end());
        long room = options.dataLimit() - appender.end();
        if (room >= roomWanted || !preparer.isDoubtful()) {
            return false;
        }
        if (preparer.problem() == null && room >= options.lowReserveBytes()) {
            return false; // The next file may come in time.
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
        return new JournalException(what + " " + directory.file(appender.file()) + " failed: " + cause, cause);
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
        }
    }
}
