package io.tally.ops.launch;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * SIGTERM and Ctrl-C: lets the broker stop by itself, then the process may go. The JVM would end with code 143; so the
 * thread that installed this has a moment to halt it with a code of its own.
 */
final class StopSignal {
    private static final long STOP_SECONDS_MAX = 60;
    private static final long HALT_MS_MAX = 2_000;

    private final Thread installer = Thread.currentThread();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch done = new CountDownLatch(1);

    static StopSignal install() {
        StopSignal signal = new StopSignal();
        Runtime.getRuntime().addShutdownHook(new Thread(signal::onShutdown, "tally-stop"));
        return signal;
    }

    private void onShutdown() {
        asked.countDown();
        await(done, STOP_SECONDS_MAX);
        try {
            installer.join(HALT_MS_MAX);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void await() {
        await(asked, Long.MAX_VALUE);
    }

    void done() {
        done.countDown();
    }

    private static void await(CountDownLatch latch, long seconds) {
        try {
            latch.await(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
