package io.tally.storage.journal;

import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Appends to the journal in the directory given, until it is killed. Tells the number of the last entry after every
 * force.
 */
final class ChildWriter {
    private static final int BATCH = 20;

    private ChildWriter() {}

    public static void main(String[] arguments) {
        JournalOptions options = JournalHarness.SMALL;
        JournalDirectory directory = JournalDirectory.open(Path.of(arguments[0]));
        RecoveredJournal recovered = new JournalRecovery(directory, options).recover(0);
        UnsafeBuffer command = new UnsafeBuffer(new byte[options.entryBytesMax()]);
        try (ChronicleJournal journal = ChronicleJournal.open(directory, options, recovered)) {
            for (long sequence = recovered.lastSequence() + 1; ; sequence++) {
                int length = JournalHarness.length(sequence, 3000);
                JournalHarness.fill(command, length, sequence, 0);
                journal.append(JournalHarness.time(sequence), command, 0, length);
                if (sequence % BATCH == 0) {
                    journal.force();
                    System.out.println(sequence);
                }
            }
        }
    }
}
