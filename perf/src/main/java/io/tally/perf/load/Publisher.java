package io.tally.perf.load;

import io.tally.protocol.codec.AckDecoder;
import io.tally.protocol.codec.AckEncoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.ReasonCode;
import java.util.BitSet;
import java.util.Comparator;
import org.agrona.DirectBuffer;

/**
 * Sends messages in the order of their sequence, each as soon as the schedule, the window and the socket allow it.
 * Owned by the thread that drives the load.
 */
final class Publisher implements Client {
    private static final int FAILURE = 0x80;
    private static final int DUP = 8;

    private final int index;
    private final Link link;
    private final Template template;
    private final LoadState state;
    private final int qos;
    private final int version;
    private final AckDecoder ack = new AckDecoder(Direction.TO_CLIENT);

    /** Packet ids that are free, the one to take next at the end. */
    private final int[] freeIds;

    private int freeCount;

    /** By packet id. */
    private final int[] sequences;

    private final long[] dueTimesNs;
    private final BitSet inFlight = new BitSet();
    private final BitSet refused = new BitSet();
    private int nextSequence;

    /** Whether what is sent next had to wait for the window or the socket. */
    private boolean isHeldUp;

    /** QoS 2: packet ids whose PUBREC has come. */
    private final BitSet released = new BitSet();

    /** Packet ids to be sent again on a new connection, in the order of their messages. */
    private int[] again = {};

    private int againAt;

    /** How many receivers a message to each topic has. */
    private int[] receivers = {0};

    Publisher(int index, Link link, Template template, LoadState state, int window) {
        this.index = index;
        this.link = link;
        this.template = template;
        this.state = state;
        qos = state.workload.qos();
        version = state.version;
        freeIds = new int[window];
        sequences = new int[window + 1];
        dueTimesNs = new long[window + 1];
        while (freeCount < window) {
            freeIds[freeCount] = window - freeCount;
            freeCount++;
        }
    }

    /** One count for each topic, or one for all of them. */
    void receivers(int[] counts) {
        receivers = counts;
    }

    private int receiversOf(int sequence) {
        return receivers[receivers.length == 1 ? 0 : sequence % receivers.length];
    }

    @Override
    public Link link() {
        return link;
    }

    int sentCount() {
        return nextSequence;
    }

    /** Messages that it still waits to have acknowledged. */
    int inFlightCount() {
        return inFlight.cardinality();
    }

    /** Sequences that nobody has promised to deliver. */
    BitSet unacknowledged() {
        BitSet all = new BitSet();
        all.or(refused);
        inFlight.stream().forEach(id -> all.set(sequences[id]));
        return all;
    }

    /** Whether messages that are due have not been sent. */
    boolean isBehind() {
        return link.isOpen() && nextSequence < state.schedule.dueOf(index);
    }

    @Override
    public boolean send(long nowNs) {
        if (!link.canSend()) {
            isHeldUp = true;
            return false;
        }
        Buffers buffers = link.buffers();
        int limit = buffers.outLength + Buffers.TURN_BYTES;
        while (againAt < again.length) {
            if (buffers.outLength >= limit) {
                return true;
            }
            sendAgain(buffers, again[againAt++]);
        }
        long due = state.schedule.dueOf(index);
        while (nextSequence < due && (qos == 0 || freeCount > 0)) {
            if (buffers.outLength >= limit) {
                return true;
            }
            if (!state.maySend()) {
                return false;
            }
            sendNext(buffers, nowNs);
        }
        isHeldUp = nextSequence < due;
        return false;
    }

    /** The client sends its PUBLISH and PUBREL packets again in their order [MQTT-4.4.0-1], [MQTT-4.6.0-1]. */
    @Override
    public void onResumed() {
        again = inFlight.stream()
                .boxed()
                .sorted(Comparator.comparingInt(id -> sequences[id]))
                .mapToInt(id -> id)
                .toArray();
        againAt = 0;
    }

    private void sendAgain(Buffers buffers, int id) {
        if (released.get(id)) {
            buffers.outLength +=
                    AckEncoder.encode(version, PacketType.PUBREL, id, 0, buffers.outView, buffers.outLength);
        } else if (inFlight.get(id)) {
            int from = buffers.outLength;
            buffers.outLength = template.copy(buffers.outView, from, id, sequences[id], dueTimesNs[id]);
            buffers.outView.putByte(from, (byte) (buffers.outView.getByte(from) | DUP));
        }
    }

    private void sendNext(Buffers buffers, long nowNs) {
        int sequence = nextSequence++;
        long dueNs = state.schedule.dueNs(index, sequence, nowNs);
        if (!isHeldUp) {
            state.latencies.onSent(dueNs, nowNs);
        }
        int id = 0;
        if (qos > 0) {
            id = freeIds[--freeCount];
            sequences[id] = sequence;
            dueTimesNs[id] = dueNs;
            inFlight.set(id);
        }
        buffers.outLength = template.copy(buffers.outView, buffers.outLength, id, sequence, dueNs);
        state.counts.sent++;
        state.counts.expected += receiversOf(sequence);
    }

    @Override
    public void onPacket(int firstByte, DirectBuffer b, int offset, int length, long nowNs) {
        int type = PacketType.of(firstByte);
        if (type < PacketType.PUBACK || type > PacketType.PUBCOMP) {
            state.onOtherPacket(firstByte, b, offset, length);
            return;
        }
        ReasonCode reason = ack.wrap(version, firstByte, b, offset, length);
        int id = ack.packetId();
        if (reason != ReasonCode.SUCCESS || id >= sequences.length || !inFlight.get(id)) {
            throw new BrokerError("an acknowledgement that nobody waits for: " + PacketType.name(type) + " " + id);
        }
        if (type == PacketType.PUBREC && ack.reasonCode() < FAILURE) {
            released.set(id);
            Buffers buffers = link.buffers();
            buffers.outLength +=
                    AckEncoder.encode(version, PacketType.PUBREL, id, 0, buffers.outView, buffers.outLength);
            return;
        }
        onDone(id, nowNs);
    }

    private void onDone(int id, long nowNs) {
        inFlight.clear(id);
        released.clear(id);
        freeIds[freeCount++] = id;
        if (ack.reasonCode() >= FAILURE) {
            state.counts.refused++;
            state.counts.expected -= receiversOf(sequences[id]);
            refused.set(sequences[id]);
        } else {
            state.counts.acknowledged++;
            state.latencies.onAcknowledged(dueTimesNs[id], nowNs);
        }
    }
}
