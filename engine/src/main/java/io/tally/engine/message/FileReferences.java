package io.tally.engine.message;

import io.tally.protocol.Invariant;
import org.agrona.collections.Long2LongCounterMap;
import org.agrona.collections.Long2LongHashMap;

/** How many bytes of each journal file are referred to by queue entries. Owned by the engine thread. */
public final class FileReferences {
    private final Long2LongCounterMap durable = new Long2LongCounterMap(0);
    private final Long2LongCounterMap transients = new Long2LongCounterMap(0);

    /** By file, the position of the last command that made queues let go of it. */
    private final Long2LongHashMap cleaned = new Long2LongHashMap(0);

    /**
     * An entry refers to a message of so many bytes.
     *
     * @param isDurable whether it is in the queue of a session that outlives its connection
     */
    public void add(int file, long bytes, boolean isDurable) {
        counts(isDurable).getAndAdd(file, bytes);
    }

    public void remove(int file, long bytes, boolean isDurable) {
        long left = counts(isDurable).addAndGet(file, -bytes);
        Invariant.check(left >= 0, "a journal file has fewer references than were taken back", file);
    }

    private Long2LongCounterMap counts(boolean isDurable) {
        return isDurable ? durable : transients;
    }

    public boolean isReferred(int file) {
        return durable.get(file) != 0 || transients.get(file) != 0;
    }

    /** Whether the queue of a volatile session refers to it. */
    public boolean isReferredByVolatile(int file) {
        return transients.get(file) != 0;
    }

    /** What cleaning would have to copy at most; 0 when it would not free the file. */
    public long cleanableBytes(int file) {
        return transients.get(file) != 0 ? 0 : durable.get(file);
    }

    /** Queues have let go of the file: its messages must stay until the store reflects this position. */
    public void cleaned(int file, long position) {
        cleaned.put(file, position);
    }

    /** 0 = never since the start. */
    public long cleanedPosition(int file) {
        return cleaned.get(file);
    }

    /** The file goes away. */
    public void forget(int file) {
        cleaned.remove(file);
    }
}
