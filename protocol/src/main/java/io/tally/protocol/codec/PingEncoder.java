package io.tally.protocol.codec;

import org.agrona.MutableDirectBuffer;

/** Writes PINGREQ and PINGRESP (sections 3.12 and 3.13). Allocates nothing. */
public final class PingEncoder {
    /** Of either packet, in bytes. */
    public static final int LENGTH = 2;

    private PingEncoder() {}

    public static int encodeRequest(MutableDirectBuffer b, int index) {
        return Wire.putHeader(b, index, PacketType.PINGREQ, 0, 0) - index;
    }

    public static int encodeResponse(MutableDirectBuffer b, int index) {
        return Wire.putHeader(b, index, PacketType.PINGRESP, 0, 0) - index;
    }
}
