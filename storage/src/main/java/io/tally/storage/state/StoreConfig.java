package io.tally.storage.state;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Settings of the state store.
 *
 * @param directory of the database; made when missing
 * @param nativeDirectory where RocksDB's native library is unpacked once
 * @param cacheBytes RocksDB's block cache, which also pays for its write buffers
 * @param writeBufferBytes RocksDB writes its buffers to disk by itself when they hold this much
 * @param flushIntervalNs changes become durable at the latest after this time
 * @param flushJournalBytes or after this much progress of the journal, which bounds what a restart replays
 */
public record StoreConfig(
        Path directory,
        Path nativeDirectory,
        long cacheBytes,
        long writeBufferBytes,
        long flushIntervalNs,
        long flushJournalBytes) {
    /**
     * A small footprint. The interval is long because it costs little at a restart (that is what the limit on the
     * journal's progress is for), while each flush takes the disk from the journal for some milliseconds and lets
     * RocksDB rewrite what it has.
     */
    public static StoreConfig of(Path directory, Path nativeDirectory) {
        return new StoreConfig(
                directory, nativeDirectory, 16L << 20, 8L << 20, TimeUnit.SECONDS.toNanos(10), 64L << 20);
    }

    /** The same with another limit on the time. */
    public StoreConfig withFlushIntervalNs(long intervalNs) {
        return new StoreConfig(directory, nativeDirectory, cacheBytes, writeBufferBytes, intervalNs, flushJournalBytes);
    }
}
