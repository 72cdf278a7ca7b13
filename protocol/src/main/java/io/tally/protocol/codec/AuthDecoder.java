package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

import org.agrona.DirectBuffer;

/** Reads AUTH (section 3.15; 5.0 only). A view, valid until the next wrap. Allocates nothing but strings. */
public final class AuthDecoder {
    private final Direction direction;
    private final Properties properties = new Properties();
    private int reasonCode;

    public AuthDecoder(Direction direction) {
        this.direction = direction;
    }

    /** Takes what follows the fixed header, and its flags; anything but SUCCESS says what is wrong. */
    public ReasonCode wrap(int version, int flags, DirectBuffer buffer, int offset, int length) {
        reasonCode = 0;
        properties.clear();
        if (version != ProtocolVersion.V5 || flags != 0) {
            return MALFORMED_PACKET;
        }
        if (length == 0) {
            return allowed() ? SUCCESS : PROTOCOL_ERROR;
        }
        reasonCode = buffer.getByte(offset) & 0xFF;
        ReasonCode reason = properties.wrap(PacketType.AUTH, buffer, offset + 1, offset + length);
        if (reason != SUCCESS) {
            return reason;
        }
        if (properties.end() != offset + length) {
            return MALFORMED_PACKET;
        }
        return allowed() && properties.has(Property.AUTHENTICATION_METHOD) ? SUCCESS : PROTOCOL_ERROR;
    }

    private boolean allowed() {
        return ReasonCodes.isAllowed(direction, PacketType.AUTH, reasonCode);
    }

    public int reasonCode() {
        return reasonCode;
    }

    public Properties properties() {
        return properties;
    }
}
