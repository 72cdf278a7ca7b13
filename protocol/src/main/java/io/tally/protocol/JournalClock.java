package io.tally.protocol;

import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;

/**
 * The time that commands get and that deadlines and expiry are counted in: the time of day, as long as that goes on.
 * It is never earlier than what is in the journal, never goes back, and never stands still.
 *
 * <p>When the time of day is set back, or was ahead in a process before, this goes on from where it is by the time that
 * passes, a sixteenth slower, until the time of day has caught up. Slower, because only then the two meet again, and
 * while they differ the time in which no process runs does not count; only a little, because all that is counted in it
 * takes longer by as much: fifteen hours for a clock that is set back by one.
 *
 * <p>For any number of threads; each of them sees it grow. Allocates nothing.
 */
public final class JournalClock implements EpochClock {
    private static final int SLOWER_SHIFT = 4;
    private static final int US_PER_MS = 1000;
    private static final int NS_PER_US = 1000;

    private final EpochClock timeOfDay;
    private final NanoClock nanoClock;
    private final long originNs;

    /** What has to be added to the slow time since the origin, microseconds; it only grows. */
    private final AtomicLong baseUs;

    /**
     * Begins where the journal ends.
     *
     * @param lastTimeMs newest time in the journal, 0 for none
     */
    public JournalClock(EpochClock timeOfDay, NanoClock nanoClock, long lastTimeMs) {
        this.timeOfDay = timeOfDay;
        this.nanoClock = nanoClock;
        originNs = nanoClock.nanoTime();
        baseUs = new AtomicLong(lastTimeMs * US_PER_MS);
    }

    @Override
    public long time() {
        long dayMs = timeOfDay.time();
        long elapsedUs = (nanoClock.nanoTime() - originNs) / NS_PER_US;
        long slowUs = elapsedUs - (elapsedUs >> SLOWER_SHIFT);
        long slowMs = (baseUs.get() + slowUs) / US_PER_MS;
        if (dayMs <= slowMs) {
            return slowMs;
        }
        baseUs.accumulateAndGet(dayMs * US_PER_MS - slowUs, Math::max); // about once in a millisecond
        return dayMs;
    }
}
