package io.tally.perf.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Numbers as people write them. */
final class Figures {
    private static final String[] PREFIXES = {"", " k", " M", " G", " T"};
    private static final double THOUSAND = 1e3;
    private static final double THOUSANDS_FROM = 1e4;
    private static final double WHOLE_FROM = 100;

    private Figures() {}

    /** At most three significant digits, thousands as k, M …: {@code 0.25}, {@code 1.2 M}. */
    static String shortly(double value) {
        int prefix = 0;
        double left = new BigDecimal(value).round(new MathContext(3)).doubleValue();
        while (Math.abs(left) >= (prefix == 0 ? THOUSANDS_FROM : THOUSAND) && prefix < PREFIXES.length - 1) {
            left /= THOUSAND;
            prefix++;
        }
        return plain(left) + PREFIXES[prefix];
    }

    /** All digits up to three significant ones behind the point, and no zeros at the end. */
    static String plain(double value) {
        BigDecimal exact = BigDecimal.valueOf(value).stripTrailingZeros();
        return exact.scale() <= 0 ? String.format(Locale.ROOT, "%,d", exact.toBigInteger()) : exact.toPlainString();
    }

    /** How many; the middle of two may be a half, – is for what is not known. */
    static String count(double value) {
        return Double.isNaN(value) ? "–" : plain(value);
    }

    /** How many times; – for what is not known. */
    static String times(double value) {
        return value == 1 ? "once" : value == 2 ? "twice" : count(value) + " times";
    }

    /** For a table: whole from 100 on, else three significant digits; – for what is not known. */
    static String exactly(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        if (value == 0 || Math.abs(value) >= WHOLE_FROM) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        BigDecimal rounded = BigDecimal.valueOf(value).round(new MathContext(3, RoundingMode.HALF_UP));
        return rounded.toPlainString();
    }
}
