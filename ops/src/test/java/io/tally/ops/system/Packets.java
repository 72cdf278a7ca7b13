package io.tally.ops.system;

/** Builds MQTT packets for the tests' own clients; knows nothing of the broker's codec. */
final class Packets {
    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int PUBREC = 5;
    static final int PUBREL = 6;
    static final int PUBCOMP = 7;
    static final int SUBACK = 9;
    static final int UNSUBACK = 11;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;

    private Packets() {}

    /** Flags: DUP 8, RETAIN 1. The id is written for QoS 1 and 2 only; properties are empty. */
    static byte[] publish(int version, String topic, int qos, int flags, int id, byte[] payload) {
        Bytes b = new Bytes().string(topic);
        if (qos > 0) {
            b.u16(id);
        }
        if (version == 5) {
            b.u8(0);
        }
        return b.raw(payload).packet(0x30 | (qos << 1) | flags);
    }

    static byte[] subscribe(int version, int id, String filter, int qos) {
        Bytes b = new Bytes().u16(id);
        if (version == 5) {
            b.u8(0);
        }
        return b.string(filter).u8(qos).packet(0x82);
    }

    static byte[] unsubscribe(int version, int id, String filter) {
        Bytes b = new Bytes().u16(id);
        if (version == 5) {
            b.u8(0);
        }
        return b.string(filter).packet(0xA2);
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP with reason success. */
    static byte[] ack(int type, int id) {
        return new byte[] {(byte) ((type << 4) | (type == PUBREL ? 2 : 0)), 2, (byte) (id >> 8), (byte) id};
    }

    static byte[] pingreq() {
        return new byte[] {(byte) 0xC0, 0};
    }

    static byte[] disconnect() {
        return new byte[] {(byte) 0xE0, 0};
    }
}
