package io.tally.engine.egress;

import io.tally.engine.port.EffectSink;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.BodyEffect;
import io.tally.protocol.effect.CloseEffect;
import io.tally.protocol.effect.ConnackEffect;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.effect.ReleaseEffect;
import io.tally.protocol.effect.SubackEffect;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Writes effects, or nothing while the engine replays. Owned by the engine thread. Allocates nothing but for
 * SUBACKs.
 */
public final class EffectWriter {
    private final EffectSink sink;
    private final boolean[] hasBody;

    public EffectWriter(EffectSink sink) {
        this.sink = sink;
        this.hasBody = new boolean[sink.gatewayCount()];
    }

    public boolean isOn() {
        return sink.isOn();
    }

    public void connack(int gateway, long connection, int reasonCode, boolean sessionPresent, long expirySeconds) {
        if (sink.isOn()) {
            int index = sink.claim(gateway, ConnackEffect.LENGTH);
            ConnackEffect.write(sink.buffer(gateway), index, connection, reasonCode, sessionPresent, expirySeconds);
            sink.commit(gateway, index);
        }
    }

    public void ack(int gateway, long connection, int kind, int packetId, int reasonCode) {
        if (sink.isOn()) {
            int index = sink.claim(gateway, AckEffect.LENGTH);
            AckEffect.write(sink.buffer(gateway), index, connection, kind, packetId, reasonCode);
            sink.commit(gateway, index);
        }
    }

    /** Forgets which gateways have been given a body: the next message begins. */
    public void nextBody() {
        Arrays.fill(hasBody, false);
    }

    /** Gives this gateway the message that DELIVERs without a position are made from, once until {@link #nextBody}. */
    public void body(int gateway, long timeMs, DirectBuffer message, int offset, int length) {
        if (!sink.isOn() || hasBody[gateway]) {
            return;
        }
        hasBody[gateway] = true;
        int partBytesMax = sink.effectBytesMax() - BodyEffect.FIXED_LENGTH;
        int part = Math.min(length, partBytesMax);
        int index = sink.claim(gateway, BodyEffect.FIXED_LENGTH + part);
        BodyEffect.write(sink.buffer(gateway), index, timeMs, message, offset, part);
        sink.commit(gateway, index);
        for (int at = part; at < length; at += part) {
            part = Math.min(length - at, partBytesMax);
            index = sink.claim(gateway, BodyEffect.FIXED_LENGTH + part);
            BodyEffect.writeNext(sink.buffer(gateway), index, message, offset + at, part);
            sink.commit(gateway, index);
        }
    }

    public void deliver(int gateway, long connection, int flags, int packetId, long position, int[] subscriptionIds) {
        if (sink.isOn()) {
            int index = sink.claim(gateway, DeliverEffect.length(subscriptionIds.length));
            DeliverEffect.write(sink.buffer(gateway), index, connection, flags, packetId, position);
            if (subscriptionIds.length > 0) {
                DeliverEffect.subscriptionIds(sink.buffer(gateway), index, subscriptionIds);
            }
            sink.commit(gateway, index);
        }
    }

    /** SUBACK or UNSUBACK. */
    public void suback(int gateway, long connection, int type, int packetId, int[] reasonCodes) {
        if (sink.isOn()) {
            int index = sink.claim(gateway, SubackEffect.FIXED_LENGTH + reasonCodes.length);
            SubackEffect.write(sink.buffer(gateway), index, type, connection, packetId, reasonCodes.length);
            for (int i = 0; i < reasonCodes.length; i++) {
                SubackEffect.reasonCode(sink.buffer(gateway), index, i, reasonCodes[i]);
            }
            sink.commit(gateway, index);
        }
    }

    public void close(int gateway, long connection, int reasonCode) {
        if (sink.isOn()) {
            int index = sink.claim(gateway, CloseEffect.LENGTH);
            CloseEffect.write(sink.buffer(gateway), index, connection, reasonCode);
            sink.commit(gateway, index);
        }
    }

    /** Tells every gateway that a journal file goes away. */
    public void release(int file) {
        for (int gateway = 0; sink.isOn() && gateway < sink.gatewayCount(); gateway++) {
            int index = sink.claim(gateway, ReleaseEffect.LENGTH);
            ReleaseEffect.write(sink.buffer(gateway), index, file);
            sink.commit(gateway, index);
        }
    }
}
