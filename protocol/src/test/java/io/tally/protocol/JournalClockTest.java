package io.tally.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class JournalClockTest {
    private static final long NS_PER_MS = 1_000_000;
    private static final long HOUR_MS = 3_600_000;

    private long timeOfDayMs = 100 * HOUR_MS;
    private long nanoTime = Long.MAX_VALUE - 10 * NS_PER_MS;
    private final JournalClock clock = new JournalClock(() -> timeOfDayMs, () -> nanoTime, 0);

    @Test
    void isTheTimeOfDayAsLongAsThatGoesOn() {
        for (long ms : new long[] {0, 1, 1, 0, 250, HOUR_MS, 1}) {
            pass(ms);
            assertEquals(timeOfDayMs, clock.time());
        }
        timeOfDayMs += HOUR_MS;
        assertEquals(timeOfDayMs, clock.time());
    }

    @Test
    void goesOnASixteenthSlowerWhenTheTimeOfDayIsSetBack() {
        long beganMs = clock.time();
        timeOfDayMs -= HOUR_MS;
        assertEquals(beganMs, clock.time());
        for (int i = 1; i <= 1000; i++) {
            pass(16);
            assertEquals(beganMs + 15 * i, clock.time());
        }
        pass(15 * HOUR_MS);
        assertTrue(clock.time() > timeOfDayMs);
        pass(HOUR_MS);
        assertEquals(timeOfDayMs, clock.time());
    }

    @Test
    void goesOnFromTheJournalThoughTheTimeOfDayIsYearsBehind() {
        long lastMs = timeOfDayMs + 10 * 365 * 24 * HOUR_MS;
        JournalClock next = new JournalClock(() -> timeOfDayMs, () -> nanoTime, lastMs);
        assertEquals(lastMs, next.time());
        pass(1600);
        assertEquals(lastMs + 1500, next.time());
    }

    /** However the time of day is set, it grows, by at least fifteen sixteenths of what passes. */
    @Test
    void neverGoesBackNorStandsStill() {
        for (long seed = 1; seed <= 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            long beforeMs = clock.time();
            for (int i = 0; i < 500; i++) {
                long passedMs = random.nextInt(16, 2000);
                pass(passedMs);
                timeOfDayMs += random.nextInt(10) == 0 ? random.nextInt(-100_000, 100_000) : 0;
                long nowMs = clock.time();
                assertTrue(nowMs >= timeOfDayMs, "seed " + seed);
                assertTrue(nowMs - beforeMs >= passedMs * 15 / 16 - 1, "seed " + seed);
                beforeMs = nowMs;
            }
        }
    }

    @Test
    void growsForEachOfItsThreads() throws Exception {
        JournalClock shared = new JournalClock(System::currentTimeMillis, System::nanoTime, 0);
        JournalClock ahead =
                new JournalClock(System::currentTimeMillis, System::nanoTime, System.currentTimeMillis() + 5);
        FutureTask<Integer> other = new FutureTask<>(() -> backwardSteps(shared, ahead));
        new Thread(other, "other reader").start();
        assertEquals(0, backwardSteps(shared, ahead));
        assertEquals(0, other.get());
    }

    private static int backwardSteps(JournalClock... clocks) {
        int count = 0;
        long[] beforeMs = new long[clocks.length];
        for (int i = 0; i < 1_000_000; i++) {
            int c = i % clocks.length;
            long nowMs = clocks[c].time();
            count += nowMs < beforeMs[c] ? 1 : 0;
            beforeMs[c] = nowMs;
        }
        return count;
    }

    private void pass(long ms) {
        timeOfDayMs += ms;
        nanoTime += ms * NS_PER_MS;
    }
}
