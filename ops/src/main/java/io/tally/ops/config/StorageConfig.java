package io.tally.ops.config;

import io.tally.storage.sequencer.Durability;
import java.nio.file.Path;

/**
 * Where the journal and the state live.
 *
 * @param directory data directory; made when missing, used by one broker at a time
 * @param durability what an acknowledgement promises
 * @param journalFileBytes size of one journal file, 1 MiB to 1 GiB in whole MiB; the next file is always reserved
 * @param checkpointIntervalSeconds longest time between checkpoints of the state, 1 to 86,400
 */
public record StorageConfig(
        Path directory, Durability durability, int journalFileBytes, int checkpointIntervalSeconds) {
    /** Smallest journal file. */
    public static final int JOURNAL_FILE_BYTES_MIN = 1 << 20;

    /** Largest journal file. */
    public static final int JOURNAL_FILE_BYTES_MAX = 1 << 30;

    /** {@code ./tally-data}, durable on disk. */
    public static final StorageConfig DEFAULT =
            new StorageConfig(Path.of("tally-data"), Durability.DISK, 128 << 20, 10);

    public StorageConfig {
        Range.check(journalFileBytes, JOURNAL_FILE_BYTES_MIN, JOURNAL_FILE_BYTES_MAX, "journal_file_size");
        Range.check((journalFileBytes & 0xF_FFFF) == 0, "journal_file_size is not a whole number of MiB");
        Range.check(checkpointIntervalSeconds, 1, 86_400, "checkpoint_interval");
    }
}
