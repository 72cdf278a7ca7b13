package io.tally.perf.growth;

import java.util.Arrays;

/** How long calls take. */
final class CallTimes {
    private static final double NS = 1e9;

    /** Reading the clock takes some 25 ns: a batch of calls between two readings takes at least this. */
    private static final double BATCH_NS = 5_000;

    private static final int BATCHES_MAX = 1 << 18;

    private CallTimes() {}

    /** What is timed. */
    interface Call {
        /** Does it; {@code number} grows by one with every call. */
        void run(long number);
    }

    /** Time of a call in ns: the median over batches, after a warm-up that takes as long as the measurement. */
    static double medianNs(double seconds, Call call) {
        long number = 0;
        long begin = System.nanoTime();
        do {
            call.run(number++);
        } while (System.nanoTime() - begin < seconds * NS);
        int batch = (int) Math.max(1, Math.ceil(BATCH_NS * number / (System.nanoTime() - begin)));
        double[] times = new double[BATCHES_MAX];
        int count = 0;
        long end = System.nanoTime() + (long) (seconds * NS);
        long now;
        do {
            long from = System.nanoTime();
            for (int i = 0; i < batch; i++) {
                call.run(number++);
            }
            now = System.nanoTime();
            times[count++] = (double) (now - from) / batch;
        } while (now < end && count < BATCHES_MAX);
        Arrays.sort(times, 0, count);
        return times[count / 2];
    }

    /** Bytes on the heap that are still in use. */
    static long liveHeapBytes() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        while (true) {
            System.gc();
            long used = runtime.totalMemory() - runtime.freeMemory();
            if (used >= least) {
                return least;
            }
            least = used;
        }
    }
}
