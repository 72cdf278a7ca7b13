package io.tally.ops.launch;

import io.tally.engine.port.EffectSink;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;

/** Effects into the rings of the I/O loops. Owned by the engine thread. Allocates nothing. */
public final class RingEffects implements EffectSink {
    /** Message type of the records in the effect rings. */
    static final int EFFECT_TYPE = 1;

    private final OneToOneRingBuffer[] rings;
    private final Runnable[] bells;
    private final Runnable whenFull;
    private final boolean[] written;
    private boolean isOn;

    /**
     * @param bells wake the I/O loops, one each
     * @param whenFull called again and again while a ring has no room: lets the loop drain it
     */
    public RingEffects(List<OneToOneRingBuffer> rings, List<Runnable> bells, Runnable whenFull) {
        this.rings = rings.toArray(new OneToOneRingBuffer[0]);
        this.bells = bells.toArray(new Runnable[0]);
        this.whenFull = whenFull;
        this.written = new boolean[this.rings.length];
    }

    /** Replay is over: from now on the world hears of what happens. */
    public void turnOn() {
        isOn = true;
    }

    @Override
    public boolean isOn() {
        return isOn;
    }

    @Override
    public int effectBytesMax() {
        return rings[0].maxMsgLength();
    }

    @Override
    public int claim(int gateway, int length) {
        OneToOneRingBuffer ring = rings[gateway];
        int index = ring.tryClaim(EFFECT_TYPE, length);
        while (index < 0) {
            bells[gateway].run();
            whenFull.run();
            index = ring.tryClaim(EFFECT_TYPE, length);
        }
        return index;
    }

    @Override
    public MutableDirectBuffer buffer(int gateway) {
        return rings[gateway].buffer();
    }

    @Override
    public void commit(int gateway, int index) {
        rings[gateway].commit(index);
        written[gateway] = true;
    }

    @Override
    public int gatewayCount() {
        return rings.length;
    }

    /** Wakes the loops that have got something since the last call. */
    public void ring() {
        for (int i = 0; i < written.length; i++) {
            if (written[i]) {
                written[i] = false;
                bells[i].run();
            }
        }
    }
}
