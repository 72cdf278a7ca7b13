package io.tally.perf.report;

/**
 * One side of a plot.
 *
 * @param label what is measured, with its unit
 */
public record Axis(String label, Scale scale) {
    /** How values are spread over an axis. */
    public enum Scale {
        /** Evenly, from zero on. */
        LINEAR,
        /** By their logarithm; values that are not positive cannot be shown. */
        LOG,
        /** Percentiles from 0 to below 100, by the logarithm of 1 / (1 - p): each further nine takes as much room. */
        PERCENTILE
    }

    public static Axis linear(String label) {
        return new Axis(label, Scale.LINEAR);
    }

    public static Axis log(String label) {
        return new Axis(label, Scale.LOG);
    }

    public static Axis percentiles() {
        return new Axis("percentile of all messages", Scale.PERCENTILE);
    }
}
