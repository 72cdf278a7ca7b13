package io.tally.storage.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.storage.SmallDisk;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalProcessTest {
    private static final JournalOptions SMALL = JournalHarness.SMALL;
    private static final int KILLS = 8;

    @TempDir
    Path dir;

    @Test
    void losesNothingForcedWhenTheProcessIsKilled() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < KILLS; i++) {
            long forced = runAndKill(1 + random.nextInt(150));
            try (JournalDirectory directory = JournalDirectory.open(dir)) {
                RecoveredJournal recovered = new JournalRecovery(directory, SMALL).recover(0);
                assertTrue(recovered.lastSequence() >= forced, recovered + " after " + forced);
                assertReads(directory, recovered);
            }
        }
    }

    /** Kills the child as soon as it has said so many lines, which leaves it in the middle of anything. */
    private long runAndKill(int lines) throws Exception {
        Process process = ChildJvm.start(ChildJvm.command(ChildWriter.class, dir.toString()));
        long last = 0;
        StringBuilder other = new StringBuilder();
        try (BufferedReader output = process.inputReader(US_ASCII)) {
            int seen = 0;
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                if (!line.matches("[0-9]+")) {
                    other.append(line).append('\n');
                    continue;
                }
                last = Long.parseLong(line);
                if (++seen == lines) {
                    process.toHandle().destroyForcibly();
                }
            }
        }
        assertEquals(128 + 9, process.waitFor(), other.toString());
        return last;
    }

    private static void assertReads(JournalDirectory directory, RecoveredJournal recovered) {
        UnsafeBuffer expected = new UnsafeBuffer(new byte[SMALL.entryBytesMax()]);
        try (MappedCursor cursor = new MappedCursor(directory, SMALL, 0, true)) {
            for (long sequence = 1; sequence <= recovered.lastSequence(); sequence++) {
                assertTrue(cursor.next(recovered.lastPosition()));
                assertEquals(sequence, cursor.sequence());
                JournalHarness.fill(expected, cursor.length(), sequence, 0);
                UnsafeBuffer found = new UnsafeBuffer(cursor.buffer(), cursor.offset(), cursor.length());
                assertEquals(new UnsafeBuffer(expected, 0, cursor.length()), found);
            }
        }
    }

    @Test
    void refusesASecondProcess() throws IOException, InterruptedException {
        try (JournalDirectory directory = JournalDirectory.open(dir)) {
            Process process = ChildJvm.start(
                    ChildJvm.command(ChildWriter.class, directory.path().toString()));
            String output = new String(process.getInputStream().readAllBytes(), US_ASCII);
            assertEquals(1, process.waitFor());
            assertTrue(output.contains("in use by another process"), output);
        }
    }

    /** In a file system of its own, that holds ten files of the journal; the child does the checking. */
    @Test
    void livesOnAFullDiskAndGoesOnWhenThereIsRoom() throws IOException, InterruptedException {
        var command = ChildJvm.command(FullDiskScenario.class, dir.toString());
        Process process = ChildJvm.start(SmallDisk.around(dir, "5m", command));
        String output = new String(process.getInputStream().readAllBytes(), US_ASCII);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.contains(FullDiskScenario.PASSED), output);
    }
}
