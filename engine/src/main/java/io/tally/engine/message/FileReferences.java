package io.tally.engine.message;

import io.tally.protocol.Invariant;
import org.agrona.collections.Int2IntCounterMap;

/** How many queue entries refer to each journal file. Owned by the engine thread. */
public final class FileReferences {
    private final Int2IntCounterMap counts = new Int2IntCounterMap(0);

    public void add(int file, int count) {
        counts.getAndAdd(file, count);
    }

    public void remove(int file, int count) {
        int left = counts.addAndGet(file, -count);
        Invariant.check(left >= 0, "a journal file has fewer references than were taken back", file);
    }

    public boolean isReferred(int file) {
        return counts.get(file) != 0;
    }
}
