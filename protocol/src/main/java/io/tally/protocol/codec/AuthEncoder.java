package io.tally.protocol.codec;

import org.agrona.MutableDirectBuffer;

/** Writes AUTH (section 3.15; 5.0 only). */
public final class AuthEncoder {
    /** Fixed header and reason code. */
    private static final int HEADER_MAX = 6;

    private AuthEncoder() {}

    /** Length of the packet in bytes, or a little more. */
    public static int encodedLength(PropertyWriter properties) {
        return HEADER_MAX + properties.encodedLength();
    }

    /** Writes the packet; the properties hold the Authentication Method. Returns its length in bytes. */
    public static int encode(int reasonCode, PropertyWriter properties, MutableDirectBuffer b, int index) {
        int at = Wire.putHeader(b, index, PacketType.AUTH, 0, 1 + properties.encodedLength());
        b.putByte(at, (byte) reasonCode);
        return properties.encode(b, at + 1) - index;
    }
}
