package io.tally.perf.report;

import io.tally.perf.report.Axis.Scale;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Where the values of one axis lie in the picture, and which of them are written beside it. */
final class Ruler {
    private static final int TICKS = 5;
    private static final int DECADES_WITHOUT_STEPS = 3;
    private static final double TOP_ROOM = 1.05;

    /** Room that a character of a label takes, a little more than on any screen seen. */
    private static final double CHARACTER_PX = 8;

    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 99.999, 99.9999, 99.99999};

    private final Scale scale;
    private final double from;
    private final double to;
    private final double fromPx;
    private final double toPx;

    /** A value that is written beside the axis. */
    record Tick(double px, String label) {}

    /** For values between these two, of which the first is not looked at but on a logarithmic axis. */
    Ruler(Scale scale, double min, double max, double fromPx, double toPx) {
        this.scale = scale;
        this.fromPx = fromPx;
        this.toPx = toPx;
        if (scale == Scale.LOG) {
            from = stepBelow(min);
            to = Math.max(stepAbove(max), from * 2);
        } else {
            from = 0;
            to = max <= 0 ? 1 : max;
        }
    }

    /** A ruler with some room above the largest value. */
    static Ruler vertical(Scale scale, double min, double max, double fromPx, double toPx) {
        return new Ruler(scale, min, scale == Scale.LINEAR ? max * TOP_ROOM : max, fromPx, toPx);
    }

    /** Where the value lies, in pixels; NaN = nowhere. */
    double px(double value) {
        if (scale == Scale.LOG && value <= 0) {
            return Double.NaN;
        }
        DoubleUnaryOperator spread = this::spread;
        double share = (spread.applyAsDouble(value) - spread.applyAsDouble(from))
                / (spread.applyAsDouble(to) - spread.applyAsDouble(from));
        return fromPx + share * (toPx - fromPx);
    }

    private double spread(double value) {
        return switch (scale) {
            case LINEAR -> value;
            case LOG -> Math.log10(value);
            case PERCENTILE -> -Math.log10(1 - Math.min(value, 100 - 1e-9) / 100);
        };
    }

    List<Tick> ticks() {
        List<Tick> ticks = new ArrayList<>();
        switch (scale) {
            case LINEAR -> {
                double step = stepAbove(to / (TICKS + 1));
                for (int i = 0; i * step <= to * (1 + 1e-9); i++) {
                    ticks.add(new Tick(px(i * step), Figures.shortly(i * step)));
                }
            }
            case LOG -> {
                boolean everyStep = Math.log10(to / from) < DECADES_WITHOUT_STEPS;
                for (double value = from; value <= to * (1 + 1e-9); value = stepAbove(value * 1.5)) {
                    if (everyStep || Math.abs(Math.log10(value) - Math.rint(Math.log10(value))) < 1e-9) {
                        ticks.add(new Tick(px(value), Figures.shortly(value)));
                    }
                }
            }
            case PERCENTILE -> {
                double freePx = fromPx;
                for (double percentile : PERCENTILES) {
                    String label = Figures.plain(percentile) + "%";
                    double halfPx = label.length() * CHARACTER_PX / 2;
                    if (percentile <= to && px(percentile) - halfPx >= freePx) {
                        ticks.add(new Tick(px(percentile), label));
                        freePx = px(percentile) + halfPx;
                    }
                }
            }
        }
        return ticks;
    }

    /** The smallest 1, 2 or 5 times a power of ten that is not below the value. */
    private static double stepAbove(double value) {
        double decade = Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
        for (int factor : new int[] {1, 2, 5}) {
            if (factor * decade >= value * (1 - 1e-9)) {
                return rounded(factor * decade);
            }
        }
        return rounded(10 * decade);
    }

    private static double stepBelow(double value) {
        double decade = Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
        for (int factor : new int[] {5, 2}) {
            if (factor * decade <= value * (1 + 1e-9)) {
                return rounded(factor * decade);
            }
        }
        return rounded(decade);
    }

    private static double rounded(double value) {
        return new BigDecimal(value).round(new MathContext(6)).doubleValue();
    }
}
