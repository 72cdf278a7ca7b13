package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalKeyTest {
    private static final JournalOptions SMALL = JournalHarness.SMALL;
    private static final int COUNT = 300;

    @TempDir
    Path dir;

    private Path journal = Path.of("");
    private Path file = Path.of("");

    @BeforeEach
    void choosePaths() {
        journal = dir.resolve("journal");
        file = journal.resolve(JournalKey.NAME);
    }

    @Test
    void staysTheSameAndDiffersFromThatOfAnotherDirectory() {
        long first = key(journal);
        assertEquals(first, key(journal));
        assertNotEquals(first, key(dir.resolve("another")));
    }

    private static long key(Path path) {
        try (JournalDirectory directory = JournalDirectory.open(path)) {
            return directory.key().masked(0);
        }
    }

    @Test
    void journalFilesWithoutItAreRefusedUntilItIsBack() throws IOException {
        fill(journal);
        Path elsewhere = dir.resolve("elsewhere");
        Files.move(file, elsewhere);
        assertRefused("is missing");
        assertFalse(Files.exists(file));
        Files.move(elsewhere, file);
        assertReadsBack();
    }

    @Test
    void journalFilesBesideADamagedOneAreRefused() throws IOException {
        fill(journal);
        byte[] sound = Files.readAllBytes(file);
        for (int i = 0; i < sound.length; i++) {
            byte[] damaged = sound.clone();
            damaged[i] ^= 1;
            Files.write(file, damaged);
            assertRefused("is damaged");
            Files.write(file, Arrays.copyOf(sound, i));
            assertRefused("is damaged");
        }
        Files.write(file, Arrays.copyOf(sound, sound.length + 1));
        assertRefused("is damaged");
        Files.write(file, sound);
        assertReadsBack();
    }

    /** The state store knows of nothing yet, so that all of the file would be cut off. */
    @Test
    void journalFilesBesideThatOfAnotherDirectoryAreRefused() throws IOException {
        fill(journal);
        Path another = dir.resolve("another");
        fill(another);
        Path own = dir.resolve("own");
        Files.copy(file, own);
        Files.copy(another.resolve(JournalKey.NAME), file, StandardCopyOption.REPLACE_EXISTING);
        try (JournalHarness harness = new JournalHarness(journal, SMALL)) {
            JournalException e = assertThrows(JournalException.class, () -> harness.recover(0));
            assertTrue(e.toString().contains(JournalKey.NAME), e.toString());
            assertTrue(e.toString().contains(harness.directory.file(1).toString()), e.toString());
        }
        Files.move(own, file, StandardCopyOption.REPLACE_EXISTING);
        assertReadsBack();
    }

    /** A crash may leave this, before the first file is begun. */
    @Test
    void whatWasLeftOfMakingItIsMadeAnew() throws IOException {
        Files.createDirectories(journal);
        Path leftover = journal.resolve(JournalKey.NAME + ".new");
        Files.write(leftover, new byte[100]);
        fill(journal);
        assertFalse(Files.exists(leftover));
        Files.write(leftover, new byte[3]);
        assertReadsBack();
    }

    @Test
    void aDamagedOneIsMadeAnewWhileThereAreNoJournalFiles() throws IOException {
        Files.createDirectories(journal);
        Files.write(file, new byte[20]);
        fill(journal);
        assertReadsBack();
    }

    private static void fill(Path path) {
        try (JournalHarness harness = JournalHarness.start(path, SMALL)) {
            harness.appendMany(COUNT, 100);
        }
    }

    private void assertRefused(String problem) {
        JournalException e = assertThrows(JournalException.class, () -> JournalDirectory.open(journal));
        assertTrue(e.toString().contains(file + " " + problem), e.toString());
        assertTrue(e.toString().contains("refusing to start"), e.toString());
    }

    private void assertReadsBack() {
        try (JournalHarness harness = new JournalHarness(journal, SMALL)) {
            harness.recover(0);
            assertEquals(COUNT, harness.recovered.lastSequence());
            assertEquals("", harness.recovered.repairs());
        }
    }
}
