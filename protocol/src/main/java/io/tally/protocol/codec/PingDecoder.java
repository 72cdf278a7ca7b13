package io.tally.protocol.codec;

/** Checks PINGREQ and PINGRESP (sections 3.12 and 3.13), which are a fixed header and nothing else. */
public final class PingDecoder {
    private PingDecoder() {}

    /**
     * Anything but SUCCESS says what is wrong.
     *
     * @param firstByte of the packet: type and flags
     */
    public static ReasonCode check(int version, int firstByte, int length) {
        boolean valid = length == 0 && PacketType.areFlagsValid(version, PacketType.of(firstByte), firstByte & 0xF);
        return valid ? ReasonCode.SUCCESS : ReasonCode.MALFORMED_PACKET;
    }
}
