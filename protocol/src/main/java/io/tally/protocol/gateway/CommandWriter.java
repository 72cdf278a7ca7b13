package io.tally.protocol.gateway;

import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.DisconnectedCommand;
import io.tally.protocol.command.PublishCommand;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;

/**
 * Writes commands of one I/O loop straight into the command ring. Every method answers false when the ring is full;
 * nothing was written then. Owned by the I/O loop's thread. Allocates nothing.
 */
final class CommandWriter {
    /** Type of all records in the command ring. */
    static final int MESSAGE_TYPE = 1;

    private final ManyToOneRingBuffer ring;
    private final int gateway;
    private boolean wrote;
    private boolean published;

    CommandWriter(ManyToOneRingBuffer ring, int gateway) {
        this.ring = ring;
        this.gateway = gateway;
    }

    int gateway() {
        return gateway;
    }

    /** Whether anything was written since the last call. */
    boolean takeWrote() {
        boolean result = wrote;
        wrote = false;
        return result;
    }

    /** Whether a PUBLISH was written since the last call. */
    boolean takePublished() {
        boolean result = published;
        published = false;
        return result;
    }

    /**
     * A PUBLISH to this topic, whatever stands in the packet.
     *
     * @param source empty = none
     */
    boolean tryPublish(
            long connection, int version, boolean journaled, PublishDecoder p, DirectBuffer topic, byte[] source) {
        int topicLength = topic.capacity();
        int propertiesLength = p.forwardedPropertiesLength();
        int payloadLength = p.payloadLength();
        int length = PublishCommand.FIXED_LENGTH + topicLength + propertiesLength + payloadLength;
        length += PublishCommand.sourceLengthWritten(source.length);
        int publishFlags = p.commandFlags() | (source.length == 0 ? 0 : PublishCommand.FLAG_SOURCE);
        int at = ring.tryClaim(MESSAGE_TYPE, length);
        if (at < 0) {
            return false;
        }
        MutableDirectBuffer b = ring.buffer();
        int flags = journaled ? CommandHeader.FLAG_REFUSABLE : CommandHeader.FLAG_BYPASS;
        if (journaled && version < ProtocolVersion.V5 && p.qos() > 0) {
            flags |= CommandHeader.FLAG_REFUSAL_CLOSES;
        }
        CommandHeader.write(b, at, CommandType.PUBLISH, flags, gateway, connection);
        PublishCommand.writeFixed(b, at, publishFlags, version, p.packetId(), Math.max(0, p.expirySeconds()));
        PublishCommand.writeLengths(b, at, topicLength, propertiesLength, payloadLength);
        int to = at + PublishCommand.FIXED_LENGTH;
        b.putBytes(to, topic, 0, topicLength);
        to += topicLength;
        if (propertiesLength != 0) {
            to += p.copyForwardedProperties(b, to);
        }
        b.putBytes(to, p.buffer(), p.payloadOffset(), payloadLength);
        PublishCommand.writeSource(b, to + payloadLength, source);
        commit(at);
        published = true;
        return true;
    }

    /** A PUBLISH of QoS > 0 that goes nowhere, see {@link CommandHeader#FLAG_DENIED}. */
    boolean tryDenied(long connection, int version, PublishDecoder p, ReasonCode reason) {
        int at = ring.tryClaim(MESSAGE_TYPE, PublishCommand.FIXED_LENGTH + 1);
        if (at < 0) {
            return false;
        }
        MutableDirectBuffer b = ring.buffer();
        int flags = CommandHeader.FLAG_BYPASS | CommandHeader.FLAG_DENIED;
        CommandHeader.write(b, at, CommandType.PUBLISH, flags, gateway, connection);
        PublishCommand.writeFixed(b, at, p.commandFlags(), version, p.packetId(), 0);
        PublishCommand.writeLengths(b, at, 0, 0, 1);
        b.putByte(at + PublishCommand.FIXED_LENGTH, (byte) reason.code());
        commit(at);
        return true;
    }

    boolean tryAcks(long connection, AckBatch acks) {
        int at = ring.tryClaim(MESSAGE_TYPE, acks.length());
        if (at < 0) {
            return false;
        }
        acks.moveTo(ring.buffer(), at, gateway, connection);
        commit(at);
        return true;
    }

    boolean tryDisconnected(long connection, int flags, int lastSentPacketId, long expirySeconds) {
        int at = ring.tryClaim(MESSAGE_TYPE, DisconnectedCommand.LENGTH);
        if (at < 0) {
            return false;
        }
        CommandHeader.write(ring.buffer(), at, CommandType.DISCONNECTED, 0, gateway, connection);
        DisconnectedCommand.write(ring.buffer(), at, flags, lastSentPacketId, expirySeconds);
        commit(at);
        return true;
    }

    /** A command that was built elsewhere. */
    boolean tryWrite(DirectBuffer command, int length) {
        if (!ring.write(MESSAGE_TYPE, command, 0, length)) {
            return false;
        }
        wrote = true;
        return true;
    }

    private void commit(int at) {
        ring.commit(at);
        wrote = true;
    }
}
