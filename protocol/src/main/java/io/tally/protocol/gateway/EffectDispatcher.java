package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.effect.EffectHeader;
import io.tally.protocol.effect.EffectType;
import io.tally.protocol.effect.ReleaseEffect;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the effect ring of one I/O loop and hands each effect to its connection. Effects for connections that are gone
 * are skipped. Owned by the I/O loop's thread. Allocates nothing.
 */
final class EffectDispatcher implements ControlledMessageHandler {
    private final LoopContext loop;
    private final OneToOneRingBuffer ring;
    private @Nullable MqttConnection last;

    EffectDispatcher(LoopContext loop) {
        this.loop = loop;
        this.ring = loop.ports.effects();
    }

    boolean isEmpty() {
        return ring.consumerPosition() == ring.producerPosition();
    }

    int poll(int limit) {
        last = null;
        int read = ring.controlledRead(this, limit);
        if (read != 0) {
            loop.deliveries.onEndOfBatch();
        }
        return read;
    }

    @Override
    public Action onMessage(int messageType, MutableDirectBuffer b, int offset, int length) {
        onEffect(b, offset, length);
        return loop.shouldFlush() ? Action.BREAK : Action.CONTINUE;
    }

    private void onEffect(MutableDirectBuffer b, int offset, int length) {
        int type = EffectHeader.type(b, offset);
        if (type == EffectType.BODY) {
            loop.deliveries.onBody(b, offset, length);
            return;
        }
        if (type == EffectType.RELEASE) {
            release(ReleaseEffect.file(b, offset));
            return;
        }
        MqttConnection connection = find(EffectHeader.connection(b, offset));
        if (connection == null) {
            return;
        }
        try {
            dispatch(connection, type, b, offset);
        } catch (Invariant.Broken broken) {
            throw broken;
        } catch (RuntimeException failure) {
            connection.onFailure(failure);
        }
    }

    private @Nullable MqttConnection find(long id) {
        MqttConnection connection = last;
        if (connection == null || connection.id != id) {
            connection = loop.connections.get(id);
            last = connection;
        }
        return connection;
    }

    private static void dispatch(MqttConnection connection, int type, MutableDirectBuffer b, int offset) {
        switch (type) {
            case EffectType.CONNACK -> connection.onConnack(b, offset);
            case EffectType.ACK -> connection.onAckEffect(b, offset);
            case EffectType.DELIVER -> connection.onDeliver(b, offset);
            case EffectType.SUBACK -> connection.onSubackEffect(PacketType.SUBACK, b, offset);
            case EffectType.UNSUBACK -> connection.onSubackEffect(PacketType.UNSUBACK, b, offset);
            case EffectType.CLOSE -> connection.onClose(b, offset);
            default -> Invariant.check(false, "type of an effect", type);
        }
    }

    /** What waits to be sent from the file is copied first; then the count tells that we are done with it. */
    private void release(long file) {
        for (MqttConnection connection : loop.connections.values()) {
            connection.onRelease(file);
        }
        loop.deliveries.onRelease(file);
        loop.counters.increment(Counter.RELEASES);
    }
}
