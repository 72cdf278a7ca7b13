package io.tally.protocol.codec;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.tally.protocol.Invariant;
import java.nio.charset.StandardCharsets;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** Writes the pieces that packets are made of; each method returns the index behind what it wrote. */
final class Wire {
    private Wire() {}

    /** Of the whole packet, in bytes. */
    static int packetLength(int remainingLength) {
        return 1 + VarInt.length(remainingLength) + remainingLength;
    }

    static int putHeader(MutableDirectBuffer b, int index, int type, int flags, int remainingLength) {
        Invariant.check(remainingLength >= 0 && remainingLength <= VarInt.MAX, "packet fits MQTT", remainingLength);
        b.putByte(index, (byte) (type << 4 | flags));
        return index + 1 + VarInt.put(b, index + 1, remainingLength);
    }

    static int putShort(MutableDirectBuffer b, int index, int value) {
        b.putShort(index, (short) value, BIG_ENDIAN);
        return index + 2;
    }

    static int putPrefixed(MutableDirectBuffer b, int index, byte[] value) {
        Invariant.check(value.length <= 65_535, "string fits its prefix", value.length);
        putShort(b, index, value.length);
        b.putBytes(index + 2, value);
        return index + 2 + value.length;
    }

    /** Length prefix included; without properties that is 1 ([MQTT-2.2.2-1]). */
    static int propertiesLength(@Nullable PropertyWriter properties) {
        return properties == null ? 1 : properties.encodedLength();
    }

    static int putProperties(MutableDirectBuffer b, int index, @Nullable PropertyWriter properties) {
        if (properties != null) {
            return properties.encode(b, index);
        }
        b.putByte(index, (byte) 0);
        return index + 1;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
