package io.tally.protocol.codec;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Decodes a packet of any type and, when it is valid, reads everything that its decoder offers. */
final class AnyDecoder {
    private final Direction direction;
    private final ConnectDecoder connect = new ConnectDecoder();
    private final ConnackDecoder connack = new ConnackDecoder();
    private final PublishDecoder publish;
    private final AckDecoder ack;
    private final SubscribeDecoder subscribe = new SubscribeDecoder();
    private final UnsubscribeDecoder unsubscribe = new UnsubscribeDecoder();
    private final SubackDecoder suback = new SubackDecoder();
    private final DisconnectDecoder disconnect;
    private final AuthDecoder auth;
    private final PropertyCursor cursor = new PropertyCursor();
    private final UnsafeBuffer copies = new UnsafeBuffer(new byte[1 << 17]);
    private int read;

    AnyDecoder(Direction direction) {
        this.direction = direction;
        publish = new PublishDecoder(direction);
        ack = new AckDecoder(direction);
        disconnect = new DisconnectDecoder(direction);
        auth = new AuthDecoder(direction);
    }

    /** Something that depends on all that was read, so that nothing is optimised away. */
    int read() {
        return read;
    }

    /** Takes a whole packet, fixed header included. */
    ReasonCode decode(int version, byte[] packet) {
        UnsafeBuffer buffer = new UnsafeBuffer(packet);
        long frame = FrameDecoder.decode(buffer, 0, packet.length);
        if (frame < 0 || FrameDecoder.packetLength(frame) != packet.length) {
            return ReasonCode.MALFORMED_PACKET;
        }
        return decode(
                version, packet[0], buffer, FrameDecoder.headerLength(frame), FrameDecoder.remainingLength(frame));
    }

    /** Takes what follows the fixed header. */
    ReasonCode decode(int version, int firstByte, DirectBuffer b, int offset, int length) {
        int type = PacketType.of(firstByte);
        int flags = firstByte & 0xF;
        ReasonCode reason = switch (type) {
            case PacketType.CONNECT -> connect.wrap(flags, b, offset, length);
            case PacketType.CONNACK -> connack.wrap(version, flags, b, offset, length);
            case PacketType.PUBLISH -> publish.wrap(version, flags, b, offset, length);
            case PacketType.SUBSCRIBE -> subscribe.wrap(version, flags, b, offset, length);
            case PacketType.UNSUBSCRIBE -> unsubscribe.wrap(version, flags, b, offset, length);
            case PacketType.SUBACK, PacketType.UNSUBACK -> suback.wrap(version, firstByte, b, offset, length);
            case PacketType.PINGREQ, PacketType.PINGRESP -> PingDecoder.check(version, firstByte, length);
            case PacketType.DISCONNECT -> disconnect.wrap(version, flags, b, offset, length);
            case PacketType.AUTH -> auth.wrap(version, flags, b, offset, length);
            default -> ack.wrap(version, firstByte, b, offset, length);
        };
        if (reason == ReasonCode.SUCCESS) {
            read += readAll(type);
        }
        return reason;
    }

    private int readAll(int type) {
        return switch (type) {
            case PacketType.CONNECT -> readConnect();
            case PacketType.CONNACK -> connack.reasonCode() + readProperties(connack.properties());
            case PacketType.PUBLISH -> readPublish();
            case PacketType.SUBSCRIBE -> readSubscribe();
            case PacketType.UNSUBSCRIBE -> readUnsubscribe();
            case PacketType.SUBACK, PacketType.UNSUBACK -> readSuback();
            case PacketType.PINGREQ, PacketType.PINGRESP -> 1;
            case PacketType.DISCONNECT ->
                disconnect.reasonCode()
                        + (int) disconnect.sessionExpirySeconds()
                        + readProperties(disconnect.properties());
            case PacketType.AUTH -> auth.reasonCode() + readProperties(auth.properties());
            default -> ack.packetId() + ack.reasonCode() + readProperties(ack.properties());
        };
    }

    private int readConnect() {
        int sum = connect.clientId().length() + connect.userName().length() + connect.password().length;
        sum += connect.keepAliveSeconds() + connect.receiveMaximum() + connect.maximumPacketSize();
        sum += connect.topicAliasMaximum() + (int) connect.sessionExpirySeconds();
        sum += connect.requestProblemInformation() || connect.requestResponseInformation() ? 1 : 0;
        if (connect.hasWill()) {
            sum += connect.willTopic().length() + connect.willQos() + (int) connect.willDelaySeconds();
            sum += connect.buffer()
                    .getStringWithoutLengthAscii(connect.willPayloadOffset(), connect.willPayloadLength())
                    .length();
            sum += (int) connect.willExpirySeconds() + connect.copyWillProperties(copies, 0);
            sum += connect.forwardedWillPropertiesLength() + readProperties(connect.willProperties());
        }
        return sum + readProperties(connect.properties());
    }

    private int readPublish() {
        int sum = publish.topic().length() + publish.topicAlias() + publish.packetId() + publish.commandFlags();
        sum += (int) publish.expirySeconds() + publish.copyForwardedProperties(copies, 0);
        sum += publish.forwardedPropertiesLength() + publish.topicLevels();
        copies.putBytes(0, publish.buffer(), publish.payloadOffset(), publish.payloadLength());
        return sum + readProperties(publish.properties());
    }

    private int readSubscribe() {
        int sum = subscribe.packetId() + subscribe.subscriptionId() + readProperties(subscribe.properties());
        for (int i = subscribe.filterCount(); i > 0; i--) {
            if (!subscribe.nextFilter()) {
                throw new AssertionError("fewer filters than counted");
            }
            sum += subscribe.filter().length() + subscribe.options() + subscribe.levels();
            sum += subscribe.isShared() || subscribe.noLocal() || subscribe.retainAsPublished() ? 1 : 0;
        }
        return sum + (subscribe.nextFilter() ? 1 : 0);
    }

    private int readUnsubscribe() {
        int sum = unsubscribe.packetId() + readProperties(unsubscribe.properties());
        for (int i = unsubscribe.filterCount(); i > 0; i--) {
            if (!unsubscribe.nextFilter()) {
                throw new AssertionError("fewer filters than counted");
            }
            sum += unsubscribe.filter().length() + unsubscribe.levels();
        }
        return sum;
    }

    private int readSuback() {
        int sum = suback.packetId() + readProperties(suback.properties());
        for (int i = 0; i < suback.count(); i++) {
            sum += suback.reasonCode(i);
        }
        return sum;
    }

    private int readProperties(Properties properties) {
        int sum = direction == Direction.TO_SERVER ? 1 : 2;
        properties.cursor(cursor);
        while (cursor.next()) {
            switch (Property.type(cursor.id())) {
                case Property.PAIR ->
                    sum += cursor.name().length() + cursor.value().length();
                case Property.STRING, Property.BINARY ->
                    sum += cursor.value().length() + properties.valueLength(cursor.id());
                default -> sum += (int) cursor.number() + (int) properties.number(cursor.id(), 0);
            }
        }
        return sum + properties.lengthWithout(0x5555_5555_5555_5555L);
    }
}
