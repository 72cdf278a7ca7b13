package io.tally.protocol.codec;

import org.agrona.MutableDirectBuffer;

/** Writes CONNACK (section 3.2). */
public final class ConnackEncoder {
    private ConnackEncoder() {}

    /**
     * Writes the packet; returns its length in bytes. Before 5.0 the properties are left out, and nothing is written (0
     * is returned) when there is no return code for the reason: then the connection is closed without CONNACK.
     */
    public static int encode(
            int version,
            boolean sessionPresent,
            ReasonCode reason,
            PropertyWriter properties,
            MutableDirectBuffer b,
            int index) {
        boolean v5 = version == ProtocolVersion.V5;
        int code = v5 ? reason.code() : ReasonCodes.returnCode(reason);
        if (code == ReasonCodes.NO_RETURN_CODE) {
            return 0;
        }
        int at = Wire.putHeader(b, index, PacketType.CONNACK, 0, v5 ? 2 + properties.encodedLength() : 2);
        b.putByte(at, (byte) (sessionPresent && code == 0 && version != ProtocolVersion.V3_1 ? 1 : 0));
        b.putByte(at + 1, (byte) code);
        return (v5 ? properties.encode(b, at + 2) : at + 2) - index;
    }

    /** Of the packet that {@link #encode} writes for 5.0, in bytes. */
    public static int encodedLength(PropertyWriter properties) {
        return Wire.packetLength(2 + properties.encodedLength());
    }
}
