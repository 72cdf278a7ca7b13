package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a journal: names of its files and the lock that keeps other processes out. Immutable; any thread.
 *
 * <pre>
 * 19700101-01.cq4          file number 1 (Chronicle's name for hour 1 of its epoch)
 * 19700101-02.precreated   file 2, reserved and ready, with Chronicle's header; renamed when its first entry comes
 * 19700101-02.tmp          file 2 being reserved
 * 19700101-01.cq4.damaged-65808-0   what a repair cut off file 1 at offset 65808
 * queue-0, queue-1         Chronicle's own, for files of even and of odd numbers; made anew for each file
 * journal.lock           locked while a process uses the directory
 * journal.key            {@link JournalKey}; what was written under it cannot be read without it
 * journal.key.new        the same being made, before the first file
 * </pre>
 */
public final class JournalDirectory implements AutoCloseable {
    private static final String SUFFIX = ".cq4";
    private static final long MS_PER_FILE_NUMBER = 3_600_000;
    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HH").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter NAME_AND_MINUTE = DateTimeFormatter.ofPattern("yyyyMMdd-HH mm");

    private final Path path;
    private final FileChannel lockChannel;
    private final JournalKey key;
    private final Opener opener;

    /** Opens a file for reading and writing. A test can put a disk of its own behind it. */
    @FunctionalInterface
    interface Opener {
        FileChannel open(Path file) throws IOException;
    }

    private JournalDirectory(Path path, FileChannel lockChannel, JournalKey key, Opener opener) {
        this.path = path;
        this.lockChannel = lockChannel;
        this.key = key;
        this.opener = opener;
    }

    /**
     * Creates the directory where needed and takes its lock; refuses when another process has it.
     *
     * @throws JournalException also when the key of the files in it is missing
     */
    public static JournalDirectory open(Path path) {
        return open(path, file -> FileChannel.open(file, READ, WRITE));
    }

    static JournalDirectory open(Path path, Opener opener) {
        try {
            create(path);
            FileChannel channel = FileChannel.open(path.resolve("journal.lock"), CREATE, WRITE);
            if (tryLock(channel) == null) {
                channel.close();
                throw new JournalException("journal directory " + path + " is in use by another process");
            }
            return locked(path, channel, opener);
        } catch (AccessDeniedException e) {
            throw new JournalException(
                    "no permission for " + e.getFile() + ", for the journal: give the broker's user access, or choose"
                            + " another data directory",
                    e);
        } catch (IOException e) {
            throw new JournalException("cannot open journal directory " + path + ": " + e, e);
        }
    }

    private static JournalDirectory locked(Path path, FileChannel lockChannel, Opener opener) throws IOException {
        try {
            return new JournalDirectory(path, lockChannel, JournalKey.open(path, list(path).length > 0), opener);
        } catch (IOException | RuntimeException e) {
            lockChannel.close();
            throw e;
        }
    }

    /** Creates a directory where needed, so that power loss doesn't take it away with all that is forced in it. */
    public static void create(Path directory) throws IOException {
        Path parent = directory.toAbsolutePath().getParent();
        if (parent == null) {
            return;
        }
        if (!Files.isDirectory(parent)) {
            create(parent);
        }
        Files.createDirectories(directory);
        force(parent);
    }

    /** Makes what was created, renamed and deleted in the directory durable. */
    static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, READ)) {
            channel.force(true);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    public Path path() {
        return path;
    }

    JournalKey key() {
        return key;
    }

    public Path file(int number) {
        return path.resolve(name(number) + SUFFIX);
    }

    /** The file of this number, to be written and forced. */
    FileChannel openFile(int number) throws IOException {
        return opener.open(file(number));
    }

    Path precreated(int number) {
        return path.resolve(name(number) + ".precreated");
    }

    Path temporary(int number) {
        return path.resolve(name(number) + ".tmp");
    }

    /** The n-th copy of what a repair has cut off this file at this offset. */
    Path damaged(int number, long offset, int n) {
        return path.resolve(name(number) + SUFFIX + ".damaged-" + offset + "-" + n);
    }

    /** Where Chronicle keeps what it needs for this file; the file before has the other one of two. */
    Path queue(int number) {
        return path.resolve("queue-" + number % 2);
    }

    /** Numbers of all files, ascending. */
    public int[] list() {
        return list(path);
    }

    private static int[] list(Path path) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*" + SUFFIX)) {
            IntStream.Builder numbers = IntStream.builder();
            for (Path file : files) {
                numbers.add(number(file));
            }
            int[] list = numbers.build().toArray();
            Arrays.sort(list);
            return list;
        } catch (IOException e) {
            throw new JournalException("cannot list journal directory " + path + ": " + e, e);
        }
    }

    void force() throws IOException {
        force(path);
    }

    /** What Chronicle must take for the time of day while it writes to this file. */
    static long timeMs(int number) {
        return number * MS_PER_FILE_NUMBER + 1;
    }

    private static String name(int number) {
        return NAME.format(Instant.ofEpochMilli(timeMs(number)));
    }

    /** Of the file that this is, or is to become. */
    static int number(Path file) {
        String name = file.getFileName().toString();
        try {
            LocalDateTime time = LocalDateTime.parse(name.substring(0, name.lastIndexOf('.')) + " 00", NAME_AND_MINUTE);
            return (int) (time.toEpochSecond(ZoneOffset.UTC) * 1000 / MS_PER_FILE_NUMBER);
        } catch (DateTimeException e) {
            throw new JournalException("not a file of the journal: " + file + "; move it elsewhere", e);
        }
    }

    /** Gives the lock back. */
    @Override
    public void close() {
        try {
            lockChannel.close();
        } catch (IOException e) {
            throw new JournalException("cannot unlock journal directory " + path + ": " + e, e);
        }
    }
}
