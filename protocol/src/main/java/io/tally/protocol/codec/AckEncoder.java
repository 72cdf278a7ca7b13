package io.tally.protocol.codec;

import io.tally.protocol.Invariant;
import org.agrona.MutableDirectBuffer;

/** Writes PUBACK, PUBREC, PUBREL and PUBCOMP in the shortest form (sections 3.4 to 3.7). Allocates nothing. */
public final class AckEncoder {
    /** No acknowledgement without properties is longer, in bytes. */
    public static final int LENGTH_MAX = 5;

    private AckEncoder() {}

    /**
     * Writes the packet; returns its length in bytes. The reason code is left out before 5.0.
     *
     * @param type {@link PacketType#PUBACK} to {@link PacketType#PUBCOMP}
     */
    public static int encode(int version, int type, int packetId, int reasonCode, MutableDirectBuffer b, int index) {
        Invariant.check(packetId > 0 && packetId <= 65_535, "packet id", packetId);
        boolean isShort = reasonCode == 0 || version != ProtocolVersion.V5;
        int at = Wire.putHeader(b, index, type, PacketType.flags(type), isShort ? 2 : 3);
        at = Wire.putShort(b, at, packetId);
        if (isShort) {
            return at - index;
        }
        b.putByte(at, (byte) reasonCode);
        return at + 1 - index;
    }

    /** Of the packet that {@link #encodeLong} writes, in bytes. */
    public static int encodedLength(PropertyWriter properties) {
        return Wire.packetLength(3 + properties.encodedLength());
    }

    /** Writes the long form of 5.0; returns its length in bytes. */
    public static int encodeLong(
            int type, int packetId, int reasonCode, PropertyWriter properties, MutableDirectBuffer b, int index) {
        Invariant.check(packetId > 0 && packetId <= 65_535, "packet id", packetId);
        int at = Wire.putHeader(b, index, type, PacketType.flags(type), 3 + properties.encodedLength());
        at = Wire.putShort(b, at, packetId);
        b.putByte(at, (byte) reasonCode);
        return properties.encode(b, at + 1) - index;
    }
}
