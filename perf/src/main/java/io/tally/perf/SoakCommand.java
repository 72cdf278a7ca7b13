package io.tally.perf;

import io.tally.perf.report.Axis;
import io.tally.perf.report.HtmlReport;
import io.tally.perf.report.Page;
import io.tally.perf.report.Plot;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
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
    private static final int QUARTERS = 4;

    /** A line of the JVM's log: seconds since its start, and the megabytes on the heap behind the collection. */
    private static final Pattern COLLECTION = Pattern.compile("\\[([0-9.]+)s\\].* Pause .*[0-9]M->([0-9]+)M\\(.*");

    private final PrintStream out;

    @Parameters(paramLabel = "DIR", description = "What perf/soak was given with -o.")
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    SoakCommand(PrintStream out) {
        this.out = out;
    }

    /** What a collection has left on the heap. */
    private record Heap(double seconds, double mb) {}

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
        List<Heap> heaps = heaps();
        String plots = memory(samples, heaps).html()
                + cpu(samples).html()
                + latency(latencies()).html();
        String quarters = quarters(samples, heaps);
        String load = HtmlReport.summary(directory.resolve("load.json"));
        String body = load
                + "<div class=\"plots\">%n%s</div>%n<p>Medians of each quarter of the time:</p>%n<pre>%s</pre>%n"
                        .formatted(plots, Page.text(quarters));
        Path page = directory.resolve("soak.html");
        Files.writeString(page, Page.html("Soak: steady load", body));
        out.print(quarters);
        out.println("page: " + page);
        return 0;
    }

    private List<Heap> heaps() throws IOException {
        return Files.readAllLines(directory.resolve("gc.log")).stream()
                .map(COLLECTION::matcher)
                .filter(Matcher::matches)
                .map(line -> new Heap(Double.parseDouble(line.group(1)), Double.parseDouble(line.group(2))))
                .toList();
    }

    /** One for each minute. */
    private List<Histogram> latencies() throws IOException {
        List<Histogram> minutes = new ArrayList<>();
        try (HistogramLogReader reader =
                new HistogramLogReader(directory.resolve("load.hlog").toFile())) {
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

    private static Plot memory(List<Sample> samples, List<Heap> heaps) {
        double[] heapMinutes =
                heaps.stream().mapToDouble(h -> h.seconds / SECONDS_PER_MINUTE).toArray();
        return plot("Memory of the broker", "level = nothing grows", "MB")
                .line("resident", minutes(samples), values(samples, s -> s.residentKb / KB_PER_MB))
                .line(
                        "anonymous: heap, rings, native",
                        minutes(samples),
                        values(samples, s -> s.anonymousKb / KB_PER_MB))
                .line("files: journal, libraries", minutes(samples), values(samples, s -> s.fileKb / KB_PER_MB))
                .line(
                        "heap after a collection",
                        heapMinutes,
                        heaps.stream().mapToDouble(Heap::mb).toArray());
    }

    private static Plot cpu(List<Sample> samples) {
        double[] cores = new double[samples.size()];
        for (int i = 1; i < cores.length; i++) {
            Sample from = samples.get(i - 1);
            Sample to = samples.get(i);
            cores[i] = (to.cpuSeconds - from.cpuSeconds) / Math.max(1, to.seconds - from.seconds);
        }
        cores[0] = cores.length > 1 ? cores[1] : 0;
        return plot("CPU of the broker", "lower is better", "cores").line("all threads", minutes(samples), cores);
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

    private static Plot plot(String title, String hint, String unit) {
        return new Plot(title, hint, Axis.linear("minutes"), Axis.linear(unit));
    }

    private static double[] minutes(List<Sample> samples) {
        return values(samples, s -> s.seconds / SECONDS_PER_MINUTE);
    }

    private static double[] values(List<Sample> samples, ToDoubleFunction<Sample> value) {
        return samples.stream().mapToDouble(value).toArray();
    }

    /** What grows shows. */
    private static String quarters(List<Sample> samples, List<Heap> heaps) {
        StringBuilder text = new StringBuilder("quarter   resident  anonymous  files  heap after a collection, MB\n");
        double end = samples.isEmpty() ? 0 : samples.get(samples.size() - 1).seconds;
        for (int quarter = 0; quarter < QUARTERS; quarter++) {
            double from = end * quarter / QUARTERS;
            double to = quarter + 1 < QUARTERS ? end * (quarter + 1) / QUARTERS : Double.POSITIVE_INFINITY;
            List<Sample> part = samples.stream()
                    .filter(s -> s.seconds >= from && s.seconds < to)
                    .toList();
            text.append(String.format(
                    Locale.ROOT,
                    "%7d %10.0f %10.0f %6.0f %6.0f%n",
                    quarter + 1,
                    median(part.stream().mapToDouble(s -> s.residentKb / KB_PER_MB)),
                    median(part.stream().mapToDouble(s -> s.anonymousKb / KB_PER_MB)),
                    median(part.stream().mapToDouble(s -> s.fileKb / KB_PER_MB)),
                    median(heaps.stream()
                            .filter(h -> h.seconds >= from && h.seconds < to)
                            .mapToDouble(Heap::mb))));
        }
        return text.toString().replace("NaN", "  –");
    }

    /** NaN of nothing. */
    private static double median(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
    }
}
