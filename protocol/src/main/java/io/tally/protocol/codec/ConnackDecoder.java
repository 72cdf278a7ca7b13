package io.tally.protocol.codec;

import static io.tally.protocol.codec.ReasonCode.MALFORMED_PACKET;
import static io.tally.protocol.codec.ReasonCode.PROTOCOL_ERROR;
import static io.tally.protocol.codec.ReasonCode.SUCCESS;

import org.agrona.DirectBuffer;

/** Reads CONNACK (section 3.2). A view, valid until the next wrap. Allocates nothing but strings. */
public final class ConnackDecoder {
    private static final int RETURN_CODE_MAX = 5;

    private final Properties properties = new Properties();
    private boolean sessionPresent;
    private int reasonCode;

    /** Takes what follows the fixed header, and its flags; anything but SUCCESS says what is wrong. */
    public ReasonCode wrap(int version, int flags, DirectBuffer buffer, int offset, int length) {
        properties.clear();
        boolean v5 = version == ProtocolVersion.V5;
        if ((v5 ? length < 3 : length != 2) || !PacketType.areFlagsValid(version, PacketType.CONNACK, flags)) {
            return MALFORMED_PACKET;
        }
        int acknowledgeFlags = version == ProtocolVersion.V3_1 ? 0 : buffer.getByte(offset);
        if ((acknowledgeFlags & ~1) != 0) {
            return MALFORMED_PACKET;
        }
        sessionPresent = acknowledgeFlags == 1;
        reasonCode = buffer.getByte(offset + 1) & 0xFF;
        ReasonCode reason = v5 ? wrapProperties(buffer, offset + 2, offset + length) : translate();
        return reason == SUCCESS && sessionPresent && reasonCode != 0 ? PROTOCOL_ERROR : reason;
    }

    private ReasonCode translate() {
        if (reasonCode > RETURN_CODE_MAX) {
            return PROTOCOL_ERROR;
        }
        reasonCode = ReasonCodes.ofReturnCode(reasonCode).code();
        return SUCCESS;
    }

    private ReasonCode wrapProperties(DirectBuffer buffer, int at, int end) {
        ReasonCode reason = properties.wrap(PacketType.CONNACK, buffer, at, end);
        if (reason != SUCCESS) {
            return reason;
        }
        if (properties.end() != end) {
            return MALFORMED_PACKET;
        }
        boolean dataWithoutMethod =
                properties.has(Property.AUTHENTICATION_DATA) && !properties.has(Property.AUTHENTICATION_METHOD);
        boolean allowed = ReasonCodes.isAllowed(Direction.TO_CLIENT, PacketType.CONNACK, reasonCode);
        return allowed && !dataWithoutMethod ? SUCCESS : PROTOCOL_ERROR;
    }

    /** Always false for 3.1, which does not know it. */
    public boolean sessionPresent() {
        return sessionPresent;
    }

    /** In MQTT 5 terms, 0 to 255; return codes of 3.1 and 3.1.1 are translated. */
    public int reasonCode() {
        return reasonCode;
    }

    public Properties properties() {
        return properties;
    }
}
