package io.tally.ops.launch;

import io.tally.ops.config.ProcessConfig;
import io.tally.ops.config.Threading;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** How many threads there are, and waiting for them. */
final class Threads {
    private static final int DEDICATED_PROCESSORS_MIN = 4;
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private Threads() {}

    static boolean isShared(Threading threading) {
        return switch (threading) {
            case SHARED -> true;
            case DEDICATED -> false;
            case AUTO -> Runtime.getRuntime().availableProcessors() < DEDICATED_PROCESSORS_MIN;
        };
    }

    /** Shared: one. Dedicated: as configured, or one for every four processors. */
    static int loopCount(ProcessConfig process, boolean isShared) {
        if (isShared) {
            return 1;
        }
        int wanted = process.ioThreads();
        return wanted > 0 ? wanted : Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
    }

    static ThreadFactory factory(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Answers whether the condition came true in time. */
    static boolean await(BooleanSupplier condition, long timeoutMs) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return true;
    }

    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while stopping", e);
        }
    }

    static <T> T result(Future<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while starting", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
