package io.tally.protocol.codec;

import org.agrona.MutableDirectBuffer;

/** Writes AUTH (section 3.15; 5.0 only). */
public final class AuthEncoder {
    private AuthEncoder() {}

    /** Writes the packet; the properties hold the Authentication Method. Returns its length in bytes. */
    public static int encode(int reasonCode, PropertyWriter properties, MutableDirectBuffer b, int index) {
        int at = Wire.putHeader(b, index, PacketType.AUTH, 0, 1 + properties.encodedLength());
        b.putByte(at, (byte) reasonCode);
        return properties.encode(b, at + 1) - index;
    }
}
