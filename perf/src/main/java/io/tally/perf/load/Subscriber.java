package io.tally.perf.load;

import io.tally.protocol.codec.AckDecoder;
import io.tally.protocol.codec.AckEncoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.ReasonCode;
import java.util.BitSet;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2LongHashMap;

/** Receives messages, acknowledges and counts them. Owned by the thread that drives the load. */
final class Subscriber implements Client {
    private static final int DUP = 8;
    private static final long NONE = -1;

    /** In place of a message's publisher and sequence: it is not of this run. */
    private static final long FOREIGN = -2;

    private final Link link;
    private final Sequences sequences;
    private final LoadState state;
    private final int version;
    private final PublishDecoder publish = new PublishDecoder(Direction.TO_CLIENT);
    private final AckDecoder ack = new AckDecoder(Direction.TO_CLIENT);

    /** QoS 2: packet ids that wait for their PUBREL [MQTT-4.3.3-10], with their messages. */
    private final Long2LongHashMap unreleased = new Long2LongHashMap(NONE);

    /** Those of them whose PUBREC may have been lost with a connection: they may be sent again, once. */
    private final BitSet unanswered = new BitSet();

    private boolean isResumed;
    private long received;

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

    Sequences sequences() {
        return sequences;
    }

    /** Messages of this run, each counted once. */
    long received() {
        return received;
    }

    @Override
    public boolean send(long nowNs) {
        return false;
    }

    @Override
    public void onResumed() {
        isResumed = true;
        unreleased.forEachLong((packetId, message) -> unanswered.set((int) packetId));
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
        boolean isMarked = (firstByte & DUP) != 0;
        long message = message(b);
        switch (publish.qos()) {
            case 0 -> onMessage(b, message, false, nowNs);
            case 1 -> {
                onMessage(b, message, isMarked && isResumed, nowNs);
                answer(PacketType.PUBACK, publish.packetId());
            }
            default -> {
                onQos2(b, message, isMarked, nowNs);
                answer(PacketType.PUBREC, publish.packetId());
            }
        }
    }

    /**
     * A packet id is taken until its PUBREL: for another message it must not be used [MQTT-2.2.1-4], and a client drops
     * what comes with it. The same message may come again on a resumed session only [MQTT-4.4.0-1].
     */
    private void onQos2(DirectBuffer b, long message, boolean isMarked, long nowNs) {
        int packetId = publish.packetId();
        long before = unreleased.putIfAbsent(packetId, message);
        if (before == NONE || before == message) {
            onMessage(b, message, isMarked && unanswered.get(packetId), nowNs);
            unanswered.clear(packetId);
        } else {
            state.counts.idsInUse++;
        }
    }

    /** Which message of this run it is. */
    private long message(DirectBuffer b) {
        int payload = publish.payloadOffset();
        if (publish.payloadLength() < Stamp.LENGTH || Stamp.run(b, payload) != state.run) {
            return FOREIGN;
        }
        return (long) Stamp.publisher(b, payload) << Integer.SIZE | Stamp.sequence(b, payload);
    }

    private void onMessage(DirectBuffer b, long message, boolean mayHaveCome, long nowNs) {
        int payload = publish.payloadOffset();
        if (message == FOREIGN) {
            state.counts.foreign++;
        } else if (sequences.onMessage(Stamp.publisher(b, payload), Stamp.sequence(b, payload), mayHaveCome)) {
            received++;
            state.latencies.onReceived(Stamp.timeNs(b, payload), nowNs);
        }
    }

    private void onPubrel(int firstByte, DirectBuffer b, int offset, int length) {
        ReasonCode reason = ack.wrap(version, firstByte, b, offset, length);
        if (reason != ReasonCode.SUCCESS) {
            throw new BrokerError("a PUBREL that is wrong: " + reason);
        }
        unreleased.remove(ack.packetId());
        unanswered.clear(ack.packetId());
        answer(PacketType.PUBCOMP, ack.packetId());
    }

    private void answer(int type, int packetId) {
        Buffers buffers = link.buffers();
        buffers.outLength += AckEncoder.encode(version, type, packetId, 0, buffers.outView, buffers.outLength);
    }
}
