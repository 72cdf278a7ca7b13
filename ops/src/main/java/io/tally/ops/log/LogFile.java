package io.tally.ops.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A file that grows at its end. Opened again when it was moved away (log rotation) or when writing failed (full disk);
 * what cannot be written is counted and the count is written once there is room. Owned by the log thread.
 */
final class LogFile {
    private static final long CHECK_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private final Path path;
    private final LongSupplier clockNs;
    private @Nullable FileChannel channel;
    private @Nullable Object fileKey;
    private long checkedNs;
    private long lostBytes;

    LogFile(Path path, LongSupplier clockNs) {
        this.path = path;
        this.clockNs = clockNs;
    }

    /** Appends the bytes or counts them as lost. Never throws. */
    void write(byte[] bytes) {
        try {
            FileChannel out = openChannel();
            if (out == null) {
                lostBytes += bytes.length;
                return;
            }
            if (lostBytes > 0) {
                writeFully(
                        out,
                        ("\n" + lostBytes + " bytes of log could not be written\n").getBytes(StandardCharsets.UTF_8));
                lostBytes = 0;
            }
            writeFully(out, bytes);
        } catch (IOException e) {
            lostBytes += bytes.length;
            close();
            checkedNs = clockNs.getAsLong();
        }
    }

    /** The file as it is under that name now; looked up once a second. Null if it failed less than a second ago. */
    private @Nullable FileChannel openChannel() throws IOException {
        long nowNs = clockNs.getAsLong();
        boolean isTimeToCheck = nowNs - checkedNs >= CHECK_INTERVAL_NS || checkedNs == 0;
        if (!isTimeToCheck) {
            return channel;
        }
        checkedNs = nowNs;
        if (channel != null && !isSameFile()) {
            close();
        }
        if (channel == null) {
            channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
            fileKey = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        }
        return channel;
    }

    private boolean isSameFile() {
        try {
            return Objects.equals(
                    fileKey,
                    Files.readAttributes(path, BasicFileAttributes.class).fileKey());
        } catch (IOException e) {
            return false;
        }
    }

    private static void writeFully(FileChannel out, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
    }

    void close() {
        FileChannel open = channel;
        channel = null;
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException e) {
            lostBytes++;
        }
    }
}
