package io.tally.perf.load;

import io.tally.protocol.codec.AckDecoder;
import io.tally.protocol.codec.AckEncoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.ReasonCode;
import java.util.BitSet;
import org.agrona.DirectBuffer;

/** Receives messages, acknowledges and counts them. Owned by the thread that drives the load. */
final class Subscriber implements Client {
    private static final int DUP = 8;

    private final Link link;
    private final Sequences sequences;
    private final LoadState state;
    private final int version;
    private final PublishDecoder publish = new PublishDecoder(Direction.TO_CLIENT);
    private final AckDecoder ack = new AckDecoder(Direction.TO_CLIENT);

    /** QoS 2: packet ids that wait for their PUBREL [MQTT-4.3.3-10]. */
    private final BitSet unreleased = new BitSet();

    private boolean isResumed;

    Subscriber(Link link, Sequences sequences, LoadState state) {
        this.link = link;
        this.sequences = sequences;
        this.state = state;
        version = state.version;
    }

    @Override
    public Link link() {
        return link;
    }

    @Override
    public boolean send(long nowNs) {
        return false;
    }

    @Override
    public void onResumed() {
        isResumed = true;
    }

    @Override
    public void onPacket(int firstByte, DirectBuffer b, int offset, int length, long nowNs) {
        switch (PacketType.of(firstByte)) {
            case PacketType.PUBLISH -> onPublish(firstByte, b, offset, length, nowNs);
            case PacketType.PUBREL -> onPubrel(firstByte, b, offset, length);
            default -> state.onOtherPacket(firstByte, b, offset, length);
        }
    }

    private void onPublish(int firstByte, DirectBuffer b, int offset, int length, long nowNs) {
        ReasonCode reason = publish.wrap(version, firstByte & 0xF, b, offset, length);
        if (reason != ReasonCode.SUCCESS) {
            throw new BrokerError("a PUBLISH that is wrong: " + reason);
        }
        int qos = publish.qos();
        if (qos == 2 && unreleased.get(publish.packetId())) {
            state.counts.redelivered++;
            answer(PacketType.PUBREC, publish.packetId());
            return;
        }
        int payload = publish.payloadOffset();
        if (publish.payloadLength() < Stamp.LENGTH || Stamp.run(b, payload) != state.run) {
            state.counts.foreign++;
        } else {
            boolean mayHaveCome = isResumed && (firstByte & DUP) != 0 && qos == 1;
            sequences.onMessage(Stamp.publisher(b, payload), Stamp.sequence(b, payload), mayHaveCome);
            state.latencies.onReceived(Stamp.timeNs(b, payload), nowNs);
        }
        if (qos == 2) {
            unreleased.set(publish.packetId());
        }
        if (qos != 0) {
            answer(qos == 1 ? PacketType.PUBACK : PacketType.PUBREC, publish.packetId());
        }
    }

    private void onPubrel(int firstByte, DirectBuffer b, int offset, int length) {
        ReasonCode reason = ack.wrap(version, firstByte, b, offset, length);
        if (reason != ReasonCode.SUCCESS) {
            throw new BrokerError("a PUBREL that is wrong: " + reason);
        }
        unreleased.clear(ack.packetId());
        answer(PacketType.PUBCOMP, ack.packetId());
    }

    private void answer(int type, int packetId) {
        Buffers buffers = link.buffers();
        buffers.outLength += AckEncoder.encode(version, type, packetId, 0, buffers.outView, buffers.outLength);
    }
}
