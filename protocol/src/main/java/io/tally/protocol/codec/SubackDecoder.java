package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

import io.tally.protocol.command.EmptyBuffer;
import org.agrona.DirectBuffer;

/** Reads SUBACK and UNSUBACK (sections 3.9 and 3.11). A view, valid until the next wrap. Allocates nothing. */
public final class SubackDecoder {
    private final Properties properties = new Properties();
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int packetId;
    private int codesOffset;
    private int count;

    /**
     * Takes what follows the fixed header; anything but SUCCESS says what is wrong.
     *
     * @param firstByte of the packet: type and flags
     */
    public ReasonCode wrap(int version, int firstByte, DirectBuffer buffer, int offset, int length) {
        int type = PacketType.of(firstByte);
        this.buffer = buffer;
        count = 0;
        properties.clear();
        if (length < 2 || !PacketType.areFlagsValid(version, type, firstByte & 0xF)) {
            return MALFORMED_PACKET;
        }
        packetId = Property.prefix(buffer, offset);
        codesOffset = offset + 2;
        if (version == ProtocolVersion.V5) {
            ReasonCode reason = properties.wrap(type, buffer, codesOffset, offset + length);
            if (reason != SUCCESS) {
                return reason;
            }
            codesOffset = properties.end();
        }
        count = offset + length - codesOffset;
        if (version != ProtocolVersion.V5 && type == PacketType.UNSUBACK) {
            return checkUnsubackBeforeV5();
        }
        return packetId != 0 && count > 0 && areCodesAllowed(version, type) ? SUCCESS : PROTOCOL_ERROR;
    }

    private ReasonCode checkUnsubackBeforeV5() {
        if (count > 0) {
            return MALFORMED_PACKET;
        }
        return packetId == 0 ? PROTOCOL_ERROR : SUCCESS;
    }

    private boolean areCodesAllowed(int version, int type) {
        for (int i = 0; i < count; i++) {
            int code = reasonCode(i);
            boolean allowed = version == ProtocolVersion.V5
                    ? ReasonCodes.isAllowed(Direction.TO_CLIENT, type, code)
                    : code <= 2 || code == ReasonCode.UNSPECIFIED_ERROR.code();
            if (!allowed) {
                return false;
            }
        }
        return true;
    }

    public int packetId() {
        return packetId;
    }

    /** Number of reason codes; 0 in an UNSUBACK before 5.0. */
    public int count() {
        return count;
    }

    /** Of the filter at this place: granted QoS, or 0x80 and above. */
    public int reasonCode(int index) {
        return buffer.getByte(codesOffset + index) & 0xFF;
    }

    public Properties properties() {
        return properties;
    }
}
