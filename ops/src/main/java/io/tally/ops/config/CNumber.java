package io.tally.ops.config;

import org.jspecify.annotations.Nullable;

/** Numbers in C's notation. */
final class CNumber {
    private CNumber() {}

    /**
     * What {@code strtol} with base 0 makes of the whole text: blanks in front, a sign, then decimal, 0x hexadecimal or
     * octal digits. Null if anything else is there; cut to the range of a long.
     */
    static @Nullable Long parse(String text) {
        String digits = text.stripLeading();
        boolean negative = digits.startsWith("-");
        if (negative || digits.startsWith("+")) {
            digits = digits.substring(1);
        }
        int radix = 10;
        if (digits.startsWith("0x") || digits.startsWith("0X")) {
            radix = 16;
            digits = digits.substring(2);
        } else if (digits.startsWith("0")) {
            radix = 8;
        }
        return digits.isEmpty() ? null : value(digits, radix, negative);
    }

    private static @Nullable Long value(String digits, int radix, boolean negative) {
        long value = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            int digit = c < 128 ? Character.digit(c, radix) : -1;
            if (digit < 0) {
                return null;
            }
            value = value > (Long.MAX_VALUE - digit) / radix ? Long.MAX_VALUE : value * radix + digit;
        }
        return negative ? -value : value;
    }
}
