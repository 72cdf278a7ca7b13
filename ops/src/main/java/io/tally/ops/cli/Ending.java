package io.tally.ops.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How a tool ends: whoever says so first, on any thread, decides; the main thread waits for it. */
final class Ending {
    private final CountDownLatch decided = new CountDownLatch(1);
    private @Nullable ToolFailure failure;

    /** The tool has done what it was told. */
    void succeed() {
        decide(null);
    }

    void fail(ToolFailure reason) {
        decide(reason);
    }

    boolean isDecided() {
        return decided.getCount() == 0;
    }

    private synchronized void decide(@Nullable ToolFailure reason) {
        if (decided.getCount() > 0) {
            failure = reason;
            decided.countDown();
        }
    }

    /**
     * Waits for the end.
     *
     * @param timeoutSeconds 0 = as long as it takes
     * @return false if time is up first
     * @throws ToolFailure what the tool ends with, unless it succeeds
     */
    boolean await(long timeoutSeconds) throws ToolFailure, InterruptedException {
        if (timeoutSeconds == 0) {
            decided.await();
        } else if (!decided.await(timeoutSeconds, TimeUnit.SECONDS)) {
            return false;
        }
        ToolFailure reason = reason();
        if (reason != null) {
            throw reason;
        }
        return true;
    }

    private synchronized @Nullable ToolFailure reason() {
        return failure;
    }
}
