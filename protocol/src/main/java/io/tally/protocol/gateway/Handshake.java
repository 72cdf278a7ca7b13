package io.tally.protocol.gateway;

import io.tally.protocol.codec.ConnectDecoder;
import io.tally.protocol.codec.Properties;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.topic.TopicNames;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Judges a CONNECT and makes the command of it. One per I/O loop, owned by its thread. */
final class Handshake {
    private static final int VERSION_BITS = 0x7F;

    private final GatewayConfig config;
    private final int gateway;
    private final ConnectDecoder connect = new ConnectDecoder();
    private final ExpandableArrayBuffer command = new ExpandableArrayBuffer();
    private final ExpandableArrayBuffer mounted = new ExpandableArrayBuffer();

    /** As all clients know it; of the CONNECT judged last, when it has a will. */
    private final UnsafeBuffer willTopic = new UnsafeBuffer(0, 0);

    private boolean isRead;
    private int commandLength;
    private byte[] clientId = new byte[0];
    private byte[] userName = new byte[0];
    private @Nullable ClientTerms terms;
    private boolean levelUnsupported;

    Handshake(GatewayConfig config, int gateway) {
        this.config = config;
        this.gateway = gateway;
    }

    /**
     * Takes what follows the fixed header of a CONNECT, and its flags, and judges what does not depend on who the
     * client
     * is; after anything but SUCCESS the connection is to be refused.
     */
    ReasonCode judge(Peer peer, int flags, DirectBuffer b, int offset, int length) {
        ReasonCode reason = connect.wrap(flags, b, offset, length);
        levelUnsupported = reason == ReasonCode.UNSUPPORTED_PROTOCOL_VERSION;
        isRead = reason == ReasonCode.SUCCESS;
        return isRead ? checkPolicy(peer.listener().clients()) : reason;
    }

    /** Empty when the CONNECT judged last asks for no enhanced authentication. */
    String method() {
        String method = connect.properties().string(Property.AUTHENTICATION_METHOD);
        return method == null ? "" : method;
    }

    /** Whether the client chose an enhanced authentication, be its name empty. */
    boolean hasMethod() {
        return connect.properties().has(Property.AUTHENTICATION_METHOD);
    }

    /** Of the enhanced authentication; empty when there is none. */
    byte[] data() {
        Properties properties = connect.properties();
        byte[] result = new byte[properties.valueLength(Property.AUTHENTICATION_DATA)];
        properties.buffer().getBytes(properties.valueOffset(Property.AUTHENTICATION_DATA), result);
        return result;
    }

    boolean hasUserName() {
        return connect.hasUserName();
    }

    String userName() {
        return connect.userName();
    }

    /** Null when there is none. */
    byte @Nullable [] password() {
        return connect.hasPassword() ? connect.password() : null;
    }

    /**
     * Settles the terms of the CONNECT judged last. After SUCCESS {@link #terms} and {@link #command} hold; else the
     * connection is to be refused.
     *
     * @param user who the client is, whatever it said; null = who it says
     */
    ReasonCode settle(long connection, Peer peer, @Nullable String user) {
        terms = null;
        ClientRules rules = peer.listener().clients();
        userName = user == null ? saidUserName() : user.getBytes(StandardCharsets.UTF_8);
        boolean isNamed = user != null || connect.hasUserName();
        if (rules.userNameAsClientId() && userName.length == 0) {
            return ReasonCode.NOT_AUTHORIZED;
        }
        if (idLength(rules) == 0 && !mayAssignId()) {
            return ReasonCode.CLIENT_IDENTIFIER_NOT_VALID;
        }
        String name = isNamed ? new String(userName, StandardCharsets.UTF_8) : null;
        AccessControl control = config.gatekeeper().accessControl(peer.listener());
        ClientTerms settled = settle(rules, control, name);
        if (!settled.clientId().startsWith(config.clientIdPrefix())) {
            return ReasonCode.NOT_AUTHORIZED;
        }
        AccessChecks access = settled.access();
        if (access != null && access.isSourceTooLong()) {
            return ReasonCode.QUOTA_EXCEEDED;
        }
        terms = settled;
        write(connection, settled);
        return ReasonCode.SUCCESS;
    }

