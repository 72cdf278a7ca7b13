package io.tally.engine.port;

import org.agrona.concurrent.UnsafeBuffer;

/** Reads commands that the engine refers to by position. Owned by the thread it was made for. */
public interface MessageReader {
    /**
     * Points {@code view} at the command at this position, header first, and answers its time in epoch milliseconds; -1
     * when there is no such command any more. The view is valid until the next call.
     */
    long read(long position, UnsafeBuffer view);
}
