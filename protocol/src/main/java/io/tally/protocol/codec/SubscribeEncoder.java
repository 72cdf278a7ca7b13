package io.tally.protocol.codec;

import io.tally.protocol.Invariant;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes SUBSCRIBE and UNSUBSCRIBE (sections 3.8 and 3.10): {@link #begin}, then properties and filters, then {@link
 * #encode}. Not for the fast path.
 */
public final class SubscribeEncoder {
    private final ExpandableArrayBuffer filters = new ExpandableArrayBuffer();
    private int filtersLength;
    private int version;
    private int type;
    private int packetId;
    private @Nullable PropertyWriter properties;

    /**
     * Starts a packet with nothing in it.
     *
     * @param type {@link PacketType#SUBSCRIBE} or {@link PacketType#UNSUBSCRIBE}
     */
    public SubscribeEncoder begin(int version, int type, int packetId) {
        this.version = version;
        this.type = type;
        this.packetId = packetId;
        filtersLength = 0;
        properties = null;
        return this;
    }

    public SubscribeEncoder properties(PropertyWriter properties) {
        this.properties = properties;
        return this;
    }

    /** Adds a filter to a SUBSCRIBE; the options are the QoS alone before 5.0. */
    public SubscribeEncoder filter(String filter, int options) {
        Invariant.check(type == PacketType.SUBSCRIBE, "only SUBSCRIBE has options", type);
        filtersLength = Wire.putPrefixed(filters, filtersLength, Wire.utf8(filter));
        filters.putByte(filtersLength++, (byte) options);
        return this;
    }

    /** Adds a filter to an UNSUBSCRIBE. */
    public SubscribeEncoder filter(String filter) {
        Invariant.check(type == PacketType.UNSUBSCRIBE, "SUBSCRIBE has options", type);
        filtersLength = Wire.putPrefixed(filters, filtersLength, Wire.utf8(filter));
        return this;
    }

    /** Of the whole packet, in bytes. */
    public int encodedLength() {
        return Wire.packetLength(remainingLength());
    }

    private int remainingLength() {
        return 2 + (version == ProtocolVersion.V5 ? Wire.propertiesLength(properties) : 0) + filtersLength;
    }

    /** Writes the packet; returns its length in bytes. */
    public int encode(MutableDirectBuffer b, int index) {
        Invariant.check(packetId > 0 && packetId <= 65_535, "packet id", packetId);
        int at = Wire.putHeader(b, index, type, PacketType.flags(type), remainingLength());
        at = Wire.putShort(b, at, packetId);
        if (version == ProtocolVersion.V5) {
            at = Wire.putProperties(b, at, properties);
        }
        b.putBytes(at, filters, 0, filtersLength);
        return at + filtersLength - index;
    }
}
