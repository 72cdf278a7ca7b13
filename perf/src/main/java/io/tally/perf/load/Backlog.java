package io.tally.perf.load;

import io.tally.protocol.codec.AckEncoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.ReasonCode;
import java.io.IOException;
import java.nio.channels.Selector;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber that is away while messages are queued for it, and then takes them all. They are counted, and that they
 * come in the order of their publishers is looked at; messages of several runs may be among them. Owned by the thread
 * that drives the load.
 */
public final class Backlog {
    private static final double NS_PER_SECOND = 1e9;
    private static final int RUN_SHIFT = 16;
    private static final long NONE = -1;

    private final Target target;
    private final String clientId;
    private final long expected;
    private final Long2LongHashMap lastSequences = new Long2LongHashMap(NONE);
    private @Nullable Link link;
    private long received;
    private long reordered;
    private long beginNs;
    private long endNs;

    /**
     * For the client with this id.
     *
     * @param expected how many messages wait for it
     */
    public Backlog(Target target, String clientId, long expected) {
        this.target = target;
        this.clientId = clientId;
        this.expected = expected;
    }

    /** Lets the client come back. */
    void resume(Selector selector, Buffers buffers, KeepAlive keepAlive, long nowNs) throws IOException {
        beginNs = nowNs;
        Handshake handshake = new Handshake(target);
        Wire wire = handshake.connect(clientId, true);
        Link made = new Link(wire, selector, buffers);
        made.attach(new Reader(made));
        link = made;
        keepAlive.add(made, handshake.keepAliveSeconds());
    }

    /** Whether all has come, or no more can. */
    boolean isDone() {
        return received >= expected || (link != null && !link.isOpen());
    }

    /** Ends the session for good. */
    void close() throws IOException {
        if (link != null) {
            link.close();
        }
        new Handshake(target).endSession(clientId);
    }

    /** Messages that have come, doubles included. */
    public long received() {
        return received;
    }

    /** Messages that did not come right behind the one before of their publisher: lost, doubled or out of order. */
    public long reordered() {
        return reordered;
    }

    /** From when the client came back until it had the last message. */
    public double seconds() {
        return (endNs - beginNs) / NS_PER_SECOND;
    }

    private final class Reader implements Client {
        private final Link link;
        private final PublishDecoder publish = new PublishDecoder(Direction.TO_CLIENT);

        Reader(Link link) {
            this.link = link;
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
        public void onPacket(int firstByte, DirectBuffer b, int offset, int length, long nowNs) {
            if (PacketType.of(firstByte) == PacketType.PINGRESP) {
                return;
            }
            ReasonCode reason = PacketType.of(firstByte) == PacketType.PUBLISH
                    ? publish.wrap(target.version(), firstByte & 0xF, b, offset, length)
                    : ReasonCode.PROTOCOL_ERROR;
            if (reason != ReasonCode.SUCCESS || publish.qos() != 1 || publish.payloadLength() < Stamp.LENGTH) {
                throw new BrokerError("not a message of the backlog: " + PacketType.name(PacketType.of(firstByte)));
            }
            onMessage(b, publish.payloadOffset());
            endNs = nowNs;
            Buffers buffers = link.buffers();
            buffers.outLength += AckEncoder.encode(
                    target.version(), PacketType.PUBACK, publish.packetId(), 0, buffers.outView, buffers.outLength);
        }

        private void onMessage(DirectBuffer b, int payload) {
            received++;
            long publisher = (long) Stamp.run(b, payload) << RUN_SHIFT | Stamp.publisher(b, payload);
            int sequence = Stamp.sequence(b, payload);
            reordered += lastSequences.put(publisher, sequence) == sequence - 1 ? 0 : 1;
        }
    }
}
