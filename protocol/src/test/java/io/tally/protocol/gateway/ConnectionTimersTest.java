package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTimersTest {
    private static final long TICK = ConnectionTimers.TICK_NS;

    private final List<Integer> expired = new ArrayList<>();

    private ConnectionTimers.Node node(int name) {
        return new ConnectionTimers.Node(nowNs -> expired.add(name));
    }

    /** Deadlines from one tick to several turns of the wheel, jumps of the clock likewise. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noticesEachDeadlineOnceNeverEarlyAndAtMostATickLate(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long now = random.nextLong(1L << 50);
        ConnectionTimers timers = new ConnectionTimers(now);
        List<Long> deadlines = new ArrayList<>();
        List<ConnectionTimers.Node> nodes = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            deadlines.add(now + random.nextLong(random.nextBoolean() ? 20 * TICK : 2_000 * TICK));
            nodes.add(node(i));
            timers.schedule(nodes.get(i), deadlines.get(i));
            if (random.nextInt(5) == 0) {
                int other = random.nextInt(i + 1);
                boolean done = expired.contains(other);
                timers.cancel(nodes.get(other));
                deadlines.set(other, done ? deadlines.get(other) : Long.MAX_VALUE);
            }
            now += random.nextLong(TICK / 4);
            pollAndCheck(timers, now, deadlines, seed);
        }
        for (int i = 0; i < 3_000; i++) {
            now += random.nextLong(random.nextInt(50) == 0 ? 1_500 * TICK : 2 * TICK);
            pollAndCheck(timers, now, deadlines, seed);
        }
        assertEquals(Long.MAX_VALUE, timers.waitNs(now), "seed " + seed);
    }

    private void pollAndCheck(ConnectionTimers timers, long now, List<Long> deadlines, long seed) {
        int before = expired.size();
        timers.poll(now);
        for (int i = before; i < expired.size(); i++) {
            long deadline = deadlines.set(expired.get(i), Long.MAX_VALUE);
            assertTrue(deadline <= now, "early or twice, seed " + seed);
        }
        for (long deadline : deadlines) {
            assertTrue(deadline > now - TICK, "late, seed " + seed);
        }
    }

    @Test
    void aDeadlineSetWhileAnotherExpiresIsNotLost() {
        ConnectionTimers timers = new ConnectionTimers(0);
        List<Long> calls = new ArrayList<>();
        ConnectionTimers.Node[] again = new ConnectionTimers.Node[1];
        again[0] = new ConnectionTimers.Node(nowNs -> {
            calls.add(nowNs);
            timers.schedule(again[0], nowNs + 1);
        });
        timers.schedule(again[0], 1);
        for (int tick = 1; tick <= 5; tick++) {
            timers.poll(tick * TICK);
        }
        assertEquals(5, calls.size());
        timers.cancel(again[0]);
        assertEquals(Long.MAX_VALUE, timers.waitNs(0));
    }
}
