package io.tally.protocol.gateway;

import io.tally.protocol.codec.AckDecoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.DisconnectDecoder;
import io.tally.protocol.codec.FrameDecoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.PingDecoder;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.ReasonCode;
import org.agrona.DirectBuffer;

/**
 * What clients send after their CONNECT: each packet is judged, and becomes a command or is answered. One per I/O loop,
 * owned by its thread. Allocates nothing.
 */
final class ClientPackets {
    /** What has become of a packet. */
    enum Outcome {
        /** It is done with. */
        DONE,
        /** It is done with, and something is to be sent. */
        FLUSH,
        /** It does not fit the command ring and has to be offered again. */
        RING_FULL,
        /** Its answer must wait for CONNACK ([MQTT-3.2.0-1]): it has to be offered again. */
        CONNACK_FIRST,
        /** The connection is to be closed with {@link #reason}. */
        WRONG,
        /** The client has ended the connection with {@link #reason}; anything but SUCCESS asks for the will. */
        DISCONNECTED
    }

    private final GatewayConfig config;
    private final CommandWriter commands;
    private final SubscriptionWriter subscriptions;
    private final PublishDecoder publish = new PublishDecoder(Direction.TO_SERVER);
    private final AckDecoder ack = new AckDecoder(Direction.TO_SERVER);
    private final DisconnectDecoder disconnect = new DisconnectDecoder(Direction.TO_SERVER);
    private ReasonCode reason = ReasonCode.SUCCESS;

    ClientPackets(GatewayConfig config, CommandWriter commands) {
        this.config = config;
        this.commands = commands;
        this.subscriptions = new SubscriptionWriter(config, commands.gateway());
    }

    /** Of the packet handled last, see {@link Outcome}. */
    ReasonCode reason() {
        return reason;
    }

    private Outcome wrong(ReasonCode why) {
        reason = why;
        return Outcome.WRONG;
    }

    /** Judges a fixed header (see {@link FrameDecoder}); version 0 stands for the time before the CONNECT. */
    ReasonCode judge(long frame, int version) {
        if (frame == FrameDecoder.MALFORMED) {
            return ReasonCode.MALFORMED_PACKET;
        }
        if (FrameDecoder.packetLength(frame) > (version == 0 ? config.connectBytesMax() : config.packetBytesMax())) {
            return ReasonCode.PACKET_TOO_LARGE;
        }
        boolean strict = version == ProtocolVersion.V5 && !FrameDecoder.isShortest(frame);
        return strict ? ReasonCode.MALFORMED_PACKET : ReasonCode.SUCCESS;
    }

    /** Takes the first byte of the fixed header, and what follows that header. */
    Outcome handle(MqttConnection c, int firstByte, DirectBuffer b, int offset, int length) {
        return switch (PacketType.of(firstByte)) {
            case PacketType.PUBLISH -> onPublish(c, firstByte & 0xF, b, offset, length);
            case PacketType.PUBACK, PacketType.PUBREC, PacketType.PUBREL, PacketType.PUBCOMP ->
                onAck(c, firstByte, b, offset, length);
            case PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE -> onSubscription(c, firstByte, b, offset, length);
            case PacketType.PINGREQ -> onPingreq(c, firstByte, length);
            case PacketType.DISCONNECT -> onDisconnect(c, firstByte & 0xF, b, offset, length);
            // What only a server sends, a second CONNECT ([MQTT-3.1.0-2]), or AUTH without a method ([MQTT-4.12.0-7]).
            default -> wrong(ReasonCode.PROTOCOL_ERROR);
        };
    }

    private Outcome onPublish(MqttConnection c, int flags, DirectBuffer b, int offset, int length) {
        ReasonCode judged = publish.wrap(c.version(), flags, b, offset, length);
        if (judged == ReasonCode.SUCCESS) {
            judged = c.publisher.check(publish);
        }
        if (judged != ReasonCode.SUCCESS) {
            return wrong(judged);
        }
        if (c.commands.hasPubrel() && !c.commands.tryHandOver()) {
            return Outcome.RING_FULL;
        }
        if (publish.qos() == 0 && c.publisher.denial() == ReasonCode.PAYLOAD_FORMAT_INVALID) {
            return wrong(ReasonCode.PAYLOAD_FORMAT_INVALID);
        }
        return c.publisher.tryWrite(publish) ? Outcome.DONE : Outcome.RING_FULL;
    }

