package io.tally.storage.state;

/**
 * Makes the journal durable up to a position before the state store takes what follows from it: RocksDB writes to disk
 * when it likes, and after a power cut the view must not be ahead of the journal. Called by the store's thread.
 */
@FunctionalInterface
public interface JournalBarrier {
    /** Where nothing is released before it has been forced. */
    JournalBarrier RELEASED_IS_DURABLE = position -> {};

    void forceTo(long position);
}
