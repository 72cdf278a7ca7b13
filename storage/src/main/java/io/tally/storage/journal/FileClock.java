package io.tally.storage.journal;

import java.util.concurrent.TimeUnit;
import net.openhft.chronicle.core.time.TimeProvider;

/** The time that Chronicle sees: one hour per file, so that a file ends when we say so. */
record FileClock(int file) implements TimeProvider {
    @Override
    public long currentTimeMillis() {
        return JournalDirectory.timeMs(file);
    }

    @Override
    public long currentTimeNanos() {
        return TimeUnit.MILLISECONDS.toNanos(currentTimeMillis());
    }
}
