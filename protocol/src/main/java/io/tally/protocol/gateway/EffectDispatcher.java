package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.CloseEffect;
import io.tally.protocol.effect.ConnackEffect;
import io.tally.protocol.effect.EffectHeader;
import io.tally.protocol.effect.EffectType;
import io.tally.protocol.effect.ReleaseEffect;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the effect ring of one I/O loop and does for each connection what its effects say. Those for connections that
 * are gone are skipped. Owned by the I/O loop's thread. Allocates nothing.
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
        return ring.controlledRead(this, limit);
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
        if (connection == null || !connection.isTalking()) {
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

    private void dispatch(MqttConnection c, int type, MutableDirectBuffer b, int offset) {
        switch (type) {
            case EffectType.CONNACK -> onConnack(c, b, offset);
            case EffectType.ACK -> onAck(c, b, offset);
            case EffectType.DELIVER -> onDeliver(c, b, offset);
            case EffectType.SUBACK -> onSuback(c, PacketType.SUBACK, b, offset);
            case EffectType.UNSUBACK -> onSuback(c, PacketType.UNSUBACK, b, offset);
            case EffectType.CLOSE -> c.closeFor(reason(CloseEffect.reasonCode(b, offset)));
            default -> Invariant.check(false, "type of an effect", type);
        }
    }

    private static ReasonCode reason(int code) {
        ReasonCode reason = ReasonCode.of(code);
        return reason == null ? ReasonCode.UNSPECIFIED_ERROR : reason;
    }

    private static void onConnack(MqttConnection c, DirectBuffer b, int offset) {
        ClientTerms terms = c.terms();
        if (terms == null) {
            return;
        }
        ReasonCode reason = reason(ConnackEffect.reasonCode(b, offset));
        if (reason.isFailure()) {
            c.refuse(reason);
        } else if (c.answers.accepted(
                terms, ConnackEffect.sessionPresent(b, offset), ConnackEffect.expirySeconds(b, offset))) {
            c.onAccepted(ConnackEffect.sessionPresent(b, offset));
        } else {
            c.refuse(ReasonCode.PACKET_TOO_LARGE);
        }
    }

    /** Before 5.0 a PUBLISH can only be refused by closing. */
    private static void onAck(MqttConnection c, DirectBuffer b, int offset) {
        int kind = AckEffect.kind(b, offset);
        int code = AckEffect.reasonCode(b, offset);
        if (kind == AckEffect.PUBREL_AGAIN) {
            c.releaseAgain(AckEffect.packetId(b, offset));
            return;
        }
        if (kind != PacketType.PUBREL) {
            c.publisher.onAnswered(kind, AckEffect.packetId(b, offset), code);
        }
        boolean refused = ReasonCode.isFailure(code) && (kind == PacketType.PUBACK || kind == PacketType.PUBREC);
        if (refused && c.version() != ProtocolVersion.V5) {
            c.closeFor(reason(code));
            return;
        }
        c.answers.ack(kind, AckEffect.packetId(b, offset), code);
        Subscriber s = kind == PacketType.PUBREL ? c.subscriber() : null;
        if (s != null) {
            s.onPubrel(AckEffect.packetId(b, offset));
        }
        c.touch();
    }

    private static void onSuback(MqttConnection c, int packetType, DirectBuffer b, int offset) {
        if (!c.answers.suback(packetType, b, offset)) {
            c.closeFor(ReasonCode.PACKET_TOO_LARGE);
        }
        c.touch();
    }

    private static void onDeliver(MqttConnection c, DirectBuffer b, int offset) {
        Subscriber s = c.subscriber();
        if (s == null) {
            return;
        }
        if (!s.onDeliver(b, offset)) {
            c.closeFor(ReasonCode.QUOTA_EXCEEDED);
        }
        c.touch();
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
