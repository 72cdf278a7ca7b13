package io.tally.storage.sequencer;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.agrona.concurrent.IdleStrategy;

/** Lets an agent's thread sleep at its {@link Doorbell} when a duty cycle found nothing to do. Allocates nothing. */
public final class DoorbellIdle implements IdleStrategy {
    private final Doorbell bell;
    private final BooleanSupplier hasWork;
    private final LongSupplier timeoutNs;

    /**
     * @param hasWork whether a duty cycle would find something to do
     * @param timeoutNs the longest sleep from now
     */
    public DoorbellIdle(Doorbell bell, BooleanSupplier hasWork, LongSupplier timeoutNs) {
        this.bell = bell;
        this.hasWork = hasWork;
        this.timeoutNs = timeoutNs;
    }

    @Override
    public void idle(int workCount) {
        if (workCount == 0) {
            idle();
        }
    }

    @Override
    public void idle() {
        long timeout = timeoutNs.getAsLong();
        if (timeout > 0) {
            bell.await(hasWork, timeout);
        }
    }

    @Override
    public void reset() {
        // Nothing is kept from one sleep to the next.
    }
}
