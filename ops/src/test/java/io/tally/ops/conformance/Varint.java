package io.tally.ops.conformance;

/** Variable byte integers of received packets ([MQTT-1.5.5-1]). */
final class Varint {
    private Varint() {}

    /** Where it ends, or -1 when it is cut, longer than four bytes, or not in its shortest form. */
    static int end(byte[] b, int at, int end) {
        int i = at;
        while (i < end && i < at + 4) {
            if ((b[i] & 128) == 0) {
                return b[i] == 0 && i > at ? -1 : i + 1;
            }
            i++;
        }
        return -1;
    }

    static int value(byte[] b, int at) {
        int value = 0;
        int i = at;
        int shift = 0;
        while ((b[i] & 128) != 0) {
            value |= (b[i++] & 127) << shift;
            shift += 7;
        }
        return value | b[i] << shift;
    }
}
