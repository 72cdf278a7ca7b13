package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.topic.TopicFilters;
import org.agrona.DirectBuffer;

/**
 * What SUBSCRIBE and UNSUBSCRIBE have in common: packet id, properties, filters one after the other. A view, valid
 * until the next wrap. Allocates nothing but strings.
 */
final class FilterList {
    private final Input in = new Input();
    private final Properties properties = new Properties();
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int packetId;
    private int filtersOffset;
    private int filtersLength;
    private int filterOffset;
    private int filterLength;
    private int levels;

    /** Reads what stands in front of the filters. An empty list is a protocol error. */
    ReasonCode wrap(boolean v5, int type, DirectBuffer buffer, int offset, int length) {
        this.buffer = buffer;
        filtersOffset = offset;
        filtersLength = 0;
        properties.clear();
        if (length < 2) {
            return MALFORMED_PACKET;
        }
        packetId = Property.prefix(buffer, offset);
        filtersOffset = offset + 2;
        if (v5) {
            ReasonCode reason = properties.wrap(type, buffer, filtersOffset, offset + length);
            if (reason != SUCCESS) {
                return reason;
            }
            filtersOffset = properties.end();
        }
        filtersLength = offset + length - filtersOffset;
        rewind();
        return packetId == 0 || filtersLength == 0 ? PROTOCOL_ERROR : SUCCESS;
    }

    void rewind() {
        in.wrap(buffer, filtersOffset, filtersLength);
    }

    boolean atEnd() {
        return in.atEnd();
    }

    ReasonCode readFilter() {
        in.readString();
        filterOffset = in.fieldOffset();
        filterLength = in.fieldLength();
        if (in.failed()) {
            return MALFORMED_PACKET;
        }
        levels = TopicFilters.check(buffer, filterOffset, filterLength);
        return levels > 0 ? SUCCESS : ReasonCode.TOPIC_FILTER_INVALID;
    }

    /** The options byte behind a filter; −1 when it is cut off. */
    int readOptions() {
        int options = in.readByte();
        return in.failed() ? -1 : options;
    }

    DirectBuffer buffer() {
        return buffer;
    }

    int packetId() {
        return packetId;
    }

    Properties properties() {
        return properties;
    }

    int filterOffset() {
        return filterOffset;
    }

    int filterLength() {
        return filterLength;
    }

    String filter() {
        return buffer.getStringWithoutLengthUtf8(filterOffset, filterLength);
    }

    int levels() {
        return levels;
    }

    boolean isShared() {
        return TopicFilters.sharePrefixLength(buffer, filterOffset, filterLength) > 0;
    }
}
