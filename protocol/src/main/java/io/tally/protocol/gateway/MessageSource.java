package io.tally.protocol.gateway;

import org.agrona.concurrent.UnsafeBuffer;

/** Reads messages that the engine refers to by position. Owned by the I/O loop that it was made for. */
public interface MessageSource {
    /** Returned by {@link #read}: there is no such command. */
    long NONE = -1;

    /**
     * Points {@code view} at the command at this position, header first, and answers its time in epoch milliseconds,
     * or {@link #NONE}. The view is valid until the next call.
     */
    long read(long position, UnsafeBuffer view);

    /** Unmaps the file (upper 32 bits of positions): it is about to be deleted. */
    void release(long file);
}
