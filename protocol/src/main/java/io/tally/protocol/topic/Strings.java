package io.tally.protocol.topic;

/** What {@link Utf8} checks, for text that has not been encoded yet. */
final class Strings {
    static final int BYTES_MAX = 65_535;

    private Strings() {}

    /** Whether MQTT can carry the text: no U+0000, no lone surrogate, at most 65,535 bytes of UTF-8. */
    static boolean isValid(String text) {
        int bytes = 0;
        int at = 0;
        while (at < text.length()) {
            int codePoint = text.codePointAt(at);
            if (codePoint == 0 || (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE)) {
                return false;
            }
            bytes += encodedLength(codePoint);
            at += Character.charCount(codePoint);
        }
        return bytes <= BYTES_MAX;
    }

    private static int encodedLength(int codePoint) {
        if (codePoint < 0x80) {
            return 1;
        }
        if (codePoint < 0x800) {
            return 2;
        }
        return codePoint < 0x1_0000 ? 3 : 4;
    }
}
