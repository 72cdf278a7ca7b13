package io.tally.storage.sequencer;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.agrona.concurrent.IdleStrategy;

/** Lets an agent's thread sleep at its {@link Doorbell} when a duty cycle found nothing to do. Allocates nothing. */
public final class DoorbellIdle implements IdleStrategy {
    private final Doorbell bell;
    private final BooleanSupplier hasWork;
    private final LongSupplier timeoutNs;
    private final int spinsMax;
    private int spins;

    /**
     * @param hasWork whether a duty cycle would find something to do
     * @param timeoutNs the longest sleep from now
     * @param spinsMax how often an idle thread only spins before it sleeps: 0 where cores are few
     */
    public DoorbellIdle(Doorbell bell, BooleanSupplier hasWork, LongSupplier timeoutNs, int spinsMax) {
        this.bell = bell;
        this.hasWork = hasWork;
        this.timeoutNs = timeoutNs;
        this.spinsMax = spinsMax;
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (spins < spinsMax) {
            spins++;
            Thread.onSpinWait();
            return;
        }
        long timeout = timeoutNs.getAsLong();
        if (timeout > 0) {
            bell.await(hasWork, timeout);
        }
    }

    @Override
    public void reset() {
        spins = 0;
    }
}
