package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

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

    private final FilterList filters = new FilterList();
    private boolean v5;
    private int filterCount;
    private int options;

    /**
     * Takes what follows the fixed header, and its flags; anything but SUCCESS says what is wrong. Then stands before
     * the first filter.
     */
    public ReasonCode wrap(int version, int flags, DirectBuffer buffer, int offset, int length) {
        filterCount = 0;
        if (!PacketType.areFlagsValid(version, PacketType.SUBSCRIBE, flags)) {
            return MALFORMED_PACKET;
        }
        v5 = version == ProtocolVersion.V5;
        ReasonCode reason = filters.wrap(v5, PacketType.SUBSCRIBE, buffer, offset, length);
        while (reason == SUCCESS && !filters.atEnd()) {
            reason = readFilter();
            filterCount++;
        }
        filters.rewind();
        return reason;
    }

    private ReasonCode readFilter() {
        ReasonCode reason = filters.readFilter();
        if (reason != SUCCESS) {
            return reason;
        }
        options = filters.readOptions();
        if ((options & (v5 ? OPTIONS_RESERVED : OPTIONS_RESERVED_BEFORE_V5)) != 0) {
            return MALFORMED_PACKET;
        }
        boolean valid = qos() != 3 && retainHandling() != 3 && !(noLocal() && isShared());
        return valid ? SUCCESS : PROTOCOL_ERROR;
    }

    public DirectBuffer buffer() {
        return filters.buffer();
    }

    public int packetId() {
        return filters.packetId();
    }

    public Properties properties() {
        return filters.properties();
    }

    /** 1 to 268,435,455; 0 = none. */
    public int subscriptionId() {
        return (int) properties().number(Property.SUBSCRIPTION_IDENTIFIER, 0);
    }

    /** At least 1. */
    public int filterCount() {
        return filterCount;
    }

    /** Stands before the first filter again. */
    public void rewind() {
        filters.rewind();
    }

    /** Moves to the next filter; false when there is none. */
    public boolean nextFilter() {
        return !filters.atEnd() && readFilter() == SUCCESS;
    }

    public int filterOffset() {
        return filters.filterOffset();
    }

    public int filterLength() {
        return filters.filterLength();
    }

    public String filter() {
        return filters.filter();
    }

    /** Levels of the filter, without {@code $share/NAME/}; whether they are too many is for the caller to say. */
    public int levels() {
        return filters.levels();
    }

    public boolean isShared() {
        return filters.isShared();
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
