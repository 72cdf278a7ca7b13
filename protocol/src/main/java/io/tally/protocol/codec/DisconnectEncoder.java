package io.tally.protocol.codec;

import org.agrona.MutableDirectBuffer;

/** Writes DISCONNECT (section 3.14) in the shortest form. A server sends none before 5.0. */
public final class DisconnectEncoder {
    /** No DISCONNECT without properties is longer, in bytes. */
    public static final int LENGTH_MAX = 3;

    private DisconnectEncoder() {}

    /** Writes the packet; returns its length in bytes. The reason code is left out before 5.0. */
    public static int encode(int version, int reasonCode, MutableDirectBuffer b, int index) {
        boolean isShort = reasonCode == 0 || version != ProtocolVersion.V5;
        int at = Wire.putHeader(b, index, PacketType.DISCONNECT, 0, isShort ? 0 : 1);
        if (isShort) {
            return at - index;
        }
        b.putByte(at, (byte) reasonCode);
        return at + 1 - index;
    }

    /** Of the packet that {@link #encodeLong} writes, in bytes. */
    public static int encodedLength(PropertyWriter properties) {
        return Wire.packetLength(1 + properties.encodedLength());
    }

    /** Writes the long form of 5.0; returns its length in bytes. */
    public static int encodeLong(int reasonCode, PropertyWriter properties, MutableDirectBuffer b, int index) {
        int at = Wire.putHeader(b, index, PacketType.DISCONNECT, 0, 1 + properties.encodedLength());
        b.putByte(at, (byte) reasonCode);
        return properties.encode(b, at + 1) - index;
    }
}
