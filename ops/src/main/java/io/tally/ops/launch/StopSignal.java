package io.tally.ops.launch;

import io.tally.ops.log.Logs;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM and Ctrl-C. A start that is not finished ends at once, wherever it stands: what it does to the disk has to
 * bear kill -9 anyway, and nobody is connected. A broker that runs stops by itself, then the process may go. The JVM
 * would end with code 143; so the thread that installed this has a moment to halt it with a code of its own.
 */
final class StopSignal {
    private static final Logger LOG = LoggerFactory.getLogger(StopSignal.class);
    private static final long STOP_SECONDS_MAX = 60;
    private static final long HALT_MS_MAX = 2_000;

    private final Thread installer = Thread.currentThread();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch done = new CountDownLatch(1);
    private final Runnable onUnfinishedStart;
    private boolean isStarted;

    private StopSignal(Runnable onUnfinishedStart) {
        this.onUnfinishedStart = onUnfinishedStart;
    }

    /** @param onUnfinishedStart runs before the process ends in the middle of its start */
    static StopSignal install(Runnable onUnfinishedStart) {
        StopSignal signal = new StopSignal(onUnfinishedStart);
        Thread.setDefaultUncaughtExceptionHandler(signal::onUncaught);
        Runtime.getRuntime().addShutdownHook(new Thread(signal::onShutdown, "tally-stop"));
        return signal;
    }

    private void onShutdown() {
        endUnfinishedStart();
        asked.countDown();
        await(done, STOP_SECONDS_MAX);
        try {
            installer.join(HALT_MS_MAX);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Libraries that are still being loaded cannot register their hooks in a process that ends: that is no news. */
    private void onUncaught(Thread thread, Throwable thrown) {
        if (!isEnding() || isStarted()) {
            LOG.error("thread {} has ended", thread.getName(), thrown);
            Logs.tellOnce("thread " + thread.getName() + " has ended: " + thrown);
        }
    }

    /** Knows it before any hook has run. */
    private boolean isEnding() {
        try {
            Runtime.getRuntime().removeShutdownHook(installer);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    private synchronized boolean isStarted() {
        return isStarted;
    }

    private synchronized void endUnfinishedStart() {
        if (isStarted) {
            return;
        }
        onUnfinishedStart.run();
        LOG.info("stopped before the start was finished");
        Logs.flush();
        Runtime.getRuntime().halt(0);
    }

    /** From now on a signal lets the broker stop by itself. */
    synchronized void started() {
        isStarted = true;
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
