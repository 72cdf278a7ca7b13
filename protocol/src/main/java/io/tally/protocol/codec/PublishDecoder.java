package io.tally.protocol.codec;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.topic.TopicNames;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads PUBLISH (section 3.3). A view, valid until the next wrap. Allocates nothing but strings. */
public final class PublishDecoder {
    /** {@link #expirySeconds()}: the message does not expire. */
    public static final long NO_EXPIRY = -1;

    /** Properties that belong to one hop, or that a PublishCommand holds in a field. */
    private static final long NOT_FORWARDED = Property.bit(Property.TOPIC_ALIAS)
            | Property.bit(Property.MESSAGE_EXPIRY_INTERVAL)
            | Property.bit(Property.SUBSCRIPTION_IDENTIFIER);

    private final Direction direction;
    private final Properties properties = new Properties();
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int flags;
    private int topicOffset;
    private int topicLength;
    private int topicLevels;
    private int packetId;
    private int payloadOffset;
    private int payloadLength;

    public PublishDecoder(Direction direction) {
        this.direction = direction;
    }

    /** Takes what follows the fixed header, and its flags; anything but SUCCESS says what is wrong. */
    public ReasonCode wrap(int version, int flags, DirectBuffer buffer, int offset, int length) {
        this.buffer = buffer;
        this.flags = flags;
        if (qos() == 3 || (dup() && qos() == 0 && version != ProtocolVersion.V3_1)) {
            return ReasonCode.MALFORMED_PACKET;
        }
        int end = offset + length;
        if (length < 2) {
            return ReasonCode.MALFORMED_PACKET;
        }
        topicOffset = offset + 2;
        topicLength = Property.prefix(buffer, offset);
        int idLength = qos() == 0 ? 0 : 2;
        if (length < 2 + topicLength + idLength) {
            return ReasonCode.MALFORMED_PACKET;
        }
        topicLevels = TopicNames.check(buffer, topicOffset, topicLength);
        if (topicLevels < 0) {
            return topicLevels == TopicNames.WILDCARD ? ReasonCode.TOPIC_NAME_INVALID : ReasonCode.MALFORMED_PACKET;
        }
        return wrapRest(version, topicOffset + topicLength, end);
    }

    private ReasonCode wrapRest(int version, int offset, int end) {
        packetId = 0;
        int at = offset;
        if (qos() != 0) {
            packetId = buffer.getShort(at, BIG_ENDIAN) & 0xFFFF;
            at += 2;
        }
        properties.clear();
        if (version == ProtocolVersion.V5) {
            ReasonCode reason = properties.wrap(PacketType.PUBLISH, buffer, at, end);
            if (reason != ReasonCode.SUCCESS) {
                return reason;
            }
            at = properties.end();
        }
        payloadOffset = at;
        payloadLength = end - at;
        return checkRest();
    }

    private ReasonCode checkRest() {
        boolean named = topicLength != 0 || properties.has(Property.TOPIC_ALIAS);
        boolean fromServer = direction == Direction.TO_CLIENT;
        boolean valid = named
                && (packetId != 0 || qos() == 0)
                && (fromServer || !properties.has(Property.SUBSCRIPTION_IDENTIFIER));
        return valid ? ReasonCode.SUCCESS : ReasonCode.PROTOCOL_ERROR;
    }

    public DirectBuffer buffer() {
        return buffer;
    }

    public int qos() {
        return flags >> 1 & 3;
    }

    public boolean dup() {
        return (flags & 8) != 0;
    }

    public boolean retain() {
        return (flags & 1) != 0;
    }

    /** QoS, retain, dup and expiry as the flags of a {@link PublishCommand}. */
    public int commandFlags() {
        return qos()
                | (retain() ? PublishCommand.FLAG_RETAIN : 0)
                | (dup() ? PublishCommand.FLAG_DUP : 0)
                | (properties.has(Property.MESSAGE_EXPIRY_INTERVAL) ? PublishCommand.FLAG_EXPIRES : 0);
    }

    public int topicOffset() {
        return topicOffset;
    }

    /** In bytes; 0 only together with a {@link #topicAlias()}. */
    public int topicLength() {
        return topicLength;
    }

    /** Levels of the topic name; 0 when it is empty. */
    public int topicLevels() {
        return topicLevels;
    }

    public String topic() {
        return buffer.getStringWithoutLengthUtf8(topicOffset, topicLength);
    }

    /** 1 to 65,535; 0 = none. Whether it is at most the announced maximum is not checked here. */
    public int topicAlias() {
        return (int) properties.number(Property.TOPIC_ALIAS, 0);
    }

    /** 1 to 65,535; 0 at QoS 0. */
    public int packetId() {
        return packetId;
    }

    /** Message Expiry Interval, or {@link #NO_EXPIRY}. */
    public long expirySeconds() {
        return properties.number(Property.MESSAGE_EXPIRY_INTERVAL, NO_EXPIRY);
    }

    public Properties properties() {
        return properties;
    }

    /** Bytes that {@link #copyForwardedProperties} will write. */
    public int forwardedPropertiesLength() {
        return properties.lengthWithout(NOT_FORWARDED);
    }

    /**
     * Copies the properties as a {@link PublishCommand} holds them: without length prefix, Topic Alias, Message Expiry
     * Interval and Subscription Identifier. Returns the bytes written.
     */
    public int copyForwardedProperties(MutableDirectBuffer target, int index) {
        return properties.copyWithout(NOT_FORWARDED, target, index);
    }

    /** False when the Payload Format Indicator says UTF-8 and the payload is not (3.3.2.3.2). */
    public boolean isPayloadAsSaid() {
        return properties.isPayloadAsSaid(buffer, payloadOffset, payloadLength);
    }

    public int payloadOffset() {
        return payloadOffset;
    }

    public int payloadLength() {
        return payloadLength;
    }
}
