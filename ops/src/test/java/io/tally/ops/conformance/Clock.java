package io.tally.ops.conformance;

import java.util.concurrent.locks.LockSupport;

/** For statements about time. */
final class Clock {
    private Clock() {}

    /** Lets this much time pass. */
    static void pass(long milliseconds) {
        long end = System.nanoTime() + milliseconds * 1_000_000;
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }
}
