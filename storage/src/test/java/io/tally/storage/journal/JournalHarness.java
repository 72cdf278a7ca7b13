package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Positions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A journal in a directory with entries whose content is a function of their number, so that what comes back can be
 * checked without remembering it.
 */
final class JournalHarness implements AutoCloseable {
    static final JournalOptions SMALL = new JournalOptions(512 << 10, 20_000, 64 << 10);

    final JournalDirectory directory;
    final JournalOptions options;
    /** Position of entry n at index n - 1. */
    final List<Long> positions = new ArrayList<>();

    /** Grows with each crash, so that what was lost and written again differs from what was lost. */
    private final List<Integer> generations = new ArrayList<>();

    private int generation;
    private final UnsafeBuffer command;
    RecoveredJournal recovered = new RecoveredJournal(0, 0, 0, 0, 0, 0, 0, "");
    private @Nullable ChronicleJournal journal;

    JournalHarness(Path path, JournalOptions options) {
        this(JournalDirectory.open(path), options);
    }

    JournalHarness(JournalDirectory directory, JournalOptions options) {
        this.directory = directory;
        this.options = options;
        this.command = new UnsafeBuffer(new byte[options.entryBytesMax()]);
    }

    /** Opens a harness and its journal, the store reflecting nothing. */
    static JournalHarness start(Path path, JournalOptions options) {
        JournalHarness harness = new JournalHarness(path, options);
        harness.recoverAndOpen(0);
        return harness;
    }

    RecoveredJournal recover(long reflected) {
        recovered = new JournalRecovery(directory, options).recover(reflected);
        return recovered;
    }

    void recoverAndOpen(long reflected) {
        recover(reflected);
        open();
    }

    void open() {
        journal = ChronicleJournal.open(directory, options, recovered);
    }

    ChronicleJournal journal() {
        return Objects.requireNonNull(journal);
    }

    static int length(long sequence, int max) {
        return 1 + (int) (new SplittableRandom(sequence).nextLong() >>> 33) % max;
    }

    static long time(long sequence) {
        return 1_700_000_000_000L + sequence;
    }

    static void fill(UnsafeBuffer b, int length, long sequence, int generation) {
        SplittableRandom random = new SplittableRandom(~sequence * 1000 + generation);
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            b.putLong(i, random.nextLong());
        }
        for (; i < length; i++) {
            b.putByte(i, (byte) random.nextInt());
        }
    }

    /** Appends the next entry; false when there was no room. */
    boolean append(int lengthMax) {
        long sequence = positions.size() + 1L;
        return appendOfLength(length(sequence, lengthMax));
    }

    boolean appendOfLength(int length) {
        long sequence = positions.size() + 1L;
        fill(command, length, sequence, generation);
        long position = journal().append(time(sequence), command, 0, length);
        if (position == Journal.NO_ROOM) {
            return false;
        }
        assertTrue(positions.isEmpty() || position > positions.get(positions.size() - 1));
        positions.add(position);
        generations.add(generation);
        return true;
    }

    void appendMany(int count, int lengthMax) {
        for (int i = 0; i < count; i++) {
            assertTrue(append(lengthMax));
        }
    }

    /** Pretends that so many entries, of which nothing is known, were appended before. */
    void continueWith(long count) {
        for (long i = 0; i < count; i++) {
            positions.add(Positions.NONE);
            generations.add(generation);
        }
    }

    /** Forgets what was appended behind this many entries, as a crash does. */
    void forgetBehind(long count) {
        while (positions.size() > count) {
            positions.remove(positions.size() - 1);
            generations.remove(generations.size() - 1);
        }
        generation++;
    }

    /** Reads everything and checks content, order, numbers, times and that each entry is where it was put. */
    void assertReadsBackEverything() {
        try (MappedCursor cursor = new MappedCursor(directory, options, 0, true)) {
            assertReads(cursor, 1);
        }
    }

    void assertReads(JournalCursor cursor, long firstSequence) {
        long last = positions.isEmpty() ? 0 : positions.get(positions.size() - 1);
        for (long sequence = firstSequence; sequence <= positions.size(); sequence++) {
            assertTrue(cursor.next(last), "entry " + sequence);
            assertEquals(sequence, cursor.sequence());
            assertEquals(positions.get((int) sequence - 1), cursor.position());
            assertEquals(time(sequence), cursor.timeMs());
            assertContent(cursor.buffer(), cursor.offset(), cursor.length(), sequence);
        }
        assertTrue(!cursor.next(last));
    }

    private final UnsafeBuffer expected = new UnsafeBuffer(new byte[0]);

    void assertContent(DirectBuffer buffer, int offset, int length, long sequence) {
        if (expected.capacity() < length) {
            expected.wrap(new byte[Math.max(length, options.entryBytesMax())]);
        }
        fill(expected, length, sequence, generations.get((int) sequence - 1));
        for (int i = 0; i < length; i++) {
            if (buffer.getByte(offset + i) != expected.getByte(i)) {
                throw new AssertionError("entry " + sequence + " differs at " + i);
            }
        }
    }

    /** Gives up the journal without its closing force. */
    void abandon() {
        journal().abandon();
        journal = null;
    }

    void reopen(long reflected) {
        journal().close();
        recoverAndOpen(reflected);
    }

    @Override
    public void close() {
        if (journal != null) {
            journal.close();
        }
        directory.close();
    }
}
