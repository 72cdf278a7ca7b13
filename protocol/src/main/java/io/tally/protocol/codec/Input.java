package io.tally.protocol.codec;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.topic.Utf8;
import org.agrona.DirectBuffer;

/**
 * Reads fields one after the other and never passes the end: what is cut off or not well-formed sets {@link #failed},
 * and stays so until the next wrap. Allocates nothing.
 */
final class Input {
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int at;
    private int end;
    private int fieldOffset;
    private int fieldLength;
    private boolean failed;

    void wrap(DirectBuffer buffer, int offset, int length) {
        this.buffer = buffer;
        at = offset;
        end = offset + length;
        failed = false;
    }

    boolean failed() {
        return failed;
    }

    boolean atEnd() {
        return at == end;
    }

    private boolean take(int length) {
        if (failed || end - at < length) {
            failed = true;
            return false;
        }
        at += length;
        return true;
    }

    /** 0 when it has failed. */
    int readByte() {
        return take(1) ? buffer.getByte(at - 1) & 0xFF : 0;
    }

    /** 0 when it has failed. */
    int readShort() {
        return take(2) ? buffer.getShort(at - 2, BIG_ENDIAN) & 0xFFFF : 0;
    }

    /** Reads a length and that many bytes, which {@link #fieldOffset} and {@link #fieldLength} then give. */
    void readBinary() {
        fieldLength = readShort();
        fieldOffset = at;
        if (!take(fieldLength)) {
            fieldLength = 0;
        }
    }

    /** As {@link #readBinary}, and fails unless the bytes are a string that MQTT allows. */
    void readString() {
        readBinary();
        failed |= !Utf8.isValid(buffer, fieldOffset, fieldLength);
    }

    int fieldOffset() {
        return fieldOffset;
    }

    int fieldLength() {
        return fieldLength;
    }

    /** Reads properties; what they say besides being cut off does not set {@link #failed}. */
    ReasonCode readProperties(int packetType, Properties properties) {
        if (failed) {
            return ReasonCode.MALFORMED_PACKET;
        }
        ReasonCode reason = properties.wrap(packetType, buffer, at, end);
        at = reason == ReasonCode.SUCCESS ? properties.end() : end;
        return reason;
    }
}
