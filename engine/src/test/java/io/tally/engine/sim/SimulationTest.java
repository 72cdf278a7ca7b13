package io.tally.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Random workloads with random faults, one per seed. System properties: {@code sim.seeds} how many (default 300),
 * {@code sim.first} the first (default 1), {@code sim.seed} only this one. The long run:
 *
 * <pre>
 * mvn -P '!checks' -pl engine -am test -Dtest=SimulationTest -Dsurefire.failIfNoSpecifiedTests=false -Dsim.seeds=10000
 * </pre>
 */
class SimulationTest {
    private static final int THREADS = 2;
    private static final int FAILURES_MAX = 10;

    @Test
    void everyAcknowledgedMessageIsDeliveredThroughEveryFault() throws InterruptedException {
        long only = Long.getLong("sim.seed", 0);
        long first = only != 0 ? only : Long.getLong("sim.first", 1);
        long count = only != 0 ? 1 : Long.getLong("sim.seeds", 300);
        long startNs = System.nanoTime();
        Coverage coverage = new Coverage();
        List<Throwable> failures = run(first, first + count, coverage);
        long seconds = Duration.ofNanos(System.nanoTime() - startNs).toSeconds();
        System.out.println("simulated " + count + " seeds from " + first + " in " + seconds + " s: " + coverage);
        if (!failures.isEmpty()) {
            failures.forEach(f -> System.out.println(
                    String.valueOf(f.getMessage()).lines().findFirst().orElse("")));
            Throwable one = failures.get(0);
            throw new AssertionError(failures.size() + " seeds failed; " + one.getMessage(), one);
        }
        if (count >= 300) {
            assertEquals(List.of(), coverage.missing(), "every feature meets the others");
        }
    }

    private static List<Throwable> run(long first, long end, Coverage coverage) throws InterruptedException {
        AtomicLong next = new AtomicLong(first);
        List<Throwable> failures = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> runSeeds(next, end, failures, coverage), "simulation-" + i);
            thread.setUncaughtExceptionHandler((t, error) -> addFailure(failures, error));
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return failures;
    }

    /** Until the first few failures: they say more than many. */
    private static void runSeeds(AtomicLong next, long end, List<Throwable> failures, Coverage coverage) {
        for (long seed = next.getAndIncrement(); seed < end; seed = next.getAndIncrement()) {
            try {
                coverage.addAll(Simulation.run(seed, UnaryOperator.identity()));
            } catch (AssertionError failure) {
                if (addFailure(failures, failure) >= FAILURES_MAX) {
                    next.set(end);
                }
            }
        }
    }

    private static int addFailure(List<Throwable> failures, Throwable failure) {
        synchronized (failures) {
            failures.add(failure);
            return failures.size();
        }
    }
}
