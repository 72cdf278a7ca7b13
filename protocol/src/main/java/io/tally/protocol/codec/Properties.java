package io.tally.protocol.codec;

import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.topic.TopicNames;
import io.tally.protocol.topic.Utf8;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The properties of one packet, validated for it while wrapping (section 2.2.2). A view, valid until the next wrap.
 * Allocates nothing but strings.
 */
public final class Properties {
    private final int[] valueOffsets = new int[Property.COUNT];
    private final PropertyCursor copied = new PropertyCursor();
    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int offset;
    private int length;
    private long present;
    private int userPropertyCount;

    /** Makes it hold nothing. */
    public void clear() {
        buffer = EmptyBuffer.INSTANCE;
        offset = 0;
        length = 0;
        present = 0;
        userPropertyCount = 0;
    }

    /**
     * Reads the length prefix at {@code at} and validates what follows for the packet type, or {@link Property#WILL};
     * never passes {@code end}. What follows the properties starts at {@link #end()}.
     */
    ReasonCode wrap(int packetType, DirectBuffer buffer, int at, int end) {
        clear();
        long packed = VarInt.getShortest(buffer, at, end);
        if (packed < 0 || VarInt.value(packed) > end - at - VarInt.length(packed)) {
            return ReasonCode.MALFORMED_PACKET;
        }
        this.buffer = buffer;
        offset = at + VarInt.length(packed);
        length = VarInt.value(packed);
        return length == 0 ? ReasonCode.SUCCESS : validate(packetType);
    }

    private ReasonCode validate(int packetType) {
        long allowed = Property.allowedIn(packetType);
        long repeatable = Property.bit(Property.USER_PROPERTY)
                | (packetType == PacketType.PUBLISH ? Property.bit(Property.SUBSCRIPTION_IDENTIFIER) : 0);
        int end = end();
        int valueLength;
        for (int at = offset + 1; at <= end; at += valueLength + 1) {
            int id = buffer.getByte(at - 1);
            if (id < 0 || id >= Property.COUNT || (allowed & Property.bit(id)) == 0) {
                return ReasonCode.MALFORMED_PACKET;
            }
            valueLength = Property.valueLength(id, buffer, at, end);
            if (valueLength < 0) {
                return ReasonCode.MALFORMED_PACKET;
            }
            if ((present & ~repeatable & Property.bit(id)) != 0) {
                return ReasonCode.PROTOCOL_ERROR;
            }
            ReasonCode reason = checkValue(id, at, valueLength);
            if (reason != ReasonCode.SUCCESS) {
                return reason;
            }
            present |= Property.bit(id);
            userPropertyCount += id == Property.USER_PROPERTY ? 1 : 0;
            valueOffsets[id] = at;
        }
        return ReasonCode.SUCCESS;
    }

    private ReasonCode checkValue(int id, int at, int valueLength) {
        return switch (Property.type(id)) {
            case Property.STRING -> checkString(id, at + 2, valueLength - 2);
            case Property.PAIR -> checkPair(at, valueLength);
            case Property.BINARY -> ReasonCode.SUCCESS;
            default -> checkNumber(id, Property.number(id, buffer, at));
        };
    }

    private ReasonCode checkPair(int at, int valueLength) {
        int name = Property.prefix(buffer, at);
        boolean valid =
                Utf8.isValid(buffer, at + 2, name) && Utf8.isValid(buffer, at + 4 + name, valueLength - 4 - name);
        return valid ? ReasonCode.SUCCESS : ReasonCode.MALFORMED_PACKET;
    }

    private ReasonCode checkString(int id, int at, int stringLength) {
        if (!Utf8.isValid(buffer, at, stringLength)) {
            return ReasonCode.MALFORMED_PACKET;
        }
        return id == Property.RESPONSE_TOPIC && !TopicNames.isValid(buffer, at, stringLength)
                ? ReasonCode.PROTOCOL_ERROR
                : ReasonCode.SUCCESS;
    }

    private static ReasonCode checkNumber(int id, long number) {
        if (number == 0) {
            return switch (id) {
                case Property.TOPIC_ALIAS -> ReasonCode.TOPIC_ALIAS_INVALID;
                case Property.SUBSCRIPTION_IDENTIFIER, Property.RECEIVE_MAXIMUM, Property.MAXIMUM_PACKET_SIZE ->
                    ReasonCode.PROTOCOL_ERROR;
                default -> ReasonCode.SUCCESS;
            };
        }
        boolean flagOutOfRange = Property.type(id) == Property.BYTE && number > 1;
        return flagOutOfRange ? ReasonCode.PROTOCOL_ERROR : ReasonCode.SUCCESS;
    }

    public DirectBuffer buffer() {
        return buffer;
    }

    /** Where the first property starts, behind the length prefix. */
    public int offset() {
        return offset;
    }

    /** Without the length prefix, in bytes. */
    public int length() {
        return length;
    }

    /** Behind the last property. */
    public int end() {
        return offset + length;
    }

    public int userPropertyCount() {
        return userPropertyCount;
    }

    /** Whether a payload is well-formed UTF-8 if these, of its PUBLISH or will, say that it is. */
    boolean isPayloadAsSaid(DirectBuffer payload, int payloadOffset, int payloadLength) {
        return number(Property.PAYLOAD_FORMAT_INDICATOR, 0) == 0
                || Utf8.isWellFormed(payload, payloadOffset, payloadLength);
    }

    public boolean has(int id) {
        return (present & Property.bit(id)) != 0;
    }

    /** Value of a numeric property (of several: the last), or what to take it for when it is absent. */
    public long number(int id, long absent) {
        return has(id) ? Property.number(id, buffer, valueOffsets[id]) : absent;
    }

    /** Where the bytes of a present string or binary property start. */
    public int valueOffset(int id) {
        return valueOffsets[id] + 2;
    }

    /** Length of a string or binary property in bytes; 0 when it is absent. */
    public int valueLength(int id) {
        return has(id) ? Property.prefix(buffer, valueOffsets[id]) : 0;
    }

    /** Value of a string property; null when it is absent. */
    public @Nullable String string(int id) {
        return has(id) ? buffer.getStringWithoutLengthUtf8(valueOffset(id), valueLength(id)) : null;
    }

    /** Puts the cursor before the first property. */
    public PropertyCursor cursor(PropertyCursor cursor) {
        return cursor.wrap(buffer, offset, length);
    }

    /** Bytes of all properties but those of a set (see {@link Property#bit}). */
    public int lengthWithout(long excluded) {
        if ((present & excluded) == 0) {
            return length;
        }
        int kept = 0;
        cursor(copied);
        while (copied.next()) {
            kept += isIn(excluded, copied.id()) ? 0 : copied.propertyLength();
        }
        return kept;
    }

    /** Copies all properties but those of a set, in their order and without a length prefix; returns the bytes. */
    public int copyWithout(long excluded, MutableDirectBuffer target, int index) {
        if ((present & excluded) == 0) {
            target.putBytes(index, buffer, offset, length);
            return length;
        }
        int at = index;
        cursor(copied);
        while (copied.next()) {
            if (!isIn(excluded, copied.id())) {
                target.putBytes(at, buffer, copied.propertyOffset(), copied.propertyLength());
                at += copied.propertyLength();
            }
        }
        return at - index;
    }

    private static boolean isIn(long set, int id) {
        return (set & Property.bit(id)) != 0;
    }
}
