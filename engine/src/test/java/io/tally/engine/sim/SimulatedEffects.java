package io.tally.engine.sim;

import io.tally.engine.port.EffectSink;
import io.tally.protocol.effect.BodyEffect;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The effect rings. Each claim points into a fresh buffer of exactly its length, full of rubbish, so that an effect
 * that is not written in full, or beyond its end, does not go unseen.
 */
final class SimulatedEffects implements EffectSink {
    private static final byte RUBBISH = (byte) 0xA5;
    private static final int INDEX = 24;

    /** So small that most messages come in parts. */
    private static final int EFFECT_BYTES_MAX = 96;

    private final List<ArrayDeque<byte[]>> rings = new ArrayList<>();
    private final List<UnsafeBuffer> claimed = new ArrayList<>();
    private final Listener listener;
    private boolean isOn;
    private int openGateway = -1;

    /** Sees every effect at the moment at which it is written. */
    interface Listener {
        void onEffect(int gateway, UnsafeBuffer effect);
    }

    SimulatedEffects(int gateways, Listener listener) {
        this.listener = listener;
        for (int i = 0; i < gateways; i++) {
            rings.add(new ArrayDeque<>());
            claimed.add(new UnsafeBuffer(new byte[0]));
        }
    }

    void turnOn() {
        isOn = true;
    }

    @Override
    public boolean isOn() {
        return isOn;
    }

    @Override
    public int effectBytesMax() {
        return EFFECT_BYTES_MAX;
    }

    @Override
    public int claim(int gateway, int length) {
        AuditFailure.check(isOn, "a replay has no effects");
        AuditFailure.check(openGateway < 0, "one effect is written at a time", openGateway, gateway);
        AuditFailure.check(length >= 16 && length < 1 << 24, "an effect has a sane length", length);
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[INDEX + length]);
        buffer.setMemory(0, INDEX + length, RUBBISH);
        claimed.set(gateway, buffer);
        openGateway = gateway;
        return INDEX;
    }

    @Override
    public MutableDirectBuffer buffer(int gateway) {
        return claimed.get(gateway);
    }

    @Override
    public void commit(int gateway, int index) {
        AuditFailure.check(openGateway == gateway && index == INDEX, "what is claimed is committed", gateway, index);
        openGateway = -1;
        UnsafeBuffer buffer = claimed.get(gateway);
        byte[] effect = SimulatedJournal.copy(buffer, INDEX, buffer.capacity() - INDEX);
        rings.get(gateway).add(effect);
        listener.onEffect(gateway, new UnsafeBuffer(effect));
    }

    @Override
    public int gatewayCount() {
        return rings.size();
    }

    ArrayDeque<byte[]> ring(int gateway) {
        return rings.get(gateway);
    }

    /** The message after this BODY effect, with {@code before} that of the BODY before it. */
    static byte[] body(byte[] before, UnsafeBuffer effect) {
        int kept = BodyEffect.isNext(effect, 0) ? before.length : 0;
        int length = effect.capacity() - BodyEffect.FIXED_LENGTH;
        byte[] message = Arrays.copyOf(before, kept + length);
        effect.getBytes(BodyEffect.FIXED_LENGTH, message, kept, length);
        return message;
    }

    boolean isEmpty() {
        return rings.stream().allMatch(ArrayDeque::isEmpty);
    }
}
