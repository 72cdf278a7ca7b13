package io.tally.ops.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log file that is moved, or that cannot be written for a while. */
class LogFileTest {
    private long nowNs = 1;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void later() {
        nowNs += TimeUnit.SECONDS.toNanos(1);
    }

    @Test
    void followsItsNameAfterRotation() throws IOException {
        Path path = dir.resolve("log");
        LogFile file = new LogFile(path, () -> nowNs);
        file.write(bytes("one\n"));
        Files.move(path, dir.resolve("log.1"));
        later();
        file.write(bytes("two\n"));
        file.close();
        assertEquals("one\n", Files.readString(dir.resolve("log.1")));
        assertEquals("two\n", Files.readString(path));
    }

    @Test
    void countsWhatItCannotWriteAndSaysSoLater() throws IOException {
        Path path = dir.resolve("missing/log");
        LogFile file = new LogFile(path, () -> nowNs);
        file.write(bytes("lost\n"));
        Files.createDirectory(path.getParent());
        file.write(bytes("lost too\n"));
        later();
        file.write(bytes("kept\n"));
        file.close();
        assertEquals("\n14 bytes of log could not be written\nkept\n", Files.readString(path));
    }
}
