package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.topic.TopicNames;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Reads CONNECT (section 3.1). A view, valid until the next wrap. Whether a client id is acceptable, empty ones
 * included, is for the caller to say.
 */
public final class ConnectDecoder {
    /** {@link #willExpirySeconds()}: the will does not expire. */
    public static final long NO_EXPIRY = PublishDecoder.NO_EXPIRY;

    private static final int FLAG_RESERVED = 1;
    private static final int FLAG_CLEAN_START = 2;
    private static final int FLAG_WILL = 4;
    private static final int FLAG_WILL_RETAIN = 0x20;
    private static final int FLAG_PASSWORD = 0x40;
    private static final int FLAG_USER_NAME = 0x80;
    private static final int WILL_DETAILS = 0x38;

    private static final int RECEIVE_MAXIMUM_DEFAULT = 65_535;
    private static final long NOT_FORWARDED =
            Property.bit(Property.WILL_DELAY_INTERVAL) | Property.bit(Property.MESSAGE_EXPIRY_INTERVAL);

    private final Input in = new Input();
    private final Properties properties = new Properties();
    private final Properties willProperties = new Properties();
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int version;
    private int flags;
    private int keepAliveSeconds;
    private int clientIdOffset;
    private int clientIdLength;
    private int willTopicOffset;
    private int willTopicLength;
    private int willPayloadOffset;
    private int willPayloadLength;
    private int userNameOffset;
    private int userNameLength;
    private int passwordOffset;
    private int passwordLength;

    /**
     * Takes what follows the fixed header, and its flags; anything but SUCCESS says what is wrong. Then only {@link
     * #protocolVersion()} may be asked for.
     */
    public ReasonCode wrap(int headerFlags, DirectBuffer buffer, int offset, int length) {
        this.buffer = buffer;
        clear(offset);
        in.wrap(buffer, offset, length);
        ReasonCode reason = readVersion();
        if (reason != SUCCESS) {
            return reason;
        }
        if (!PacketType.areFlagsValid(version, PacketType.CONNECT, headerFlags)) {
            return MALFORMED_PACKET;
        }
        reason = readVariableHeader();
        return reason == SUCCESS ? readPayload() : reason;
    }

    private void clear(int offset) {
        version = 0;
        properties.clear();
        willProperties.clear();
        willTopicOffset = offset;
        willTopicLength = 0;
        willPayloadOffset = offset;
        willPayloadLength = 0;
        userNameOffset = offset;
        userNameLength = 0;
        passwordOffset = offset;
        passwordLength = 0;
    }

    private ReasonCode readVersion() {
        in.readBinary();
        int nameOffset = in.fieldOffset();
        int nameLength = in.fieldLength();
        version = in.readByte();
        if (in.failed()) {
            return MALFORMED_PACKET;
        }
        boolean supported = version == ProtocolVersion.V3_1
                ? nameIs("MQIsdp", nameOffset, nameLength)
                : (version == ProtocolVersion.V3_1_1 || version == ProtocolVersion.V5)
                        && nameIs("MQTT", nameOffset, nameLength);
        return supported ? SUCCESS : ReasonCode.UNSUPPORTED_PROTOCOL_VERSION;
    }

    private boolean nameIs(String name, int offset, int length) {
        boolean same = length == name.length();
        for (int i = 0; same && i < length; i++) {
            same = buffer.getByte(offset + i) == name.charAt(i);
        }
        return same;
    }

    private ReasonCode readVariableHeader() {
        flags = in.readByte();
        keepAliveSeconds = in.readShort();
        if (in.failed() || !areConnectFlagsValid()) {
            return MALFORMED_PACKET;
        }
        return version == ProtocolVersion.V5 ? readProperties() : SUCCESS;
    }

    private boolean areConnectFlagsValid() {
        boolean willValid = hasWill() ? willQos() != 3 : (flags & WILL_DETAILS) == 0;
        boolean loginValid = hasUserName() || !hasPassword() || version == ProtocolVersion.V5;
        return (flags & FLAG_RESERVED) == 0 && willValid && loginValid;
    }

    private ReasonCode readProperties() {
        ReasonCode reason = in.readProperties(PacketType.CONNECT, properties);
        boolean dataWithoutMethod =
                properties.has(Property.AUTHENTICATION_DATA) && !properties.has(Property.AUTHENTICATION_METHOD);
        return reason == SUCCESS && dataWithoutMethod ? PROTOCOL_ERROR : reason;
    }

    private ReasonCode readPayload() {
        in.readString();
        clientIdOffset = in.fieldOffset();
        clientIdLength = in.fieldLength();
        ReasonCode reason = hasWill() ? readWill() : SUCCESS;
        if (reason != SUCCESS) {
            return reason;
        }
        dropIfMissing(FLAG_USER_NAME | FLAG_PASSWORD);
        if (hasUserName()) {
            in.readString();
            userNameOffset = in.fieldOffset();
            userNameLength = in.fieldLength();
        }
        dropIfMissing(FLAG_PASSWORD);
        if (hasPassword()) {
            in.readBinary();
            passwordOffset = in.fieldOffset();
            passwordLength = in.fieldLength();
        }
        return in.failed() || !in.atEnd() ? MALFORMED_PACKET : SUCCESS;
    }

