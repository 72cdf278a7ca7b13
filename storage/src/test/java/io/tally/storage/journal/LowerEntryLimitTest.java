package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Positions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A journal whose entries are longer than the limit, and whose file is larger, with which it is opened again. */
class LowerEntryLimitTest {
    private static final JournalOptions BEFORE = new JournalOptions(1 << 20, 128 << 10, 64 << 10);
    private static final JournalOptions TODAY = new JournalOptions(512 << 10, 20_000, 64 << 10);
    private static final int LONG = 120_000;

    @TempDir
    Path dir;

    @ParameterizedTest(name = "{0} long entries")
    @ValueSource(ints = {1, 2, 3, 7})
    void cutsNothingAndGoesOnBehindTheLongEntries(int count) {
        fill(count);
        try (JournalHarness today = reopened(count)) {
            today.recoverAndOpen(0);
            assertEquals(count, today.recovered.lastSequence());
            assertEquals("", today.recovered.repairs());
            today.appendMany(200, 20_000);
            today.assertReadsBackEverything();
            today.reopen(0);
            assertEquals(count + 200, today.recovered.lastSequence());
            today.assertReadsBackEverything();
        }
    }

    /** What was never finished is not worth a copy, for which a full disk has no room. */
    @ParameterizedTest(name = "{0} long entries")
    @ValueSource(ints = {1, 2, 3, 7})
    void cutsALongEntryThatWasNeverFinishedWithoutKeepingIt(int count) {
        fill(count);
        try (JournalHarness today = reopened(count)) {
            long last = today.positions.get(count - 1);
            try (JournalDamage damage = new JournalDamage(today.directory.file(Positions.file(last)))) {
                damage.putInt(Positions.offset(last), 0x8000_0000);
            }
            today.forgetBehind(count - 1);
            today.recoverAndOpen(0);
            assertEquals(count - 1, today.recovered.lastSequence());
            assertTrue(today.recovered.repairs().contains("never finished"), today.recovered.repairs());
            assertFalse(Files.exists(today.directory.damaged(Positions.file(last), Positions.offset(last), 0)));
            today.appendMany(200, 20_000);
            today.assertReadsBackEverything();
        }
    }

    /** Each is longer than what is read without a mapping. */
    @ParameterizedTest(name = "{0} long entries")
    @ValueSource(ints = {1, 2, 3, 7})
    void messagesLongerThanTheLimitAreRead(int count) {
        fill(count);
        try (JournalHarness today = reopened(count);
                JournalMessages messages = new JournalMessages(today.directory, TODAY)) {
            UnsafeBuffer view = new UnsafeBuffer(0, 0);
            for (int sequence = 1; sequence <= count; sequence++) {
                assertEquals(JournalHarness.time(sequence), messages.read(today.positions.get(sequence - 1), view));
                assertEquals(LONG, view.capacity());
                today.assertContent(view, 0, LONG, sequence);
            }
        }
    }

    /** Ends as kill -9 does. */
    private void fill(int count) {
        try (JournalHarness before = JournalHarness.start(dir, BEFORE)) {
            for (int i = 0; i < count; i++) {
                assertTrue(before.appendOfLength(LONG));
            }
            before.journal().force();
            before.abandon();
        }
    }

    private JournalHarness reopened(int count) {
        JournalHarness today = new JournalHarness(dir, TODAY);
        today.continueWith(count);
        try (MappedCursor cursor = new MappedCursor(today.directory, BEFORE, 0, true)) {
            for (int i = 0; i < count; i++) {
                assertTrue(cursor.next(Positions.of(1, BEFORE.fileBytes())));
                today.positions.set(i, cursor.position());
            }
        }
        return today;
    }
}
