package io.tally.engine;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what a path allocates on the calling thread once it is warm. */
public final class Allocations {
    private static final int ROUNDS = 20_000;
    private static final int ATTEMPTS = 5;

    private Allocations() {}

    /** Bytes of so many rounds, the least of a few attempts: a compiler or a class loader may join in one of them. */
    public static long leastBytes(Runnable round) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int attempt = 0; attempt < ATTEMPTS && least > 0; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < ROUNDS; i++) {
                round.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
