package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.tally.engine.port.Positions;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/** On a real file of which nothing is in the page cache. */
class ReadAheadTest {
    /** The kernel may read ahead half of it without being asked. */
    private static final int WINDOW = 16 << 20;

    private static final JournalOptions OPTIONS = new JournalOptions(3L * WINDOW, 20_000, WINDOW);

    @TempDir(factory = BuildDirectory.class)
    Path dir;

    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);

    @Test
    void whatIsBehindAWindowThatIsReadComesIntoThePageCache() throws Exception {
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS)) {
            fill(harness);
            evict(harness, 1);
            assertFalse(isCached(harness, 1, 2L * WINDOW), "before");
            try (ReadAhead readAhead = new ReadAhead(harness.directory, OPTIONS);
                    JournalMessages messages = new JournalMessages(harness.directory, OPTIONS, readAhead)) {
                read(harness, messages, 0);
                read(harness, messages, WINDOW);
                assertTrue(becomesCached(harness, 1, 2L * WINDOW), "what comes behind two that are read");
                assertFalse(isCached(harness, 1, 0), "only that");
            }
        }
    }

    @Test
    void behindTheLastWindowOfAFileComesTheNextFile() throws Exception {
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS);
                ReadAhead readAhead = new ReadAhead(harness.directory, OPTIONS)) {
            fill(harness);
            evict(harness, 2);
            readAhead.load(1, OPTIONS.fileBytes());
            assertTrue(becomesCached(harness, 2, 0), "the next file");
        }
    }

    @Test
    void aFileMayGoWhileItIsRead() throws Exception {
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS);
                ReadAhead readAhead = new ReadAhead(harness.directory, OPTIONS)) {
            fill(harness);
            evict(harness, 1);
            evict(harness, 2);
            readAhead.load(7, 0);
            readAhead.load(1, 0);
            Thread.sleep(5);
            try (FileChannel channel = FileChannel.open(harness.directory.file(1), StandardOpenOption.WRITE)) {
                channel.truncate(1 << 20);
            }
            readAhead.load(2, 0);
            assertTrue(becomesCached(harness, 2, 0), "the next one");
        }
    }

    private static void fill(JournalHarness harness) {
        while (harness.positions.isEmpty() || Positions.file(harness.positions.get(harness.positions.size() - 1)) < 3) {
            assertTrue(harness.appendOfLength(20_000));
        }
        harness.journal().force();
    }

    /** As many behind this offset of the first file as make their window worth a mapping. */
    private void read(JournalHarness harness, JournalMessages messages, long offset) {
        int first = 0;
        while (Positions.offset(harness.positions.get(first)) < offset) {
            first++;
        }
        for (int i = first; i < first + 40; i++) {
            assertEquals(JournalHarness.time(i + 1L), messages.read(harness.positions.get(i), view));
        }
    }

    private static void evict(JournalHarness harness, int file) throws IOException, InterruptedException {
        for (int i = 0; i < 100 && isCached(harness, file, 0); i++) {
            tryToEvict(harness.directory.file(file)); // not what is still mapped
            Thread.sleep(10);
        }
        assumeFalse(isCached(harness, file, 0), "this file system keeps everything in memory");
    }

    private static void tryToEvict(Path file) throws IOException, InterruptedException {
        Process dd = new ProcessBuilder("dd", "of=" + file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0")
                .redirectErrorStream(true)
                .start();
        String output = new String(dd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, dd.waitFor(), output);
    }

    private static boolean isCached(JournalHarness harness, int file, long offset) {
        JournalWindow window = JournalWindow.map(harness.directory, OPTIONS, file, offset);
        assertNotNull(window);
        boolean isCached = window.bytes().slice(0, WINDOW).isLoaded();
        window.unmap();
        return isCached;
    }

    private static boolean becomesCached(JournalHarness harness, int file, long offset) throws InterruptedException {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() - endNs < 0) {
            if (isCached(harness, file, offset)) {
                return true;
            }
            Thread.sleep(5);
        }
        return false;
    }

    /** Not in the directory for temporary files, which may be memory. */
    static final class BuildDirectory implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
            return Files.createTempDirectory(Files.createDirectories(Path.of("target")), "read-ahead");
        }
    }
}
