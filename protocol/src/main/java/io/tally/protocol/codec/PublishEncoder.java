package io.tally.protocol.codec;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.protocol.Invariant;
import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.DeliverEffect;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Writes PUBLISH (section 3.3): {@link #begin}, then the message, then {@link #encodedLength} and {@link #encode}. The
 * buffers given must stay as they are until then. Properties, expiry and subscription identifiers are left out before
 * 5.0. One instance per thread. Allocates nothing.
 */
public final class PublishEncoder {
    private static final int EXPIRY_LENGTH = 5;
    private static final int ALIAS_LENGTH = 3;

    private int version;
    private int flags;
    private int packetId;
    private long expirySeconds;
    private int alias;
    private DirectBuffer ids = EmptyBuffer.INSTANCE;
    private int idsOffset;
    private int idCount;
    private DirectBuffer topic = EmptyBuffer.INSTANCE;
    private int topicOffset;
    private int topicLength;
    private DirectBuffer properties = EmptyBuffer.INSTANCE;
    private int propertiesOffset;
    private int propertiesLength;
    private DirectBuffer payload = EmptyBuffer.INSTANCE;
    private int payloadOffset;
    private int payloadLength;

    /**
     * Starts a packet with nothing in it.
     *
     * @param flags QoS in the low two bits, {@link DeliverEffect#FLAG_RETAIN}, {@link DeliverEffect#FLAG_DUP}
     * @param packetId 1 to 65,535; not looked at at QoS 0
     */
    public PublishEncoder begin(int version, int flags, int packetId) {
        this.version = version;
        this.flags = flags;
        this.packetId = packetId;
        expirySeconds = PublishDecoder.NO_EXPIRY;
        alias = 0;
        idCount = 0;
        topicLength = 0;
        propertiesLength = 0;
        payloadLength = 0;
        return this;
    }

    /** Takes topic, properties and payload of a command; not its QoS, flags, packet id or expiry. */
    public PublishEncoder message(PublishCommand command) {
        DirectBuffer b = command.buffer();
        topic(b, command.topicOffset(), command.topicLength());
        properties(b, command.propertiesOffset(), command.propertiesLength());
        return payload(b, command.payloadOffset(), command.payloadLength());
    }

    public PublishEncoder topic(DirectBuffer buffer, int offset, int length) {
        topic = buffer;
        topicOffset = offset;
        topicLength = length;
        return this;
    }

    /** Property bytes without a length prefix, without Message Expiry Interval and Subscription Identifier. */
    public PublishEncoder properties(DirectBuffer buffer, int offset, int length) {
        properties = buffer;
        propertiesOffset = offset;
        propertiesLength = length;
        return this;
    }

    public PublishEncoder payload(DirectBuffer buffer, int offset, int length) {
        payload = buffer;
        payloadOffset = offset;
        payloadLength = length;
        return this;
    }

    /** What is left of the Message Expiry Interval, or {@link PublishDecoder#NO_EXPIRY}. */
    public PublishEncoder expirySeconds(long seconds) {
        expirySeconds = seconds;
        return this;
    }

    /** The topic's alias: given to it by this packet, or in place of it; 0 = none. */
    public PublishEncoder topicAlias(int alias, boolean inPlaceOfTopic) {
        this.alias = alias;
        if (inPlaceOfTopic) {
            topicLength = 0;
        }
        return this;
    }

    /** Identifiers as they stand in a {@link DeliverEffect}: four bytes each, little endian. */
    public PublishEncoder subscriptionIds(DirectBuffer buffer, int offset, int count) {
        ids = buffer;
        idsOffset = offset;
        idCount = count;
        return this;
    }

    /** Of the whole packet, in bytes; what counts against a Maximum Packet Size. */
    public int encodedLength() {
        return Wire.packetLength(remainingLength(allPropertiesLength()));
    }

    private int remainingLength(int allPropertiesLength) {
        int propertyBytes =
                version == ProtocolVersion.V5 ? VarInt.length(allPropertiesLength) + allPropertiesLength : 0;
        return 2 + topicLength + (qos() == 0 ? 0 : 2) + propertyBytes + payloadLength;
    }

    private int allPropertiesLength() {
        int length = propertiesLength + (expirySeconds == PublishDecoder.NO_EXPIRY ? 0 : EXPIRY_LENGTH);
        length += alias == 0 ? 0 : ALIAS_LENGTH;
        for (int i = 0; i < idCount; i++) {
            length += 1 + VarInt.length(subscriptionId(i));
        }
        return length;
    }

    private int subscriptionId(int index) {
        return ids.getInt(idsOffset + index * Integer.BYTES, LITTLE_ENDIAN);
    }

    private int qos() {
        return flags & DeliverEffect.FLAG_QOS_MASK;
    }

    /** Writes the packet; returns its length in bytes. */
    public int encode(MutableDirectBuffer b, int index) {
        int allPropertiesLength = allPropertiesLength();
        int at = Wire.putHeader(b, index, PacketType.PUBLISH, wireFlags(), remainingLength(allPropertiesLength));
        at = Wire.putShort(b, at, topicLength);
        b.putBytes(at, topic, topicOffset, topicLength);
        at += topicLength;
        if (qos() != 0) {
            Invariant.check(packetId > 0 && packetId <= 65_535, "packet id", packetId);
            at = Wire.putShort(b, at, packetId);
        }
        if (version == ProtocolVersion.V5) {
            at = putProperties(b, at, allPropertiesLength);
        }
        b.putBytes(at, payload, payloadOffset, payloadLength);
        return at + payloadLength - index;
    }

    private int wireFlags() {
        return (flags & DeliverEffect.FLAG_DUP) | qos() << 1 | ((flags & DeliverEffect.FLAG_RETAIN) != 0 ? 1 : 0);
    }

    private int putProperties(MutableDirectBuffer b, int index, int allPropertiesLength) {
        int at = index + VarInt.put(b, index, allPropertiesLength);
        if (expirySeconds != PublishDecoder.NO_EXPIRY) {
            b.putByte(at, (byte) Property.MESSAGE_EXPIRY_INTERVAL);
            b.putInt(at + 1, (int) expirySeconds, BIG_ENDIAN);
            at += EXPIRY_LENGTH;
        }
        if (alias != 0) {
            b.putByte(at, (byte) Property.TOPIC_ALIAS);
            at = Wire.putShort(b, at + 1, alias);
        }
        for (int i = 0; i < idCount; i++) {
            b.putByte(at++, (byte) Property.SUBSCRIPTION_IDENTIFIER);
            at += VarInt.put(b, at, subscriptionId(i));
        }
        b.putBytes(at, properties, propertiesOffset, propertiesLength);
        return at + propertiesLength;
    }
}
