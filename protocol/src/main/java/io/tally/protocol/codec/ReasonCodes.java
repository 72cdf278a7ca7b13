package io.tally.protocol.codec;

import static io.tally.protocol.codec.Direction.TO_CLIENT;
import static io.tally.protocol.codec.Direction.TO_SERVER;

/**
 * Which reason code may stand in which packet ([MQTT-3.2.2-8], [MQTT-3.4.2-1], [MQTT-3.14.2-1] and the like), and the
 * CONNACK return codes of 3.1 and 3.1.1. Allocates nothing.
 */
public final class ReasonCodes {
    /** {@link #returnCode}: MQTT 3.1.1 has no fitting code, so close without CONNACK ([MQTT-3.2.2-6]). */
    public static final int NO_RETURN_CODE = -1;

    private static final ReasonCode[] BY_RETURN_CODE = {
        ReasonCode.SUCCESS,
        ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
        ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
        ReasonCode.SERVER_UNAVAILABLE,
        ReasonCode.BAD_USER_NAME_OR_PASSWORD,
        ReasonCode.NOT_AUTHORIZED
    };

    /** Index: packet type, code. */
    private static final boolean[][] ALLOWED_TO_SERVER = new boolean[16][256];

    private static final boolean[][] ALLOWED_TO_CLIENT = new boolean[16][256];

    static {
        int[] publish = {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99};
        allowBoth(PacketType.PUBACK, publish);
        allowBoth(PacketType.PUBREC, publish);
        allowBoth(PacketType.PUBREL, 0x00, 0x92);
        allowBoth(PacketType.PUBCOMP, 0x00, 0x92);
        allow(
                TO_CLIENT,
                PacketType.CONNACK,
                0x00,
                0x80,
                0x81,
                0x82,
                0x83,
                0x84,
                0x85,
                0x86,
                0x87,
                0x88,
                0x89,
                0x8A,
                0x8C,
                0x90,
                0x95,
                0x97,
                0x99,
                0x9A,
                0x9B,
                0x9C,
                0x9D,
                0x9F);
        allow(TO_CLIENT, PacketType.SUBACK, 0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2);
        allow(TO_CLIENT, PacketType.UNSUBACK, 0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91);
        allowBoth(PacketType.DISCONNECT, 0x00, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99);
        allow(TO_SERVER, PacketType.DISCONNECT, 0x04);
        allow(
                TO_CLIENT,
                PacketType.DISCONNECT,
                0x87,
                0x89,
                0x8B,
                0x8D,
                0x8E,
                0x8F,
                0x9A,
                0x9B,
                0x9C,
                0x9D,
                0x9E,
                0x9F,
                0xA0,
                0xA1,
                0xA2);
        allowBoth(PacketType.AUTH, 0x18);
        allow(TO_SERVER, PacketType.AUTH, 0x19);
        allow(TO_CLIENT, PacketType.AUTH, 0x00);
    }

    private ReasonCodes() {}

    private static void allowBoth(int packetType, int... codes) {
        allow(TO_SERVER, packetType, codes);
        allow(TO_CLIENT, packetType, codes);
    }

    private static void allow(Direction direction, int packetType, int... codes) {
        for (int code : codes) {
            table(direction)[packetType][code] = true;
        }
    }

    private static boolean[][] table(Direction direction) {
        return direction == TO_SERVER ? ALLOWED_TO_SERVER : ALLOWED_TO_CLIENT;
    }

    /** Whether a packet of this type that travels this way may carry the code. */
    public static boolean isAllowed(Direction direction, int packetType, int code) {
        return table(direction)[packetType & 0xF][code & 0xFF];
    }

    /** The return code of a CONNACK before 5.0, or {@link #NO_RETURN_CODE}. */
    public static int returnCode(ReasonCode reason) {
        return switch (reason) {
            case SUCCESS -> 0;
            case UNSUPPORTED_PROTOCOL_VERSION -> 1;
            case CLIENT_IDENTIFIER_NOT_VALID -> 2;
            case SERVER_UNAVAILABLE, SERVER_BUSY, QUOTA_EXCEEDED -> 3;
            case USE_ANOTHER_SERVER, SERVER_MOVED, CONNECTION_RATE_EXCEEDED -> 3;
            case BAD_USER_NAME_OR_PASSWORD -> 4;
            case NOT_AUTHORIZED, BANNED, BAD_AUTHENTICATION_METHOD, PACKET_TOO_LARGE -> 5;
            default -> NO_RETURN_CODE;
        };
    }

    /** The reason that a return code of 0 to 5 stands for. */
    static ReasonCode ofReturnCode(int returnCode) {
        return BY_RETURN_CODE[returnCode];
    }
}
