package io.tally.storage.journal;

import org.agrona.DirectBuffer;

/** Reads entries one after the other, in their order. Owned by one thread, which need not be the appender's. */
public interface JournalCursor extends AutoCloseable {
    /**
     * Goes to the next entry if its position is at most {@code limit}. Allocates nothing except when it enters a new
     * part of a file.
     *
     * @param limit a position known to be complete, such as the released one
     * @return whether there was one; the accessors below are about it until the next call
     */
    boolean next(long limit);

    long position();

    /** Epoch milliseconds. */
    long timeMs();

    /** Number of the entry since the journal began, dense. */
    long sequence();

    /** Holds the command from {@link #offset} on. */
    DirectBuffer buffer();

    int offset();

    /** Of the command, in bytes. */
    int length();

    @Override
    void close();
}
