package io.tally.protocol.codec;

/** The control packets: the high four bits of the first byte. */
public final class PacketType {
    public static final int CONNECT = 1;
    public static final int CONNACK = 2;
    public static final int PUBLISH = 3;
    public static final int PUBACK = 4;
    public static final int PUBREC = 5;
    public static final int PUBREL = 6;
    public static final int PUBCOMP = 7;
    public static final int SUBSCRIBE = 8;
    public static final int SUBACK = 9;
    public static final int UNSUBSCRIBE = 10;
    public static final int UNSUBACK = 11;
    public static final int PINGREQ = 12;
    public static final int PINGRESP = 13;
    public static final int DISCONNECT = 14;
    public static final int AUTH = 15;

    private static final String[] NAMES = {
        "reserved",
        "CONNECT",
        "CONNACK",
        "PUBLISH",
        "PUBACK",
        "PUBREC",
        "PUBREL",
        "PUBCOMP",
        "SUBSCRIBE",
        "SUBACK",
        "UNSUBSCRIBE",
        "UNSUBACK",
        "PINGREQ",
        "PINGRESP",
        "DISCONNECT",
        "AUTH"
    };

    private PacketType() {}

    /** Type of the packet that starts with this byte. */
    public static int of(int firstByte) {
        return firstByte >> 4 & 0xF;
    }

    /** As MQTT writes it, for people. */
    public static String name(int type) {
        return NAMES[type & 0xF];
    }

    /** The flags that every packet of this type but PUBLISH carries ([MQTT-2.1.3-1]). */
    static int flags(int type) {
        return type == PUBREL || type == SUBSCRIBE || type == UNSUBSCRIBE ? 2 : 0;
    }

    /**
     * Whether a packet other than PUBLISH may carry these flags. MQTT 3.1 calls them unused or, on PUBREL, SUBSCRIBE
     * and UNSUBSCRIBE, lets a client set DUP: there they are not looked at.
     */
    static boolean areFlagsValid(int version, int type, int flags) {
        return version == ProtocolVersion.V3_1 || flags == flags(type);
    }
}