    private Outcome onAck(MqttConnection c, int firstByte, DirectBuffer b, int offset, int length) {
        ReasonCode judged = ack.wrap(c.version(), firstByte, b, offset, length);
        if (judged != ReasonCode.SUCCESS) {
            return wrong(judged);
        }
        int kind = PacketType.of(firstByte);
        int packetId = ack.packetId();
        if (kind == PacketType.PUBREL) {
            return onPubrel(c, packetId);
        }
        boolean failed = ReasonCode.isFailure(ack.reasonCode());
        Subscriber s = c.subscriberIfAny();
        if (s == null || !s.expects(kind, packetId, failed)) {
            return onUnexpectedAck(c, kind, packetId, failed);
        }
        if (!c.commands.tryAddAck(kind, ack.reasonCode(), packetId, s.isJournaled(packetId))) {
            return Outcome.RING_FULL;
        }
        s.onAck(kind, packetId, failed);
        return Outcome.FLUSH;
    }

    private Outcome onPubrel(MqttConnection c, int packetId) {
        if (!c.commands.tryAddPubrel(ack.reasonCode(), packetId, c.publisher.isReceived(packetId))) {
            return Outcome.RING_FULL;
        }
        c.publisher.onPubrel(packetId);
        return Outcome.DONE;
    }

    /**
     * Owed for nothing: the engine must not hear of it. A client that waits for PUBREL need not wait on, unless the
     * delivery may be one of an earlier connection that is still to be repeated here.
     */
    private static Outcome onUnexpectedAck(MqttConnection c, int kind, int packetId, boolean failed) {
        if (kind != PacketType.PUBREC || failed) {
            return Outcome.DONE;
        }
        if (c.isConnackDue()) {
            return Outcome.CONNACK_FIRST;
        }
        if (!c.isSessionNew()) {
            return Outcome.DONE;
        }
        c.answers.ack(PacketType.PUBREL, packetId, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND.code());
        return Outcome.FLUSH;
    }

    private Outcome onSubscription(MqttConnection c, int firstByte, DirectBuffer b, int offset, int length) {
        if (!c.commands.tryHandOver()) {
            return Outcome.RING_FULL;
        }
        ReasonCode judged = PacketType.of(firstByte) == PacketType.SUBSCRIBE
                ? subscriptions.subscribe(c, firstByte & 0xF, b, offset, length)
                : subscriptions.unsubscribe(c, firstByte & 0xF, b, offset, length);
        if (judged != ReasonCode.SUCCESS) {
            return wrong(judged);
        }
        boolean written = commands.tryWrite(subscriptions.command(), subscriptions.commandLength());
        return written ? Outcome.DONE : Outcome.RING_FULL;
    }

    private Outcome onPingreq(MqttConnection c, int firstByte, int length) {
        ReasonCode judged = PingDecoder.check(c.version(), firstByte, length);
        if (judged != ReasonCode.SUCCESS) {
            return wrong(judged);
        }
        if (c.isConnackDue()) {
            return Outcome.CONNACK_FIRST;
        }
        c.answers.pingresp();
        return Outcome.FLUSH;
    }

    private Outcome onDisconnect(MqttConnection c, int flags, DirectBuffer b, int offset, int length) {
        ReasonCode judged = disconnect.wrap(c.version(), flags, b, offset, length);
        long expiry = disconnect.sessionExpirySeconds();
        if (judged == ReasonCode.SUCCESS && expiry > 0 && c.hasNoExpiry()) {
            judged = ReasonCode.PROTOCOL_ERROR; // 3.14.2.2.2
        }
        if (judged != ReasonCode.SUCCESS) {
            return wrong(judged);
        }
        if (c.isConnackDue()) {
            return Outcome.CONNACK_FIRST; // [MQTT-3.1.4-5]
        }
        if (expiry != DisconnectDecoder.ABSENT) {
            c.commands.disconnectedExpiry(expiry);
        }
        ReasonCode said = ReasonCode.of(disconnect.reasonCode());
        reason = said == null ? ReasonCode.UNSPECIFIED_ERROR : said;
        return Outcome.DISCONNECTED;
    }
}
