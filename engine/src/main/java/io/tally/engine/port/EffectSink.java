package io.tally.engine.port;

import org.agrona.MutableDirectBuffer;

/** Where the engine writes effects: one stream of records per I/O loop. Owned by the engine thread. */
public interface EffectSink {
    /** False while the engine replays: then nothing may be claimed. */
    boolean isOn();

    /** Longest effect that can be claimed, in bytes. */
    int effectBytesMax();

    /**
     * Reserves room for one effect of {@code length} bytes and returns the index in {@link #buffer} at which to write
     * it. Waits until there is room.
     */
    int claim(int gateway, int length);

    /** The buffer that the last claim of this gateway points into. */
    MutableDirectBuffer buffer(int gateway);

    /** Hands the effect claimed last over. */
    void commit(int gateway, int index);

    /** How many I/O loops there are; gateways are numbered from 0. */
    int gatewayCount();
}