    private byte[] saidUserName() {
        byte[] said = new byte[connect.userNameLength()];
        connect.buffer().getBytes(connect.userNameOffset(), said);
        return said;
    }

    /** The protocol in which a refusal is to be answered; 0 when none can be guessed. */
    int answerVersion() {
        int version = connect.protocolVersion() & VERSION_BITS;
        if (version == 0) {
            return levelUnsupported ? ProtocolVersion.V3_1_1 : 0;
        }
        return Math.min(version, ProtocolVersion.V5);
    }

    /** What the client takes, as far as its CONNECT could be read. */
    int packetBytesMax() {
        return isRead ? connect.maximumPacketSize() : Integer.MAX_VALUE;
    }

    /** Whether the client is known to take Reason Strings. */
    boolean problemInformation() {
        return isRead && connect.requestProblemInformation();
    }

    @Nullable
    ClientTerms terms() {
        return terms;
    }

    DirectBuffer command() {
        return command;
    }

    int commandLength() {
        return commandLength;
    }

    private ReasonCode checkPolicy(ClientRules rules) {
        if (!config.serverReference().isEmpty()) {
            return config.serverMoved() ? ReasonCode.SERVER_MOVED : ReasonCode.USE_ANOTHER_SERVER;
        }
        if (!rules.versions().contains(connect.protocolVersion())) {
            return ReasonCode.UNSUPPORTED_PROTOCOL_VERSION;
        }
        int userProperties = Math.max(
                connect.properties().userPropertyCount(),
                connect.willProperties().userPropertyCount());
        if (userProperties > config.userPropertiesMax()) {
            return ReasonCode.QUOTA_EXCEEDED;
        }
        if (!isV5() && keepAliveTooLong()) {
            return ReasonCode.CLIENT_IDENTIFIER_NOT_VALID;
        }
        return connect.hasWill() ? checkWill(rules) : ReasonCode.SUCCESS;
    }

    private int idLength(ClientRules rules) {
        return rules.userNameAsClientId() ? userName.length : connect.clientIdLength();
    }

    /** A will may do what a PUBLISH may. */
    private ReasonCode checkWill(ClientRules rules) {
        if (connect.willQos() > rules.qosMax()) {
            return ReasonCode.QOS_NOT_SUPPORTED;
        }
        if (connect.willRetain() && !config.retainAvailable()) {
            return ReasonCode.RETAIN_NOT_SUPPORTED;
        }
        if (config.payloadFormatChecked() && !connect.isWillPayloadAsSaid()) {
            return ReasonCode.PAYLOAD_FORMAT_INVALID;
        }
        if (config.isTooLong(connect.willPayloadLength())) {
            return ReasonCode.PACKET_TOO_LARGE;
        }
        int levels = TopicNames.check(connect.buffer(), connect.willTopicOffset(), connect.willTopicLength());
        if (levels > config.topicLevelsMax()) {
            return ReasonCode.TOPIC_NAME_INVALID;
        }
        int length = rules.mountPoint()
                .mountName(connect.buffer(), connect.willTopicOffset(), connect.willTopicLength(), mounted, 0);
        if (length < 0) {
            return ReasonCode.TOPIC_NAME_INVALID;
        }
        willTopic.wrap(mounted, 0, length);
        return TopicNames.isOfBroker(mounted, 0, length) ? ReasonCode.NOT_AUTHORIZED : ReasonCode.SUCCESS;
    }

    private boolean isV5() {
        return connect.protocolVersion() == ProtocolVersion.V5;
    }

    /** [MQTT-3.1.3-6] of 5.0, [MQTT-3.1.3-7] of 3.1.1; 3.1 has no empty client ids. */
    private boolean mayAssignId() {
        boolean versionAllows = isV5() || (connect.protocolVersion() == ProtocolVersion.V3_1_1 && connect.cleanStart());
        return versionAllows && config.zeroLengthClientIdAllowed();
    }

    private boolean keepAliveTooLong() {
        int most = config.keepAliveSecondsMax();
        return most != 0 && (connect.keepAliveSeconds() == 0 || connect.keepAliveSeconds() > most);
    }

