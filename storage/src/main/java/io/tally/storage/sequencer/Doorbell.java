package io.tally.storage.sequencer;

import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Wakes the one thread that consumes a ring, and costs the producers a fence and a read as long as it is awake.
 *
 * <p>The consumer arms the bell, looks at its ring once more and only then sleeps; a producer writes its record and
 * then rings. Each of them stores before it loads, with a full fence between, so at least one sees the other: no
 * wake-up is lost. A wake-up without cause is possible. {@link #ring} and {@link #close} are for any thread, the rest
 * for the consumer. Allocates nothing.
 */
public final class Doorbell implements Runnable, AutoCloseable {
    private final @Nullable Runnable wakeUp;
    private @Nullable Thread consumer;
    private volatile boolean armed;
    private volatile boolean closed;

    /** For a consumer that sleeps in {@link #await}. */
    public Doorbell() {
        wakeUp = null;
    }

    /**
     * For a consumer that sleeps elsewhere, such as in a selector, between {@link #arm} and {@link #disarm}.
     *
     * @param wakeUp makes that sleep end, or the next one not begin; called by producers
     */
    public Doorbell(Runnable wakeUp) {
        this.wakeUp = wakeUp;
    }

    /** Says that the consumer is about to sleep; it must look for work once more after this. */
    public void arm() {
        consumer = Thread.currentThread();
        armed = true;
        VarHandle.fullFence();
    }

    /** Says that the consumer is awake. */
    public void disarm() {
        armed = false;
    }

    /** Sleeps until somebody rings, the time is over or there is work. */
    public void await(BooleanSupplier hasWork, long timeoutNs) {
        arm();
        if (!closed && !hasWork.getAsBoolean()) {
            LockSupport.parkNanos(this, timeoutNs);
        }
        disarm();
    }

    /** Wakes the consumer if it sleeps. To be called after the work is visible. */
    public void ring() {
        VarHandle.fullFence();
        if (armed) {
            armed = false;
            wake();
        }
    }

    /** As {@link #ring}, so that a gateway can hold the bell as a plain {@link Runnable}. */
    @Override
    public void run() {
        ring();
    }

    /** From now on nobody sleeps at this bell; the sleeper wakes. For the end of its thread. */
    @Override
    public void close() {
        closed = true;
        VarHandle.fullFence();
        if (wakeUp != null || consumer != null) {
            wake();
        }
    }

    private void wake() {
        if (wakeUp != null) {
            wakeUp.run();
        } else {
            LockSupport.unpark(consumer);
        }
    }
}
