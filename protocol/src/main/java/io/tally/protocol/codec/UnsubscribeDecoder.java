package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

import org.agrona.DirectBuffer;

/**
 * Reads UNSUBSCRIBE (section 3.10); its filters are read with a cursor. A view, valid until the next wrap. Allocates
 * nothing but strings.
 */
public final class UnsubscribeDecoder {
    private final FilterList filters = new FilterList();
    private int filterCount;

    /**
     * Takes what follows the fixed header, and its flags; anything but SUCCESS says what is wrong. Then stands before
     * the first filter.
     */
    public ReasonCode wrap(int version, int flags, DirectBuffer buffer, int offset, int length) {
        filterCount = 0;
        if (!PacketType.areFlagsValid(version, PacketType.UNSUBSCRIBE, flags)) {
            return MALFORMED_PACKET;
        }
        boolean v5 = version == ProtocolVersion.V5;
        ReasonCode reason = filters.wrap(v5, PacketType.UNSUBSCRIBE, buffer, offset, length);
        while (reason == SUCCESS && !filters.atEnd()) {
            reason = filters.readFilter();
            filterCount++;
        }
        filters.rewind();
        return reason;
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
        return !filters.atEnd() && filters.readFilter() == SUCCESS;
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
}
