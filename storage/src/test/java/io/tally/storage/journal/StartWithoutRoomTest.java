package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Positions;
import io.tally.protocol.command.RestartedCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where no next file can be had, a process can begin all the same, wherever in the file the one before has ended. */
class StartWithoutRoomTest {
    private static final JournalOptions OPTIONS = new JournalOptions(8 << 20, 20_000, 64 << 10);

    /** The first one with a slot in another index document, which comes behind it. */
    private static final int INDEXED = ChronicleFile.INDEX_SLOTS * ChronicleFile.INDEX_SPACING + 1;

    @TempDir
    Path dir;

    @Test
    void startsWhereTheFileHasEndedWithAnEntry() throws IOException {
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS)) {
            refuseTheNextFile(harness);
            while (harness.appendOfLength(10_000) || harness.appendOfLength(1)) {}
            startsAgain(harness, 100);
        }
    }

    /** The last entry is behind such a document, which takes half of what Chronicle has for itself. */
    @Test
    void startsWhereAnIndexDocumentHasTakenTheRoom() throws IOException {
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS)) {
            refuseTheNextFile(harness);
            long limit = OPTIONS.dataLimit() - JournalOptions.START_BYTES;
            long end = 0;
            for (int left = INDEXED; left > 0; left--) {
                long each = (limit - end) / left - 2 * JournalFrame.OVERHEAD_MAX;
                int length = (int) Math.min(Math.max(1, each), OPTIONS.entryBytesMax());
                assertTrue(harness.appendOfLength(length));
                end = lastOffset(harness) + length + JournalFrame.OVERHEAD_MAX;
            }
            while (harness.appendOfLength(1)) {}
            assertTrue(lastOffset(harness) > OPTIONS.dataLimit(), "it is behind an index document");
            startsAgain(harness, 10);
        }
    }

    private static void refuseTheNextFile(JournalHarness harness) throws IOException {
        Files.createDirectories(inTheWay(harness));
    }

    private static Path inTheWay(JournalHarness harness) {
        return harness.directory.precreated(2).resolve("file");
    }

    private static long lastOffset(JournalHarness harness) {
        return Positions.offset(harness.positions.get(harness.positions.size() - 1));
    }

    private static void startsAgain(JournalHarness harness, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            harness.journal().force();
            harness.journal().close();
            Files.delete(inTheWay(harness));
            Files.delete(harness.directory.precreated(2));
            harness.recover(0);
            refuseTheNextFile(harness);
            harness.open();
            assertTrue(harness.appendOfLength(RestartedCommand.LENGTH), "start " + i);
            assertFalse(harness.appendOfLength(1));
        }
        harness.assertReadsBackEverything();
    }
}
