package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * 64 random bits of a journal directory that no client knows. They go into every frame, so that nobody can put
 * something into a message that passes for an entry when recovery looks for one at any offset behind damage. They are
 * not hidden from who can read the files. Immutable; any thread.
 *
 * <pre>
 *  0 "TALLYKEY"
 *  8 the key     i64, big endian
 * 16 crc32c      i32  over everything before it
 * </pre>
 */
final class JournalKey {
    static final String NAME = "journal.key";

    private static final String NAME_WHILE_MADE = NAME + ".new";
    private static final long MAGIC = 0x54_41_4C_4C_59_4B_45_59L;
    private static final int CHECKSUM_OFFSET = 2 * Long.BYTES;
    private static final int LENGTH = CHECKSUM_OFFSET + Integer.BYTES;

    private final long bits;

    JournalKey(long bits) {
        this.bits = bits;
    }

    /**
     * Reads the key of a directory, of which the lock is held. Before the first journal file is there it is made, and
     * durable afterwards.
     *
     * @throws JournalException when journal files are there that can't be read because the key is missing or damaged
     */
    static JournalKey open(Path directory, boolean hasFiles) throws IOException {
        Path path = directory.resolve(NAME);
        byte[] content = content(path);
        JournalKey key = content == null ? null : parse(content);
        if (key == null && hasFiles) {
            throw new JournalException("journal file " + path + (content == null ? " is missing" : " is damaged")
                    + ", and without it the journal files beside it cannot be read; refusing to start, restore it, or"
                    + " the data directory as a whole, from a backup (a Tally of before this file writes none: start"
                    + " that version, or begin with an empty data directory)");
        }
        return key == null ? create(directory, path) : key;
    }

    /** One byte more than there should be at most; null when there is no such file. */
    private static byte @Nullable [] content(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(LENGTH + 1);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static @Nullable JournalKey parse(byte[] content) {
        if (content.length != LENGTH) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(content);
        boolean isSound = bytes.getLong(0) == MAGIC && bytes.getInt(CHECKSUM_OFFSET) == checksum(content);
        return isSound ? new JournalKey(bytes.getLong(Long.BYTES)) : null;
    }

    private static int checksum(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content, 0, CHECKSUM_OFFSET);
        return (int) crc.getValue();
    }

    private static JournalKey create(Path directory, Path path) throws IOException {
        JournalKey key = new JournalKey(new SecureRandom().nextLong());
        ByteBuffer bytes = ByteBuffer.allocate(LENGTH).putLong(MAGIC).putLong(key.bits);
        bytes.putInt(checksum(bytes.array())).flip();
        Path temporary = directory.resolve(NAME_WHILE_MADE);
        try (FileChannel channel = FileChannel.open(temporary, CREATE, TRUNCATE_EXISTING, WRITE)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        JournalDirectory.force(directory);
        return key;
    }

    /** What a frame's checksum is combined with by XOR. */
    int checksumMask() {
        return (int) bits;
    }

    /** A number as it stands in a frame; of such a one, the number. */
    long masked(long number) {
        return number ^ bits;
    }
}
