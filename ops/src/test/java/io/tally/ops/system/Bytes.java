package io.tally.ops.system;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing byte array written big endian, the way MQTT lays out its fields. */
final class Bytes {
    private byte[] bytes = new byte[64];
    private int length;

    Bytes u8(int value) {
        reserve(1);
        bytes[length++] = (byte) value;
        return this;
    }

    Bytes u16(int value) {
        return u8(value >> 8).u8(value);
    }

    Bytes u32(long value) {
        return u16((int) (value >>> 16)).u16((int) value);
    }

    Bytes u64(long value) {
        return u32(value >>> 32).u32(value);
    }

    /** A variable byte integer. */
    Bytes varint(int value) {
        int rest = value;
        while (rest > 127) {
            u8((rest & 127) | 128);
            rest >>>= 7;
        }
        return u8(rest);
    }

    /** A UTF-8 string with its two length bytes. */
    Bytes string(String text) {
        return binary(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Binary data with its two length bytes. */
    Bytes binary(byte[] data) {
        return u16(data.length).raw(data);
    }

    Bytes raw(byte[] data) {
        reserve(data.length);
        System.arraycopy(data, 0, bytes, length, data.length);
        length += data.length;
        return this;
    }

    /** These bytes behind their own length as a variable byte integer: an MQTT 5 property section. */
    Bytes section(Bytes properties) {
        return varint(properties.length).raw(properties.array());
    }

    int length() {
        return length;
    }

    byte[] array() {
        return Arrays.copyOf(bytes, length);
    }

    /** These bytes as the rest of a control packet that begins with the given first byte. */
    byte[] packet(int first) {
        return new Bytes().u8(first).varint(length).raw(array()).array();
    }

    private void reserve(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