    private ReasonCode readWill() {
        if (version == ProtocolVersion.V5) {
            ReasonCode reason = in.readProperties(Property.WILL, willProperties);
            if (reason != SUCCESS) {
                return reason;
            }
        }
        in.readString();
        willTopicOffset = in.fieldOffset();
        willTopicLength = in.fieldLength();
        in.readBinary();
        willPayloadOffset = in.fieldOffset();
        willPayloadLength = in.fieldLength();
        if (in.failed()) {
            return MALFORMED_PACKET;
        }
        return TopicNames.isValid(buffer, willTopicOffset, willTopicLength) ? SUCCESS : ReasonCode.TOPIC_NAME_INVALID;
    }

    /** In MQTT 3.1 the remaining length takes precedence over the flags of user name and password. */
    private void dropIfMissing(int loginFlags) {
        if (version == ProtocolVersion.V3_1 && in.atEnd()) {
            flags &= ~loginFlags;
        }
    }

    public DirectBuffer buffer() {
        return buffer;
    }

    /** Level in the packet: one of {@link ProtocolVersion} after SUCCESS, else what stood there, or 0. */
    public int protocolVersion() {
        return version;
    }

    /** Clean Start; Clean Session before 5.0. */
    public boolean cleanStart() {
        return (flags & FLAG_CLEAN_START) != 0;
    }

    /** 0 = none. */
    public int keepAliveSeconds() {
        return keepAliveSeconds;
    }

    public Properties properties() {
        return properties;
    }

    /** Session Expiry Interval, 0 when absent; 0xFFFFFFFF = never. Before 5.0 always 0. */
    public long sessionExpirySeconds() {
        return properties.number(Property.SESSION_EXPIRY_INTERVAL, 0);
    }

    public int receiveMaximum() {
        return (int) properties.number(Property.RECEIVE_MAXIMUM, RECEIVE_MAXIMUM_DEFAULT);
    }

    /** Bytes of the largest packet that the client takes; {@link Integer#MAX_VALUE} when it does not say. */
    public int maximumPacketSize() {
        return (int) Math.min(Integer.MAX_VALUE, properties.number(Property.MAXIMUM_PACKET_SIZE, Integer.MAX_VALUE));
    }

    public int topicAliasMaximum() {
        return (int) properties.number(Property.TOPIC_ALIAS_MAXIMUM, 0);
    }

    public boolean requestProblemInformation() {
        return properties.number(Property.REQUEST_PROBLEM_INFORMATION, 1) == 1;
    }

    public boolean requestResponseInformation() {
        return properties.number(Property.REQUEST_RESPONSE_INFORMATION, 0) == 1;
    }

    public int clientIdOffset() {
        return clientIdOffset;
    }

    public int clientIdLength() {
        return clientIdLength;
    }

    public String clientId() {
        return buffer.getStringWithoutLengthUtf8(clientIdOffset, clientIdLength);
    }

    public boolean hasUserName() {
        return (flags & FLAG_USER_NAME) != 0;
    }

    public int userNameOffset() {
        return userNameOffset;
    }

    public int userNameLength() {
        return userNameLength;
    }

    /** Empty when there is none. */
    public String userName() {
        return buffer.getStringWithoutLengthUtf8(userNameOffset, userNameLength);
    }

    public boolean hasPassword() {
        return (flags & FLAG_PASSWORD) != 0;
    }

    public int passwordOffset() {
        return passwordOffset;
    }

    public int passwordLength() {
        return passwordLength;
    }

    /** A copy; empty when there is none. */
    public byte[] password() {
        byte[] password = new byte[passwordLength];
        buffer.getBytes(passwordOffset, password);
        return password;
    }

    public boolean hasWill() {
        return (flags & FLAG_WILL) != 0;
    }

    public int willQos() {
        return flags >> 3 & 3;
    }

    public boolean willRetain() {
        return (flags & FLAG_WILL_RETAIN) != 0;
    }

    public int willTopicOffset() {
        return willTopicOffset;
    }

    public int willTopicLength() {
        return willTopicLength;
    }

    public String willTopic() {
        return buffer.getStringWithoutLengthUtf8(willTopicOffset, willTopicLength);
    }

    public int willPayloadOffset() {
        return willPayloadOffset;
    }

    public int willPayloadLength() {
        return willPayloadLength;
    }

    /** False when the will's Payload Format Indicator says UTF-8 and the payload is not (3.1.3.2.3). */
    public boolean isWillPayloadAsSaid() {
        return willProperties.isPayloadAsSaid(buffer, willPayloadOffset, willPayloadLength);
    }

    public Properties willProperties() {
        return willProperties;
    }

    public long willDelaySeconds() {
        return willProperties.number(Property.WILL_DELAY_INTERVAL, 0);
    }

    /** Message Expiry Interval of the will, or {@link #NO_EXPIRY}. */
    public long willExpirySeconds() {
        return willProperties.number(Property.MESSAGE_EXPIRY_INTERVAL, NO_EXPIRY);
    }

    /** Bytes that {@link #copyWillProperties} will write. */
    public int forwardedWillPropertiesLength() {
        return willProperties.lengthWithout(NOT_FORWARDED);
    }

    /**
     * Copies the will properties as a PublishCommand holds them: without length prefix, Will Delay Interval and Message
     * Expiry Interval. Returns the bytes written.
     */
    public int copyWillProperties(MutableDirectBuffer target, int index) {
        return willProperties.copyWithout(NOT_FORWARDED, target, index);
    }
}
