package io.tally.perf.jmh;

import io.tally.engine.port.EffectSink;
import io.tally.protocol.effect.EffectHeader;
import io.tally.protocol.effect.EffectType;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** One gateway whose effects are written, counted and overwritten. */
final class CountedEffects implements EffectSink {
    private static final int BYTES = 1 << 20;

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[BYTES]);
    private int at;
    private long deliveries;

    /** How many messages the engine has sent to subscribers. */
    long deliveries() {
        return deliveries;
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public int claim(int gateway, int length) {
        int aligned = (length + 7) & -8;
        int index = at + aligned > BYTES ? 0 : at;
        at = index + aligned;
        return index;
    }

    @Override
    public MutableDirectBuffer buffer(int gateway) {
        return buffer;
    }

    @Override
    public void commit(int gateway, int index) {
        deliveries += EffectHeader.type(buffer, index) == EffectType.DELIVER ? 1 : 0;
    }

    @Override
    public int gatewayCount() {
        return 1;
    }
}
