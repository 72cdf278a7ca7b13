package io.tally.protocol.codec;

import static io.tally.protocol.codec.Direction.TO_SERVER;

import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Random valid packets of every type, version and direction. */
final class SamplePackets {
    private static final int[] TYPES_TO_SERVER = {1, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15};
    private static final int[] TYPES_TO_CLIENT = {2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 15};
    private static final long ENCODED_BY_PUBLISH =
            Property.bit(Property.MESSAGE_EXPIRY_INTERVAL) | Property.bit(Property.SUBSCRIPTION_IDENTIFIER);

    private final MutableDirectBuffer buffer = new UnsafeBuffer(new byte[1 << 16]);
    private final RandomFields fields;

    SamplePackets(SplittableRandom random) {
        fields = new RandomFields(random);
    }

    /** The next packet, fixed header included. */
    byte[] next(int version, Direction direction) {
        int type = fields.oneOf(direction == TO_SERVER ? TYPES_TO_SERVER : TYPES_TO_CLIENT);
        boolean onlyV5 = type == PacketType.AUTH || (type == PacketType.DISCONNECT && direction != TO_SERVER);
        byte[] packet = new byte[encode(onlyV5 && version != 5 ? PacketType.PUBLISH : type, version, direction)];
        buffer.getBytes(0, packet);
        return packet;
    }

    private int encode(int type, int version, Direction direction) {
        return switch (type) {
            case PacketType.CONNECT -> connect(version);
            case PacketType.CONNACK -> connack(version);
            case PacketType.PUBLISH -> publish(version, direction);
            case PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE -> subscribe(version, type);
            case PacketType.SUBACK, PacketType.UNSUBACK -> suback(version, type);
            case PacketType.PINGREQ -> PingEncoder.encodeRequest(buffer, 0);
            case PacketType.PINGRESP -> PingEncoder.encodeResponse(buffer, 0);
            case PacketType.DISCONNECT -> disconnect(version, direction);
            case PacketType.AUTH ->
                AuthEncoder.encode(0x18, fields.properties(PacketType.AUTH, direction, 0), buffer, 0);
            default -> ack(version, type, direction);
        };
    }

    private int connect(int version) {
        ConnectEncoder encoder = new ConnectEncoder()
                .begin(version, fields.text(30))
                .cleanStart(fields.maybe())
                .keepAliveSeconds(fields.upTo(65_535))
                .properties(fields.properties(PacketType.CONNECT, TO_SERVER, 0));
        if (fields.maybe()) {
            encoder.will(fields.topic(), fields.bytes(50), fields.upTo(2), fields.maybe())
                    .willProperties(fields.properties(Property.WILL, TO_SERVER, 0));
        }
        if (fields.maybe()) {
            encoder.userName("u" + fields.text(10)).password(fields.bytes(10));
        }
        return encoder.encode(buffer, 0);
    }

    private int connack(int version) {
        ReasonCode[] reasons = {
            ReasonCode.SUCCESS, ReasonCode.SERVER_UNAVAILABLE, ReasonCode.NOT_AUTHORIZED, ReasonCode.BANNED
        };
        PropertyWriter properties = fields.properties(PacketType.CONNACK, Direction.TO_CLIENT, 0);
        return ConnackEncoder.encode(version, fields.maybe(), fields.oneOf(reasons), properties, buffer, 0);
    }

    private int publish(int version, Direction direction) {
        PropertyWriter properties = fields.properties(PacketType.PUBLISH, direction, ENCODED_BY_PUBLISH);
        UnsafeBuffer topic = new UnsafeBuffer(Wire.utf8(fields.topic()));
        UnsafeBuffer payload = new UnsafeBuffer(fields.bytes(200));
        UnsafeBuffer ids = new UnsafeBuffer(new byte[8]);
        ids.putInt(0, 1 + fields.upTo(300), ByteOrder.LITTLE_ENDIAN);
        ids.putInt(4, VarInt.MAX, ByteOrder.LITTLE_ENDIAN);
        int qos = fields.upTo(2);
        return new PublishEncoder()
                .begin(version, qos | fields.oneOf(0, 4) | (qos == 0 ? 0 : fields.oneOf(0, 8)), fields.packetId())
                .topic(topic, 0, topic.capacity())
                .properties(properties.buffer(), 0, properties.length())
                .payload(payload, 0, payload.capacity())
                .expirySeconds(fields.oneOf(-1, 0, 77, Integer.MAX_VALUE))
                .subscriptionIds(ids, 0, direction == TO_SERVER ? 0 : fields.upTo(2))
                .encode(buffer, 0);
    }

    private int ack(int version, int type, Direction direction) {
        int failure = type == PacketType.PUBACK || type == PacketType.PUBREC ? 0x97 : 0x92;
        int code = fields.oneOf(0, failure);
        if (version != ProtocolVersion.V5 || fields.maybe()) {
            return AckEncoder.encode(version, type, fields.packetId(), code, buffer, 0);
        }
        PropertyWriter properties = fields.properties(type, direction, 0);
        return AckEncoder.encodeLong(type, fields.packetId(), code, properties, buffer, 0);
    }

    private int subscribe(int version, int type) {
        SubscribeEncoder encoder = new SubscribeEncoder()
                .begin(version, type, fields.packetId())
                .properties(fields.properties(type, TO_SERVER, 0));
        for (int i = fields.upTo(3); i >= 0; i--) {
            if (type == PacketType.UNSUBSCRIBE) {
                encoder.filter(fields.maybe() ? fields.filter() : "$share/g/" + fields.filter());
            } else if (fields.maybe()) {
                encoder.filter("$share/g/" + fields.filter(), fields.upTo(2));
            } else {
                encoder.filter(
                        fields.filter(), fields.upTo(2) | (version == 5 ? fields.oneOf(0, 4, 8, 16, 32, 44) : 0));
            }
        }
        return encoder.encode(buffer, 0);
    }

    private int suback(int version, int type) {
        byte[] codes = new byte[1 + fields.upTo(5)];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (byte) (type == PacketType.SUBACK ? fields.oneOf(0, 1, 2, 0x80, 0x8F) : fields.oneOf(0, 0x11));
        }
        return new SubackEncoder()
                .begin(version, type, fields.packetId())
                .reasonCodes(new UnsafeBuffer(codes), 0, codes.length)
                .properties(fields.properties(type, Direction.TO_CLIENT, 0))
                .encode(buffer, 0);
    }

    private int disconnect(int version, Direction direction) {
        int code = fields.oneOf(0, 0x81, 0x98);
        if (version != ProtocolVersion.V5 || fields.maybe()) {
            return DisconnectEncoder.encode(version, code, buffer, 0);
        }
        return DisconnectEncoder.encodeLong(code, fields.properties(PacketType.DISCONNECT, direction, 0), buffer, 0);
    }
}
