package io.tally.ops.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Takes the property sections of received packets apart. */
final class Properties {
    private Properties() {}

    /** Each property with its identifier, in their order; fails when one is cut or not known to MQTT 5. */
    static List<byte[]> split(byte[] b, int start, int end) {
        List<byte[]> found = new ArrayList<>();
        int at = start;
        while (at < end) {
            int next = at + 1 + valueLength(b, at, end);
            if (next > end) {
                throw new AssertionError("property %02x is cut: %s".formatted(b[at], Notation.hex(b)));
            }
            found.add(Arrays.copyOfRange(b, at, next));
            at = next;
        }
        return found;
    }

    private static int valueLength(byte[] b, int at, int end) {
        return switch (b[at]) {
            case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A -> 1;
            case 0x13, 0x21, 0x22, 0x23 -> 2;
            case 0x02, 0x11, 0x18, 0x27 -> 4;
            case 0x0B -> Varint.end(b, at + 1, end) - at - 1;
            case 0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F -> binaryLength(b, at + 1, end);
            case 0x26 -> pairLength(b, at + 1, end);
            default -> throw new AssertionError("unknown property %02x: %s".formatted(b[at], Notation.hex(b)));
        };
    }

    private static int binaryLength(byte[] b, int at, int end) {
        return at + 2 > end ? end : 2 + ((b[at] & 0xFF) << 8 | b[at + 1] & 0xFF);
    }

    private static int pairLength(byte[] b, int at, int end) {
        int name = binaryLength(b, at, end);
        return name + binaryLength(b, at + name, end);
    }
}
