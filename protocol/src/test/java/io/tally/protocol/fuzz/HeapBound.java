package io.tally.protocol.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What one input may allocate on the heap, by one thread: a length that is only declared must not be believed. */
public final class HeapBound {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int ATTEMPTS = 4;

    private HeapBound() {}

    /** Throws when it allocates more each time that it is tried: classes are loaded in the first ones. */
    public static void check(long bytesMax, Runnable input) {
        long bytes = Long.MAX_VALUE;
        for (int i = 0; i < ATTEMPTS && bytes > bytesMax; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            input.run();
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        if (bytes > bytesMax) {
            throw new AssertionError("one input has allocated " + bytes + " bytes");
        }
    }
}