    private ClientTerms settle(ClientRules rules, @Nullable AccessControl control, @Nullable String name) {
        boolean assign = idLength(rules) == 0;
        String own = rules.userNameAsClientId() ? new String(userName, StandardCharsets.UTF_8) : connect.clientId();
        String id = assign ? rules.assignedIdPrefix() + UUID.randomUUID() : own;
        clientId = id.getBytes(StandardCharsets.UTF_8);
        long expiry = isV5() ? connect.sessionExpirySeconds() : connect.cleanStart() ? 0 : ConnectCommand.EXPIRY_NEVER;
        boolean keepAliveOurs = keepAliveTooLong();
        int inFlightMax = config.inFlightMessagesMax() == 0 ? 65_535 : config.inFlightMessagesMax();
        return new ClientTerms(
                rules,
                connect.protocolVersion(),
                id,
                assign,
                keepAliveOurs ? config.keepAliveSecondsMax() : connect.keepAliveSeconds(),
                keepAliveOurs,
                connect.cleanStart(),
                connect.cleanStart() && expiry == 0,
                expiry,
                connect.requestResponseInformation(),
                connect.topicAliasMaximum(),
                connect.maximumPacketSize(),
                Math.min(connect.receiveMaximum(), inFlightMax),
                control == null ? null : new AccessChecks(control, name, id));
    }

    private void write(long connection, ClientTerms accepted) {
        int flags = (connect.cleanStart() ? ConnectCommand.FLAG_CLEAN_START : 0)
                | (accepted.isVolatile() ? ConnectCommand.FLAG_VOLATILE : 0);
        int willStart = ConnectCommand.willStart(clientId.length, userName.length);
        int willLength = mayHaveWill(accepted) ? writeWill(connection, willStart, willSource(accepted)) : 0;
        CommandHeader.write(command, 0, CommandType.CONNECT, CommandHeader.FLAG_REFUSABLE, gateway, connection);
        ConnectCommand.writeFixed(
                command, 0, flags, accepted.version(), accepted.receiveMaximum(), accepted.sessionExpirySeconds());
        ConnectCommand.writeLengths(
                command, 0, connect.willDelaySeconds(), clientId.length, userName.length, willLength);
        int at = ConnectCommand.FIXED_LENGTH;
        command.putBytes(at, clientId);
        at += clientId.length;
        command.putBytes(at, userName);
        at += userName.length;
        if (willLength != 0) {
            command.setMemory(at, willStart - at, (byte) 0);
            at = willStart + willLength;
        }
        commandLength = at;
    }

    /** A will that the client may not publish is left out, as Mosquitto does: the client is not told. */
    private boolean mayHaveWill(ClientTerms accepted) {
        if (!connect.hasWill()) {
            return false;
        }
        AccessChecks access = accepted.access();
        return access == null || access.mayLeaveWill(willTopic, 0, willTopic.capacity());
    }

    private byte[] willSource(ClientTerms accepted) {
        AccessChecks access = accepted.access();
        return access == null || !connect.willRetain() ? new byte[0] : access.source();
    }

    private int writeWill(long connection, int at, byte[] source) {
        Properties properties = connect.willProperties();
        boolean expires = properties.has(Property.MESSAGE_EXPIRY_INTERVAL);
        int flags = connect.willQos()
                | (connect.willRetain() ? PublishCommand.FLAG_RETAIN : 0)
                | (source.length == 0 ? 0 : PublishCommand.FLAG_SOURCE)
                | (expires ? PublishCommand.FLAG_EXPIRES : 0);
        int propertiesLength = connect.forwardedWillPropertiesLength();
        int payloadLength = connect.willPayloadLength();
        CommandHeader.write(command, at, CommandType.PUBLISH, 0, gateway, connection);
        PublishCommand.writeFixed(
                command, at, flags, connect.protocolVersion(), 0, Math.max(0, connect.willExpirySeconds()));
        int topicLength = willTopic.capacity();
        PublishCommand.writeLengths(command, at, topicLength, propertiesLength, payloadLength);
        int to = at + PublishCommand.FIXED_LENGTH;
        command.putBytes(to, willTopic, 0, topicLength);
        to += topicLength;
        to += connect.copyWillProperties(command, to);
        command.putBytes(to, connect.buffer(), connect.willPayloadOffset(), payloadLength);
        return PublishCommand.writeSource(command, to + payloadLength, source) - at;
    }
}
