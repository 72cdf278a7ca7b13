package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The next file is made in steps, as slowly as the journal lets it. */
class FilePreparerTest {
    private static final int STEPS = 8;
    private static final long FILE_BYTES = (long) STEPS * FilePreparer.STEP_BYTES;
    private static final int FILE = 2;

    @TempDir
    Path dir;

    private JournalDirectory directory;
    private FilePreparer preparer;

    /** How many steps had been done at each pause. */
    private final List<Integer> pauses = new ArrayList<>();

    private LongConsumer atPause = steps -> {};

    @BeforeEach
    void open() {
        directory = JournalDirectory.open(dir);
        preparer = new FilePreparer(directory, FILE_BYTES, nanos -> {
            int steps = (int) (size(directory.temporary(FILE)) / FilePreparer.STEP_BYTES);
            pauses.add(nanos > 0 ? steps : -1);
            atPause.accept(steps);
        });
    }

    @AfterEach
    void close() {
        preparer.close();
        directory.close();
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertBecomesReady() {
        assertTrue(preparer.awaitReady());
        assertTrue(FileBlocks.allocated(directory.precreated(FILE)) >= FILE_BYTES);
    }

    @Test
    void aFileThatIsNotNeededSoonIsWrittenWithPauses() throws Exception {
        CountDownLatch lastPause = new CountDownLatch(STEPS - 1);
        atPause = steps -> lastPause.countDown();
        preparer.prepare(FILE);
        lastPause.await();
        assertBecomesReady();
        assertEquals(List.of(1, 2, 3, 4, 5, 6, 7), pauses);
    }

    @Test
    void itKeepsAheadOfTheFileThatIsInUse() throws Exception {
        CountDownLatch lastPause = new CountDownLatch(1);
        atPause = steps -> {
            preparer.onUsed(FILE_BYTES / 4);
            if (steps == STEPS - 1) {
                lastPause.countDown();
            }
        };
        preparer.prepare(FILE);
        lastPause.await();
        assertBecomesReady();
        assertEquals(List.of(1, 5, 6, 7), pauses);
    }

    @Test
    void whoWaitsForItEndsThePauses() {
        Thread waiting = Thread.currentThread();
        AtomicBoolean isPaused = new AtomicBoolean();
        atPause = steps -> {
            isPaused.set(true);
            while (waiting.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
        };
        preparer.prepare(FILE);
        while (!isPaused.get()) {
            Thread.onSpinWait();
        }
        assertBecomesReady();
        assertEquals(List.of(1), pauses);
    }

    @Test
    void theFirstFileIsWrittenWithoutPauses() {
        preparer.prepareAtOnce(FILE);
        while (preparer.isDoubtful()) {
            Thread.onSpinWait();
        }
        assertBecomesReady();
        assertEquals(List.of(), pauses);
    }

    @Test
    @Timeout(60)
    void aFileThatCannotBeNamedStaysReservedAndIsNotKeptOpen() throws Exception {
        Path inTheWay = directory.precreated(FILE).resolve("file");
        Files.createDirectories(inTheWay);
        preparer.prepare(FILE);
        assertFalse(preparer.awaitReady());
        assertTrue(FileBlocks.allocated(directory.temporary(FILE)) >= FILE_BYTES);
        while (isMapped()) {
            Thread.onSpinWait();
        }
        Files.delete(inTheWay);
        Files.delete(directory.precreated(FILE));
        while (!preparer.awaitReady()) {
            Thread.onSpinWait();
        }
        assertTrue(FileBlocks.allocated(directory.precreated(FILE)) >= FILE_BYTES);
    }

    private boolean isMapped() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            return lines.anyMatch(line -> line.contains(dir.toString()));
        }
    }

    @Test
    @Timeout(60)
    void aDeletedFileGivesBackItsBytesInStepsWhileTheNextOneIsMade() throws Exception {
        Path old = directory.file(FILE - 1);
        Files.write(old, new byte[3 * FilePreparer.SHRINK_BYTES]);
        try (FileChannel reader = FileChannel.open(old)) {
            preparer.delete(FILE - 1);
            preparer.prepare(FILE);
            assertBecomesReady();
            assertFalse(Files.exists(old));
            while (reader.size() > 0) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void aDeletedFileThatHasAnotherNameKeepsItsBytes() throws Exception {
        Path old = directory.file(FILE - 1);
        Path backup = dir.resolve("backup");
        Files.write(old, new byte[3 * FilePreparer.SHRINK_BYTES]);
        Files.createLink(backup, old);
        preparer.delete(FILE - 1);
        preparer.close();
        assertFalse(Files.exists(old));
        assertEquals(3 * FilePreparer.SHRINK_BYTES, size(backup));
    }

    @Test
    void whoLacksRoomDoesNotWaitForTheStepsOfADeletion() throws Exception {
        Path old = directory.file(FILE - 1);
        Files.write(old, new byte[50 * FilePreparer.SHRINK_BYTES]);
        try (FilePreparer greedy = new FilePreparer(directory, 1L << 50);
                FileChannel reader = FileChannel.open(old)) {
            greedy.delete(FILE - 1);
            greedy.prepare(FILE);
            assertFalse(greedy.awaitReady());
            assertEquals(0, reader.size());
        }
    }
}
