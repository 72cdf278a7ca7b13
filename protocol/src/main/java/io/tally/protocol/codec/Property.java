package io.tally.protocol.codec;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;

/** The properties of MQTT 5.0 (Table 2-4): identifiers, types, and which packet may carry which. Allocates nothing. */
public final class Property {
    public static final int PAYLOAD_FORMAT_INDICATOR = 0x01;
    public static final int MESSAGE_EXPIRY_INTERVAL = 0x02;
    public static final int CONTENT_TYPE = 0x03;
    public static final int RESPONSE_TOPIC = 0x08;
    public static final int CORRELATION_DATA = 0x09;
    public static final int SUBSCRIPTION_IDENTIFIER = 0x0B;
    public static final int SESSION_EXPIRY_INTERVAL = 0x11;
    public static final int ASSIGNED_CLIENT_IDENTIFIER = 0x12;
    public static final int SERVER_KEEP_ALIVE = 0x13;
    public static final int AUTHENTICATION_METHOD = 0x15;
    public static final int AUTHENTICATION_DATA = 0x16;
    public static final int REQUEST_PROBLEM_INFORMATION = 0x17;
    public static final int WILL_DELAY_INTERVAL = 0x18;
    public static final int REQUEST_RESPONSE_INFORMATION = 0x19;
    public static final int RESPONSE_INFORMATION = 0x1A;
    public static final int SERVER_REFERENCE = 0x1C;
    public static final int REASON_STRING = 0x1F;
    public static final int RECEIVE_MAXIMUM = 0x21;
    public static final int TOPIC_ALIAS_MAXIMUM = 0x22;
    public static final int TOPIC_ALIAS = 0x23;
    public static final int MAXIMUM_QOS = 0x24;
    public static final int RETAIN_AVAILABLE = 0x25;
    public static final int USER_PROPERTY = 0x26;
    public static final int MAXIMUM_PACKET_SIZE = 0x27;
    public static final int WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28;
    public static final int SUBSCRIPTION_IDENTIFIER_AVAILABLE = 0x29;
    public static final int SHARED_SUBSCRIPTION_AVAILABLE = 0x2A;

    /** One above the largest identifier. */
    static final int COUNT = 0x2B;

    /** Stands for the will properties of CONNECT where a packet type is asked for. */
    public static final int WILL = 0;

    static final byte BYTE = 1;
    static final byte TWO_BYTES = 2;
    static final byte FOUR_BYTES = 3;
    static final byte VARINT = 4;
    static final byte STRING = 5;
    static final byte BINARY = 6;
    static final byte PAIR = 7;

    private static final byte[] TYPES = new byte[COUNT];
    private static final long[] ALLOWED = new long[16];

    static {
        type(BYTE, 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A);
        type(TWO_BYTES, 0x13, 0x21, 0x22, 0x23);
        type(FOUR_BYTES, 0x02, 0x11, 0x18, 0x27);
        type(VARINT, 0x0B);
        type(STRING, 0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F);
        type(BINARY, 0x09, 0x16);
        type(PAIR, 0x26);
        allow(PacketType.CONNECT, 0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27);
        allow(WILL, 0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26);
        allow(
                PacketType.CONNACK,
                0x11,
                0x12,
                0x13,
                0x15,
                0x16,
                0x1A,
                0x1C,
                0x1F,
                0x21,
                0x22,
                0x24,
                0x25,
                0x26,
                0x27,
                0x28,
                0x29,
                0x2A);
        allow(PacketType.PUBLISH, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26);
        allow(PacketType.PUBACK, 0x1F, 0x26);
        allow(PacketType.PUBREC, 0x1F, 0x26);
        allow(PacketType.PUBREL, 0x1F, 0x26);
        allow(PacketType.PUBCOMP, 0x1F, 0x26);
        allow(PacketType.SUBSCRIBE, 0x0B, 0x26);
        allow(PacketType.SUBACK, 0x1F, 0x26);
        allow(PacketType.UNSUBSCRIBE, 0x26);
        allow(PacketType.UNSUBACK, 0x1F, 0x26);
        allow(PacketType.DISCONNECT, 0x11, 0x1C, 0x1F, 0x26);
        allow(PacketType.AUTH, 0x15, 0x16, 0x1F, 0x26);
    }

    private Property() {}

    private static void type(byte type, int... ids) {
        for (int id : ids) {
            TYPES[id] = type;
        }
    }

    private static void allow(int packetType, int... ids) {
        for (int id : ids) {
            ALLOWED[packetType] |= bit(id);
        }
    }

    /** A set of properties is a {@code long} with one bit for each identifier. */
    public static long bit(int id) {
        return 1L << id;
    }

    /** The properties that a packet of this type, or {@link #WILL}, may carry. */
    public static long allowedIn(int packetType) {
        return ALLOWED[packetType];
    }

    static byte type(int id) {
        return TYPES[id];
    }

    /** Bytes of the value that starts here, length prefixes included; −1 when it passes {@code end} or is no number. */
    static int valueLength(int id, DirectBuffer buffer, int at, int end) {
        return switch (TYPES[id]) {
            case BYTE -> fixed(1, at, end);
            case TWO_BYTES -> fixed(2, at, end);
            case FOUR_BYTES -> fixed(4, at, end);
            case VARINT -> varInt(buffer, at, end);
            case STRING, BINARY -> prefixed(buffer, at, end);
            case PAIR -> pair(buffer, at, end);
            default -> -1;
        };
    }

    private static int varInt(DirectBuffer buffer, int at, int end) {
        long packed = VarInt.getShortest(buffer, at, end);
        return packed < 0 ? -1 : VarInt.length(packed);
    }

    private static int pair(DirectBuffer buffer, int at, int end) {
        int first = prefixed(buffer, at, end);
        int second = first < 0 ? -1 : prefixed(buffer, at + first, end);
        return second < 0 ? -1 : first + second;
    }

    private static int fixed(int length, int at, int end) {
        return end - at >= length ? length : -1;
    }

    private static int prefixed(DirectBuffer buffer, int at, int end) {
        if (end - at < 2) {
            return -1;
        }
        int length = 2 + prefix(buffer, at);
        return end - at >= length ? length : -1;
    }

    static int prefix(DirectBuffer buffer, int at) {
        return buffer.getShort(at, BIG_ENDIAN) & 0xFFFF;
    }

    /** The number that starts here; of a valid numeric property. */
    static long number(int id, DirectBuffer buffer, int at) {
        return switch (TYPES[id]) {
            case BYTE -> buffer.getByte(at) & 0xFF;
            case TWO_BYTES -> prefix(buffer, at);
            case FOUR_BYTES -> buffer.getInt(at, BIG_ENDIAN) & 0xFFFF_FFFFL;
            default -> VarInt.value(VarInt.get(buffer, at, at + 4));
        };
    }
}
