package io.tally.protocol.codec;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.tally.protocol.Invariant;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Collects properties for an encoder, in the order in which they are added. Not for the fast path: grows as needed. The
 * caller adds only what the packet may carry.
 */
public final class PropertyWriter {
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private int length;

    /** Forgets everything added. */
    public PropertyWriter clear() {
        length = 0;
        return this;
    }

    /** Adds a number in the width of its property. */
    public PropertyWriter add(int id, long number) {
        buffer.putByte(length++, (byte) id);
        switch (Property.type(id)) {
            case Property.BYTE -> buffer.putByte(length++, (byte) number);
            case Property.TWO_BYTES -> length = Wire.putShort(buffer, length, (int) number);
            case Property.FOUR_BYTES -> {
                buffer.putInt(length, (int) number, BIG_ENDIAN);
                length += 4;
            }
            default -> {
                Invariant.check(Property.type(id) == Property.VARINT, "numeric property", id);
                length += VarInt.put(buffer, length, (int) number);
            }
        }
        return this;
    }

    public PropertyWriter add(int id, String value) {
        return add(id, Wire.utf8(value));
    }

    /** Adds binary data, or a string that is UTF-8 already. */
    public PropertyWriter add(int id, byte[] value) {
        buffer.putByte(length, (byte) id);
        length = Wire.putPrefixed(buffer, length + 1, value);
        return this;
    }

    public PropertyWriter addUserProperty(String name, String value) {
        buffer.putByte(length, (byte) Property.USER_PROPERTY);
        length = Wire.putPrefixed(buffer, length + 1, Wire.utf8(name));
        length = Wire.putPrefixed(buffer, length, Wire.utf8(value));
        return this;
    }

    /** What was added, without a length prefix, from index 0 on. */
    public DirectBuffer buffer() {
        return buffer;
    }

    /** Without the length prefix, in bytes. */
    public int length() {
        return length;
    }

    int encodedLength() {
        return VarInt.length(length) + length;
    }

    int encode(MutableDirectBuffer target, int index) {
        int at = index + VarInt.put(target, index, length);
        target.putBytes(at, buffer, 0, length);
        return at + length;
    }
}
