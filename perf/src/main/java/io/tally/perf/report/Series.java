package io.tally.perf.report;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * The runs of one scenario against one broker at one durability level: its rounds.
 *
 * @param name the broker and its durability level
 * @param rounds at least one
 */
record Series(String name, List<RunFile> rounds) {
    private static final double NS_PER_MS = 1e6;
    private static final int TICKS_PER_HALF = 5;

    RunFile first() {
        return rounds.get(0);
    }

    /** Median of all rounds that know this figure; NaN if none does. */
    double median(String field) {
        double[] values = sorted(field);
        int middle = values.length / 2;
        if (values.length == 0) {
            return Double.NaN;
        }
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    double[] sorted(String field) {
        return rounds.stream()
                .mapToDouble(run -> run.number(field))
                .filter(value -> !Double.isNaN(value))
                .sorted()
                .toArray();
    }

    /** The round in the middle, by this figure. */
    RunFile typical(String field) {
        List<RunFile> sorted = new ArrayList<>(rounds);
        sorted.sort(Comparator.comparingDouble(run -> run.number(field)));
        return sorted.get(sorted.size() / 2);
    }

    /** Adds the distribution of all rounds together: percentiles and milliseconds. */
    void drawPercentiles(Plot plot, String field) throws IOException {
        Histogram all = rounds.get(0).histogram(field);
        for (RunFile run : rounds.subList(1, rounds.size())) {
            all.add(run.histogram(field));
        }
        if (all.getTotalCount() == 0) {
            return;
        }
        double last = 100 - 100.0 / Math.max(2, all.getTotalCount());
        List<double[]> points = new ArrayList<>();
        for (HistogramIterationValue value : all.percentiles(TICKS_PER_HALF)) {
            if (value.getPercentileLevelIteratedTo() < last) {
                points.add(new double[] {value.getPercentileLevelIteratedTo(), value.getValueIteratedTo() / NS_PER_MS});
            }
        }
        points.add(new double[] {last, all.getMaxValue() / NS_PER_MS});
        plot.line(
                name,
                points.stream().mapToDouble(point -> point[0]).toArray(),
                points.stream().mapToDouble(point -> point[1]).toArray());
    }

    /** Adds a figure over the measured time: the typical round, and the others behind it. */
    void drawOverTime(Plot plot, String field, String typicalBy) {
        int typical = rounds.indexOf(typical(typicalBy));
        for (int i = 0; i < rounds.size(); i++) {
            RunFile run = rounds.get(i);
            double[] values = run.intervals(field);
            if (values.length > 0 && !Double.isNaN(values[0])) {
                plot.steps(name, run.intervals("endSeconds"), values, i != typical);
            }
        }
    }
}
