package io.tally.protocol.codec;

import io.tally.protocol.Invariant;
import io.tally.protocol.command.EmptyBuffer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes SUBACK and UNSUBACK (sections 3.9 and 3.11): {@link #begin}, then the fields, then {@link #encodedLength} and
 * {@link #encode}. One instance per thread. Allocates nothing.
 */
public final class SubackEncoder {
    private int version;
    private int type;
    private int packetId;
    private DirectBuffer codes = EmptyBuffer.INSTANCE;
    private int codesOffset;
    private int count;
    private @Nullable PropertyWriter properties;

    /**
     * Starts a packet with nothing in it.
     *
     * @param type {@link PacketType#SUBACK} or {@link PacketType#UNSUBACK}
     */
    public SubackEncoder begin(int version, int type, int packetId) {
        this.version = version;
        this.type = type;
        this.packetId = packetId;
        count = 0;
        properties = null;
        return this;
    }

    /** One byte for each filter, in MQTT 5 terms; failures become 0x80 in 3.1.1, and 0 in 3.1, which knows none. */
    public SubackEncoder reasonCodes(DirectBuffer buffer, int offset, int count) {
        this.codes = buffer;
        this.codesOffset = offset;
        this.count = count;
        return this;
    }

    public SubackEncoder properties(PropertyWriter properties) {
        this.properties = properties;
        return this;
    }

    /** Of the whole packet, in bytes. */
    public int encodedLength() {
        return Wire.packetLength(remainingLength());
    }

    private int remainingLength() {
        if (version == ProtocolVersion.V5) {
            return 2 + Wire.propertiesLength(properties) + count;
        }
        return type == PacketType.UNSUBACK ? 2 : 2 + count;
    }

    /** Writes the packet; returns its length in bytes. */
    public int encode(MutableDirectBuffer b, int index) {
        Invariant.check(packetId > 0 && packetId <= 65_535, "packet id", packetId);
        int at = Wire.putHeader(b, index, type, 0, remainingLength());
        at = Wire.putShort(b, at, packetId);
        if (version == ProtocolVersion.V5) {
            at = Wire.putProperties(b, at, properties);
            b.putBytes(at, codes, codesOffset, count);
            at += count;
        } else if (type == PacketType.SUBACK) {
            at = putReturnCodes(b, at);
        }
        return at - index;
    }

    private int putReturnCodes(MutableDirectBuffer b, int index) {
        int failure = version == ProtocolVersion.V3_1 ? 0 : ReasonCode.UNSPECIFIED_ERROR.code();
        for (int i = 0; i < count; i++) {
            int code = codes.getByte(codesOffset + i) & 0xFF;
            b.putByte(index + i, (byte) (ReasonCode.isFailure(code) ? failure : code));
        }
        return index + count;
    }
}
