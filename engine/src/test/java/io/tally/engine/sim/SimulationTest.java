package io.tally.engine.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Random workloads with random faults, one per seed.
 *
 * <p>System properties: {@code sim.seeds} how many (default 300), {@code sim.first} the first (default 1), {@code
 * sim.seed} only this one.
 */
class SimulationTest {
    private static final int THREADS = 2;

    @Test
    void everyAcknowledgedMessageIsDeliveredThroughEveryFault() throws InterruptedException {
        long only = Long.getLong("sim.seed", 0);
        long first = only != 0 ? only : Long.getLong("sim.first", 1);
        long count = only != 0 ? 1 : Long.getLong("sim.seeds", 300);
        AtomicLong next = new AtomicLong(first);
        List<Throwable> failures = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> runSeeds(next, first + count, failures), "simulation-" + i);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            failures.forEach(
                    f -> System.out.println(f.getMessage().lines().findFirst().orElse("")));
            throw new AssertionError(
                    failures.size() + " seeds failed; " + failures.get(0).getMessage(), failures.get(0));
        }
    }

    /** Until the first few failures: they say more than many. */
    private static void runSeeds(AtomicLong next, long end, List<Throwable> failures) {
        for (long seed = next.getAndIncrement(); seed < end; seed = next.getAndIncrement()) {
            try {
                Simulation.run(seed, UnaryOperator.identity());
            } catch (AssertionError failure) {
                synchronized (failures) {
                    failures.add(failure);
                    if (failures.size() >= 10) {
                        next.set(end);
                    }
                }
            }
        }
    }
}
