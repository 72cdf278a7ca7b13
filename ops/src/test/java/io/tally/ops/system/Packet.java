package io.tally.ops.system;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A received control packet: its first byte and what follows the remaining length. The body belongs to the reader and
 * is valid until it reads on.
 */
record Packet(int header, ByteBuffer body) {
    int type() {
        return (header >> 4) & 15;
    }

    int qos() {
        return (header >> 1) & 3;
    }

    boolean dup() {
        return (header & 8) != 0;
    }

    boolean retain() {
        return (header & 1) != 0;
    }

    boolean sessionPresent() {
        return (body.get(0) & 1) != 0;
    }

    /** CONNACK: return code or reason code. */
    int connackCode() {
        return body.get(1) & 0xFF;
    }

    /** Packet id; 0 for a PUBLISH of QoS 0. */
    int id() {
        if (type() != Packets.PUBLISH) {
            return body.getShort(0) & 0xFFFF;
        }
        return qos() == 0 ? 0 : body.getShort(2 + topicLength()) & 0xFFFF;
    }

    /** PUBACK to PUBCOMP: the reason code, 0 when left out. DISCONNECT: likewise. */
    int reason() {
        int at = type() == Packets.DISCONNECT ? 0 : 2;
        return body.limit() > at ? body.get(at) & 0xFF : 0;
    }

    /** SUBACK, UNSUBACK: the code of the last filter. */
    int lastCode() {
        return body.get(body.limit() - 1) & 0xFF;
    }

    String topic() {
        byte[] text = new byte[topicLength()];
        body.get(2, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    ByteBuffer payload(int version) {
        ByteBuffer b = body.duplicate();
        b.position(2 + topicLength() + (qos() == 0 ? 0 : 2));
        if (version == 5) {
            int length = varint(b);
            b.position(b.position() + length);
        }
        return b.slice();
    }

    String payloadText(int version) {
        return StandardCharsets.UTF_8.decode(payload(version)).toString();
    }

    /** CONNACK of MQTT 5: Receive Maximum, 65,535 when left out. */
    int receiveMaximum() {
        ByteBuffer b = body.duplicate();
        b.position(2);
        int end = varint(b) + b.position();
        while (b.position() < end) {
            int property = b.get() & 0xFF;
            if (property == 0x21) {
                return b.getShort() & 0xFFFF;
            }
            skip(property, b);
        }
        return 65_535;
    }

    private static void skip(int property, ByteBuffer b) {
        switch (property) {
            case 0x11, 0x27 -> b.position(b.position() + 4);
            case 0x13, 0x22, 0x21 -> b.position(b.position() + 2);
            case 0x24, 0x25, 0x28, 0x29, 0x2A -> b.position(b.position() + 1);
            case 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F -> skipString(b);
            case 0x26 -> {
                skipString(b);
                skipString(b);
            }
            default -> throw new IllegalStateException("unknown property " + property + " in CONNACK");
        }
    }

    private static void skipString(ByteBuffer b) {
        int length = b.getShort() & 0xFFFF;
        b.position(b.position() + length);
    }

    private static int varint(ByteBuffer b) {
        int value = 0;
        int shift = 0;
        int digit;
        do {
            digit = b.get();
            value |= (digit & 127) << shift;
            shift += 7;
        } while ((digit & 128) != 0);
        return value;
    }

    private int topicLength() {
        return body.getShort(0) & 0xFFFF;
    }
}
