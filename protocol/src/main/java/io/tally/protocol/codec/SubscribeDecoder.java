package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.topic.TopicFilters;
import org.agrona.DirectBuffer;

/**
 * Reads SUBSCRIBE (section 3.8); its filters are read with a cursor. A view, valid until the next wrap. Allocates
 * nothing but strings.
 */
public final class SubscribeDecoder {
    private static final int OPTION_NO_LOCAL = 4;
    private static final int OPTION_RETAIN_AS_PUBLISHED = 8;
    private static final int OPTIONS_RESERVED = 0xC0;
    private static final int OPTIONS_RESERVED_BEFORE_V5 = 0xFC;

    private final Input in = new Input();
    private final Properties properties = new Properties();
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int version;
    private int packetId;
    private int filtersOffset;
    private int filtersLength;
    private int filterCount;
    private int filterOffset;
    private int filterLength;
    private int levels;
    private int options;

    /**
     * Takes what follows the fixed header, and its flags; anything but SUCCESS says what is wrong. Then stands before
     * the first filter.
     */
    public ReasonCode wrap(int version, int flags, DirectBuffer buffer, int offset, int length) {
        this.version = version;
        this.buffer = buffer;
        filterCount = 0;
        if (length < 2 || !PacketType.areFlagsValid(version, PacketType.SUBSCRIBE, flags)) {
            return MALFORMED_PACKET;
        }
        packetId = Property.prefix(buffer, offset);
        filtersOffset = offset + 2;
        properties.clear();
        if (version == ProtocolVersion.V5) {
            ReasonCode reason = properties.wrap(PacketType.SUBSCRIBE, buffer, offset + 2, offset + length);
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
        options = in.readByte();
        int reserved = version == ProtocolVersion.V5 ? OPTIONS_RESERVED : OPTIONS_RESERVED_BEFORE_V5;
        if (in.failed() || (options & reserved) != 0) {
            return MALFORMED_PACKET;
        }
        if (qos() == 3 || retainHandling() == 3) {
            return PROTOCOL_ERROR;
        }
        levels = TopicFilters.check(buffer, filterOffset, filterLength);
        if (levels < 0) {
            return ReasonCode.TOPIC_FILTER_INVALID;
        }
        return noLocal() && isShared() ? PROTOCOL_ERROR : SUCCESS;
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

    /** 1 to 268,435,455; 0 = none. */
    public int subscriptionId() {
        return (int) properties.number(Property.SUBSCRIPTION_IDENTIFIER, 0);
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

    /** Levels of the filter, without {@code $share/NAME/}; whether they are too many is for the caller to say. */
    public int levels() {
        return levels;
    }

    public boolean isShared() {
        return TopicFilters.sharePrefixLength(buffer, filterOffset, filterLength) > 0;
    }

    /** The subscription options byte; before 5.0 the QoS alone. */
    public int options() {
        return options;
    }

    public int qos() {
        return options & 3;
    }

    public boolean noLocal() {
        return (options & OPTION_NO_LOCAL) != 0;
    }

    public boolean retainAsPublished() {
        return (options & OPTION_RETAIN_AS_PUBLISHED) != 0;
    }

    /** 0 to 2. */
    public int retainHandling() {
        return options >> 4 & 3;
    }
}
