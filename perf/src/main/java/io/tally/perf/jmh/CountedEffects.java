package io.tally.perf.jmh;

import io.tally.engine.port.EffectSink;
import io.tally.protocol.effect.EffectHeader;
import io.tally.protocol.effect.EffectType;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** One gateway whose effects are written, counted and overwritten. */
public final class CountedEffects implements EffectSink {
    private static final int BYTES_MIN = 1 << 20;

    private final UnsafeBuffer buffer;
    private int at;
    private long deliveries;
    private long bytes;

    public CountedEffects() {
        this(BYTES_MIN);
    }

    /** @param effectBytesMax of one effect */
    public CountedEffects(int effectBytesMax) {
        buffer = new UnsafeBuffer(new byte[Math.max(BYTES_MIN, effectBytesMax)]);
    }

    /** How many messages the engine has sent to subscribers. */
    public long deliveries() {
        return deliveries;
    }

    /** Of all effects. */
    public long bytes() {
        return bytes;
    }

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
        int aligned = (length + 7) & -8;
        int index = at + aligned > buffer.capacity() ? 0 : at;
        at = index + aligned;
        bytes += aligned;
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
