package io.tally.protocol.codec;

import io.tally.protocol.command.EmptyBuffer;
import org.agrona.DirectBuffer;

/**
 * Reads PUBACK, PUBREC, PUBREL and PUBCOMP (sections 3.4 to 3.7), short forms included. A view, valid until the next
 * wrap. Allocates nothing.
 */
public final class AckDecoder {
    private final Direction direction;
    private final Properties properties = new Properties();
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int packetId;
    private int reasonCode;

    public AckDecoder(Direction direction) {
        this.direction = direction;
    }

    /**
     * Takes what follows the fixed header; anything but SUCCESS says what is wrong.
     *
     * @param firstByte of the packet: type and flags
     */
    public ReasonCode wrap(int version, int firstByte, DirectBuffer buffer, int offset, int length) {
        int type = PacketType.of(firstByte);
        this.buffer = buffer;
        properties.clear();
        reasonCode = 0;
        boolean formed = version == ProtocolVersion.V5 ? length >= 2 : length == 2;
        if (!formed || !PacketType.areFlagsValid(version, type, firstByte & 0xF)) {
            return ReasonCode.MALFORMED_PACKET;
        }
        packetId = Property.prefix(buffer, offset);
        if (length > 2) {
            ReasonCode reason = wrapLong(type, offset + 2, offset + length);
            if (reason != ReasonCode.SUCCESS) {
                return reason;
            }
        }
        return packetId == 0 ? ReasonCode.PROTOCOL_ERROR : ReasonCode.SUCCESS;
    }

    private ReasonCode wrapLong(int type, int offset, int end) {
        reasonCode = buffer.getByte(offset) & 0xFF;
        if (end - offset > 1) {
            ReasonCode reason = properties.wrap(type, buffer, offset + 1, end);
            if (reason != ReasonCode.SUCCESS) {
                return reason;
            }
            if (properties.end() != end) {
                return ReasonCode.MALFORMED_PACKET;
            }
        }
        return ReasonCodes.isAllowed(direction, type, reasonCode) ? ReasonCode.SUCCESS : ReasonCode.PROTOCOL_ERROR;
    }

    public int packetId() {
        return packetId;
    }

    /** In MQTT 5 terms, 0 to 255; 0 before 5.0. */
    public int reasonCode() {
        return reasonCode;
    }

    public Properties properties() {
        return properties;
    }
}
