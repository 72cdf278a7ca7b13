package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

import org.agrona.DirectBuffer;

/** Reads DISCONNECT (section 3.14). A view, valid until the next wrap. Allocates nothing but strings. */
public final class DisconnectDecoder {
    /** {@link #sessionExpirySeconds()}: what CONNECT said holds. */
    public static final long ABSENT = -1;

    private final Direction direction;
    private final Properties properties = new Properties();
    private int reasonCode;

    public DisconnectDecoder(Direction direction) {
        this.direction = direction;
    }

    /** Takes what follows the fixed header, and its flags; anything but SUCCESS says what is wrong. */
    public ReasonCode wrap(int version, int flags, DirectBuffer buffer, int offset, int length) {
        reasonCode = 0;
        properties.clear();
        if (!PacketType.areFlagsValid(version, PacketType.DISCONNECT, flags)
                || (version != ProtocolVersion.V5 && length != 0)) {
            return MALFORMED_PACKET;
        }
        if (version != ProtocolVersion.V5 && direction == Direction.TO_CLIENT) {
            return PROTOCOL_ERROR;
        }
        return length == 0 ? SUCCESS : wrapLong(buffer, offset, length);
    }

    private ReasonCode wrapLong(DirectBuffer buffer, int offset, int length) {
        reasonCode = buffer.getByte(offset) & 0xFF;
        if (length > 1) {
            ReasonCode reason = properties.wrap(PacketType.DISCONNECT, buffer, offset + 1, offset + length);
            if (reason != SUCCESS) {
                return reason;
            }
            if (properties.end() != offset + length) {
                return MALFORMED_PACKET;
            }
        }
        boolean expiryFromServer = direction == Direction.TO_CLIENT && properties.has(Property.SESSION_EXPIRY_INTERVAL);
        boolean allowed = ReasonCodes.isAllowed(direction, PacketType.DISCONNECT, reasonCode);
        return allowed && !expiryFromServer ? SUCCESS : PROTOCOL_ERROR;
    }

    /** In MQTT 5 terms, 0 to 255; 0 before 5.0. */
    public int reasonCode() {
        return reasonCode;
    }

    /** Session Expiry Interval, or {@link #ABSENT}. */
    public long sessionExpirySeconds() {
        return properties.number(Property.SESSION_EXPIRY_INTERVAL, ABSENT);
    }

    public Properties properties() {
        return properties;
    }
}
