package io.tally.protocol.codec;

import io.tally.protocol.command.EmptyBuffer;
import org.agrona.DirectBuffer;

/**
 * Walks over property bytes that have been validated, in their order; for what may stand several times (User Property,
 * Subscription Identifier). A view, valid until the next wrap. Allocates nothing but strings.
 */
public final class PropertyCursor {
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int next;
    private int end;
    private int value;
    private int id;

    /** Takes the bytes without their length prefix and stands before the first property. */
    public PropertyCursor wrap(DirectBuffer buffer, int offset, int length) {
        this.buffer = buffer;
        this.next = offset;
        this.end = offset + length;
        return this;
    }

    /** Moves to the next property; false when there is none. */
    public boolean next() {
        if (next >= end) {
            return false;
        }
        id = buffer.getByte(next);
        value = next + 1;
        next = value + Property.valueLength(id, buffer, value, end);
        return true;
    }

    /** Identifier of the property, see {@link Property}. */
    public int id() {
        return id;
    }

    /** Where the property starts, identifier included. */
    public int propertyOffset() {
        return value - 1;
    }

    /** Of the property, identifier included, in bytes. */
    public int propertyLength() {
        return next - value + 1;
    }

    /** Of a numeric property. */
    public long number() {
        return Property.number(id, buffer, value);
    }

    /** Where the bytes of a string or of binary data start; of a pair: those of its value. */
    public int valueOffset() {
        return Property.type(id) == Property.PAIR ? nameOffset() + nameLength() + 2 : value + 2;
    }

    public int valueLength() {
        return next - valueOffset();
    }

    /** Where the name of a pair starts. */
    public int nameOffset() {
        return value + 2;
    }

    public int nameLength() {
        return Property.prefix(buffer, value);
    }

    public String value() {
        return buffer.getStringWithoutLengthUtf8(valueOffset(), valueLength());
    }

    public String name() {
        return buffer.getStringWithoutLengthUtf8(nameOffset(), nameLength());
    }
}
