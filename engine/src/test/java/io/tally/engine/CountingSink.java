package io.tally.engine;

import io.tally.engine.port.EffectSink;
import io.tally.protocol.effect.EffectHeader;
import io.tally.protocol.effect.EffectType;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Counts effects of two gateways; each goes to the same place. */
public final class CountingSink implements EffectSink {
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[1024]);
    public long commits;
    public long deliveries;

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public int effectBytesMax() {
        return buffer.capacity();
    }

    @Override
    public int claim(int gateway, int length) {
        return 0;
    }

    @Override
    public MutableDirectBuffer buffer(int gateway) {
        return buffer;
    }

    @Override
    public void commit(int gateway, int index) {
        commits++;
        deliveries += EffectHeader.type(buffer, index) == EffectType.DELIVER ? 1 : 0;
    }

    @Override
    public int gatewayCount() {
        return 2;
    }
}
