package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.topic.TopicFilters;
import org.agrona.DirectBuffer;

/**
 * Reads UNSUBSCRIBE (section 3.10); its filters are read with a cursor. A view, valid until the next wrap. Allocates
 * nothing but strings.
 */
public final class UnsubscribeDecoder {
    private final Input in = new Input();
    private final Properties properties = new Properties();
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int packetId;
    private int filtersOffset;
    private int filtersLength;
    private int filterCount;
    private int filterOffset;
    private int filterLength;

    /**
     * Takes what follows the fixed header, and its flags; anything but SUCCESS says what is wrong. Then stands before
     * the first filter.
     */
    public ReasonCode wrap(int version, int flags, DirectBuffer buffer, int offset, int length) {
        this.buffer = buffer;
        filterCount = 0;
        if (length < 2 || !PacketType.areFlagsValid(version, PacketType.UNSUBSCRIBE, flags)) {
            return MALFORMED_PACKET;
        }
        packetId = Property.prefix(buffer, offset);
        filtersOffset = offset + 2;
        properties.clear();
        if (version == ProtocolVersion.V5) {
            ReasonCode reason = properties.wrap(PacketType.UNSUBSCRIBE, buffer, offset + 2, offset + length);
            if (reason != SUCCESS) {
                return reason;
            }
            filtersOffset = properties.end();
        }
        filtersLength = offset + length - filtersOffset;
        return packetId == 0 ? PROTOCOL_ERROR : checkFilters();
    }

    private ReasonCode checkFilters() {
        rewind();
        while (!in.atEnd()) {
            ReasonCode reason = readFilter();
            if (reason != SUCCESS) {
                return reason;
            }
            filterCount++;
        }
        rewind();
        return filterCount == 0 ? PROTOCOL_ERROR : SUCCESS;
    }

    private ReasonCode readFilter() {
        in.readString();
        filterOffset = in.fieldOffset();
        filterLength = in.fieldLength();
        if (in.failed()) {
            return MALFORMED_PACKET;
        }
        return TopicFilters.check(buffer, filterOffset, filterLength) > 0 ? SUCCESS : ReasonCode.TOPIC_FILTER_INVALID;
    }

    public DirectBuffer buffer() {
        return buffer;
    }

    public int packetId() {
        return packetId;
    }

    public Properties properties() {
        return properties;
    }

    /** At least 1. */
    public int filterCount() {
        return filterCount;
    }

    /** Stands before the first filter again. */
    public void rewind() {
        in.wrap(buffer, filtersOffset, filtersLength);
    }

    /** Moves to the next filter; false when there is none. */
    public boolean nextFilter() {
        return !in.atEnd() && readFilter() == SUCCESS;
    }

    public int filterOffset() {
        return filterOffset;
    }

    public int filterLength() {
        return filterLength;
    }

    public String filter() {
        return buffer.getStringWithoutLengthUtf8(filterOffset, filterLength);
    }
}
