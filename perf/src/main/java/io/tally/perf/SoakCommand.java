package io.tally.perf;

import io.tally.perf.report.Axis;
import io.tally.perf.report.Page;
import io.tally.perf.report.Plot;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tally bench soak}: the page of a run of {@code perf/soak}. */
@Command(name = "tally bench soak", description = "Make the page of a run of perf/soak from its files.")
final class SoakCommand implements Callable<Integer> {
    private static final double KB_PER_MB = 1024;
    private static final double NS_PER_MS = 1e6;
    private static final double MS_PER_MINUTE = 60_000;
    private static final double SECONDS_PER_MINUTE = 60;
    private static final double PERCENTILE = 99;

    private final PrintStream out;

    @Parameters(paramLabel = "DIR", description = "What perf/soak was given with -o.")
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    SoakCommand(PrintStream out) {
        this.out = out;
    }

    /** What the broker had taken some time after its start. */
    private record Sample(double seconds, double residentKb, double anonymousKb, double fileKb, double cpuSeconds) {
        static Sample parse(String line) {
            double[] fields = Arrays.stream(line.split(" ", -1))
                    .mapToDouble(Double::parseDouble)
                    .toArray();
            return new Sample(fields[0], fields[1], fields[2], fields[3], fields[4]);
        }
    }

    @Override
    public Integer call() throws IOException {
        List<Sample> samples = Files.readAllLines(directory.resolve("samples")).stream()
                .map(Sample::parse)
                .toList();
        List<Histogram> latencies = latencies();
        String body = memory(samples).html()
                + cpu(samples).html()
                + latency(latencies).html();
        Path page = directory.resolve("soak.html");
        Files.writeString(page, Page.html("Soak: steady load", "<div class=\"plots\">\n" + body + "</div>\n"));
        print(samples);
        out.println("page: " + page);
        return 0;
    }

    /** One for each minute. */
    private List<Histogram> latencies() throws IOException {
        List<Histogram> minutes = new ArrayList<>();
        try (HistogramLogReader reader =
                new HistogramLogReader(directory.resolve("soak.hlog").toFile())) {
            EncodableHistogram next = reader.nextIntervalHistogram();
            double startMs = next == null ? 0 : next.getStartTimeStamp();
            while (next != null) {
                int minute = (int) ((next.getStartTimeStamp() - startMs) / MS_PER_MINUTE);
                while (minutes.size() <= minute) {
                    minutes.add(new Histogram(2));
                }
                minutes.get(minute).add((Histogram) next);
                next = reader.nextIntervalHistogram();
            }
        }
        return minutes;
    }

    private static Plot memory(List<Sample> samples) {
        return plot("Resident memory of the broker", "MB", samples)
                .line("all", minutes(samples), values(samples, s -> s.residentKb / KB_PER_MB))
                .line(
                        "anonymous: heap, rings, native",
                        minutes(samples),
                        values(samples, s -> s.anonymousKb / KB_PER_MB))
                .line("files: journal, libraries", minutes(samples), values(samples, s -> s.fileKb / KB_PER_MB));
    }

    private static Plot cpu(List<Sample> samples) {
        double[] cores = new double[samples.size()];
        for (int i = 1; i < cores.length; i++) {
            Sample from = samples.get(i - 1);
            Sample to = samples.get(i);
            cores[i] = (to.cpuSeconds - from.cpuSeconds) / Math.max(1, to.seconds - from.seconds);
        }
        return plot("CPU of the broker", "cores", samples).line("all threads", minutes(samples), cores);
    }

    private static Plot latency(List<Histogram> minutes) {
        double[] xs = new double[minutes.size()];
        Arrays.setAll(xs, i -> i);
        return new Plot("Latency, minute by minute", "lower is better", Axis.linear("minutes"), Axis.log("ms"))
                .line("p50", xs, ms(minutes, h -> h.getValueAtPercentile(50)))
                .line("p99", xs, ms(minutes, h -> h.getValueAtPercentile(PERCENTILE)))
                .line("max", xs, ms(minutes, Histogram::getMaxValue));
    }

    private static double[] ms(List<Histogram> minutes, ToDoubleFunction<Histogram> ns) {
        return minutes.stream()
                .mapToDouble(h -> ns.applyAsDouble(h) / NS_PER_MS)
                .toArray();
    }

    private static Plot plot(String title, String unit, List<Sample> samples) {
        return new Plot(title, samples.size() + " samples", Axis.linear("minutes"), Axis.linear(unit));
    }

    private static double[] minutes(List<Sample> samples) {
        return values(samples, s -> s.seconds / SECONDS_PER_MINUTE);
    }

    private static double[] values(List<Sample> samples, ToDoubleFunction<Sample> value) {
        return samples.stream().mapToDouble(value).toArray();
    }

    /** Medians of each quarter of the time: what grows shows. */
    private void print(List<Sample> samples) {
        out.println("quarter   resident  anonymous  files, MB (medians)");
        for (int quarter = 0; quarter < 4; quarter++) {
            List<Sample> part = samples.subList(samples.size() * quarter / 4, samples.size() * (quarter + 1) / 4);
            out.printf(
                    "%7d %10.0f %10.0f %6.0f%n",
                    quarter + 1,
                    median(part, s -> s.residentKb / KB_PER_MB),
                    median(part, s -> s.anonymousKb / KB_PER_MB),
                    median(part, s -> s.fileKb / KB_PER_MB));
        }
    }

    private static double median(List<Sample> samples, ToDoubleFunction<Sample> value) {
        double[] sorted = samples.stream().mapToDouble(value).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }
}
