package io.tally.perf.report;

import io.tally.perf.load.LoadResult;
import io.tally.perf.load.LoadResult.Measured;
import io.tally.perf.load.LoadResult.Special;
import io.tally.perf.load.LoadResult.Totals;
import io.tally.perf.load.Target;
import io.tally.perf.load.Workload;
import io.tally.perf.load.Workload.Beside;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

/**
 * One run's result: a text for the terminal, and files: all figures as JSON, one field a line; the latencies over time
 * as HdrHistogram's log (.hlog), and their distribution as its table (.hgrm); a page to look at. Latencies are in
 * milliseconds.
 */
public record Report(Subject subject, Target target, Workload workload, LoadResult result) {
    private static final double NS_PER_MS = 1e6;
    private static final int TICKS_PER_HALF = 5;
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99};
    private static final List<String> VERSIONS = List.of("", "", "", "3.1", "3.1.1", "5.0");

    /**
     * What the run is about, for whoever reads of it.
     *
     * @param name of the run and its files
     * @param scenario runs of the same one are compared
     * @param broker what it is called, empty = its version, or else its address
     * @param version what the broker says of itself, or empty
     * @param durability what the broker promises, as told by the user
     */
    public record Subject(
            String name, String scenario, String broker, String version, String durability, Instant startedAt) {}

    /** What happened that MQTT does not allow: losing at QoS 0 and doubling at QoS 1 are allowed. */
    public List<String> problems() {
        Totals t = result.totals();
        int qosOut = Math.min(workload.qos(), workload.subscriberQos());
        List<String> problems = new ArrayList<>();
        addProblem(problems, qosOut == 0 ? 0 : t.lost(), "lost");
        addProblem(problems, qosOut == 1 ? 0 : t.doubled(), "doubled");
        addProblem(problems, t.reordered(), "reordered");
        addProblem(problems, t.idsInUse(), "with a packet id in use");
        addProblem(problems, t.unacknowledged(), "never acknowledged");
        addProblem(problems, t.refused(), "refused");
        addProblem(problems, t.notBack(), "not back");
        addProblem(problems, result.special().takeOversMissed(), "take-overs missed");
        addProblem(problems, t.connectionsLost(), "connections lost");
        if (result.failure() != null) {
            problems.add(result.failure());
        }
        return problems;
    }

    private static void addProblem(List<String> problems, long count, String what) {
        if (count > 0) {
            problems.add(String.format(Locale.ROOT, "%,d %s", count, what));
        }
    }

    /** Prints what a person wants to know. */
    public void print(PrintStream out) {
        Measured measured = result.measured();
        out.printf(
                Locale.ROOT,
                "%s: %s%n  %s%s, durability %s, %.1f s measured after %.1f s of warm-up%n",
                subject.scenario,
                description(),
                (target.host() + ":" + target.port() + " " + subject.version).strip(),
                result.security().isEmpty() ? "" : ", " + result.security(),
                subject.durability,
                measured.seconds(),
                workload.phases().warmup());
        out.printf(Locale.ROOT, "  in        %,13.0f /s%n", measured.inPerSecond());
        out.printf(Locale.ROOT, "  out       %,13.0f /s%n", measured.outPerSecond());
        printLatency(out, "latency", result.received());
        printLatency(out, "answer", result.acknowledged());
        if (workload.rate() > 0) {
            printLatency(out, "sent late", result.late());
        }
        printUsage(out);
        printTotals(out);
        if (result.failure() != null) {
            out.println("  FAILED    " + result.failure());
        }
    }

    private String description() {
        return String.format(
                Locale.ROOT,
                "QoS %d, %d → %d%s, %d B, %s, MQTT %s",
                workload.qos(),
                workload.publishers(),
                workload.subscribers(),
                workload.persistent() ? " persistent" : "",
                workload.payloadBytes(),
                pace(),
                VERSIONS.get(target.version()));
    }

    private String pace() {
        if (workload.rate() > 0) {
            return String.format(Locale.ROOT, "open loop at %,.0f/s", workload.rate());
        }
        return workload.qos() == 0 ? "closed loop, lag " + workload.lag() : "closed loop, window " + workload.window();
    }

    /** Prints a line with percentiles of nanoseconds, in ms; nothing if there are none. */
    public static void printLatency(PrintStream out, String name, Histogram histogram) {
        if (histogram.getTotalCount() == 0) {
            return;
        }
        out.printf(Locale.ROOT, "  %-9s", name);
        for (double percentile : PERCENTILES) {
            out.printf(Locale.ROOT, " p%s %.3f", percentileName(percentile), percentileMs(histogram, percentile));
        }
        out.printf(Locale.ROOT, " max %.3f ms%n", histogram.getMaxValue() / NS_PER_MS);
    }

    private void printUsage(PrintStream out) {
        double seconds = result.measured().seconds();
        double brokerCpu = result.usage().brokerCpuSeconds();
        if (!Double.isNaN(brokerCpu)) {
            out.printf(
                    Locale.ROOT,
                    "  broker    %.2f µs of CPU per message in and out, %.2f cores, %,d MB resident%n",
                    result.brokerCpuMicrosPerMessage(),
                    brokerCpu / seconds,
                    result.usage().brokerResidentKb() >> 10);
        }
        out.printf(
                Locale.ROOT,
                "  load      %.2f cores%s%n",
                result.usage().loadCpuSeconds() / seconds,
                workload.rate() > 0 ? " (it spins, to be on time)" : "");
    }

    private void printTotals(PrintStream out) {
        Totals t = result.totals();
        out.printf(Locale.ROOT, "  messages  %,d sent, %,d received, ", t.sent(), t.received());
        out.printf(Locale.ROOT, "%,d lost, %,d doubled, %,d reordered%n", t.lost(), t.doubled(), t.reordered());
        if (t.idsInUse() > 0) {
            out.printf(Locale.ROOT, "            %,d with a packet id in use%n", t.idsInUse());
        }
        if (t.unacknowledged() + t.refused() + t.foreign() + t.connectionsLost() > 0) {
            out.printf(
                    Locale.ROOT,
                    "            %,d unacknowledged, %,d refused, %,d foreign, %,d connections lost%n",
                    t.unacknowledged(),
                    t.refused(),
                    t.foreign(),
                    t.connectionsLost());
        }
        printSpecial(out);
    }

    private void printSpecial(PrintStream out) {
        Special special = result.special();
        Beside beside = workload.beside();
        if (beside.takeOvers() > 0) {
            out.printf(
                    Locale.ROOT,
                    "  one id    taken over %,d times, %,d missed%n",
                    special.takeOvers(),
                    special.takeOversMissed());
        }
        if (beside.backlog() > 0) {
            out.printf(
                    Locale.ROOT,
                    "  backlog   %,d messages, filled at %,.0f /s, drained at %,.0f /s in %.1f s%n",
                    beside.backlog(),
                    fillPerSecond(),
                    drainPerSecond(),
                    special.drainSeconds());
        }
        if (special.reconnects().getTotalCount() > 0) {
            printLatency(out, "back", special.reconnects());
            out.printf(
                    Locale.ROOT,
                    "            %,d reconnects; %,d messages sent again, marked so; %,d not back%n",
                    special.reconnects().getTotalCount(),
                    result.totals().redelivered(),
                    result.totals().notBack());
        }
        if (special.storms() > 0) {
            out.printf(
                    Locale.ROOT,
                    "  storms    %,d; all %,d clients were back after at most %.3f s%n",
                    special.storms(),
                    clients(),
                    special.stormSecondsMax());
        }
    }

    private int clients() {
        return workload.publishers()
                + workload.subscribers()
                + workload.beside().idle();
    }

    private double fillPerSecond() {
        return workload.beside().backlog() / result.special().fillSeconds();
    }

    private double drainPerSecond() {
        return result.special().fetched() / result.special().drainSeconds();
    }

    /** Writes the files NAME.json, NAME.hlog, NAME.hgrm and NAME.html. */
    public void write(Path directory) throws IOException {
        String name = subject.name;
        Files.createDirectories(directory);
        Path json = directory.resolve(name + ".json");
        Files.writeString(json, Json.object(fields()) + "\n");
        HtmlReport.of(List.of(json)).write(directory.resolve(name + ".html"));
        try (PrintStream log = open(directory.resolve(name + ".hlog"))) {
            HistogramLogWriter writer = new HistogramLogWriter(log);
            long startMs = result.histograms().get(0).getStartTimeStamp();
            writer.outputComment(
                    "[" + subject.scenario + ": time from due to received; maxima in ms, histograms in ns]");
            writer.outputLogFormatVersion();
            writer.outputStartTime(startMs);
            writer.setBaseTime(startMs);
            writer.outputLegend();
            for (Histogram interval : result.histograms()) {
                writer.outputIntervalHistogram(interval);
            }
        }
        try (PrintStream table = open(directory.resolve(name + ".hgrm"))) {
            result.received().outputPercentileDistribution(table, TICKS_PER_HALF, NS_PER_MS);
        }
    }

    private static PrintStream open(Path file) throws IOException {
        return new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8);
    }

    private Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", subject.name);
        fields.put("scenario", subject.scenario);
        String address = target.host() + ":" + target.port();
        String called = subject.version.isEmpty() ? address : subject.version;
        fields.put("broker", subject.broker.isEmpty() ? called : subject.broker);
        fields.put("brokerVersion", subject.version);
        fields.put("address", address);
        fields.put("tls", result.security());
        fields.put("durability", subject.durability);
        fields.put(
                "startedAt", subject.startedAt.truncatedTo(ChronoUnit.SECONDS).toString());
        fields.put("machine", Machine.describe());
        fields.put("loadJava", Machine.java());
        fields.put("mqtt", VERSIONS.get(target.version()));
        fields.put("qos", workload.qos());
        fields.put("subscriberQos", workload.subscriberQos());
        fields.put("publishers", workload.publishers());
        fields.put("subscribers", workload.subscribers());
        fields.put("persistent", workload.persistent());
        fields.put("payloadBytes", workload.payloadBytes());
        fields.put("window", workload.window());
        fields.put("lag", workload.lag());
        fields.put("rate", workload.rate());
        fields.put("topic", workload.topic());
        fields.put("topicsPerPublisher", workload.topics());
        fields.put("filter", workload.filter());
        fields.put("warmupSeconds", workload.phases().warmup());
        fields.put("measuredSeconds", result.measured().seconds());
        fields.put("inPerSecond", result.measured().inPerSecond());
        fields.put("outPerSecond", result.measured().outPerSecond());
        putLatency(fields, "latency", result.received());
        putLatency(fields, "answer", result.acknowledged());
        putLatency(fields, "late", result.late());
        putUsage(fields);
        putTotals(fields);
        putSpecial(fields);
        fields.put("failure", result.failure() == null ? "" : result.failure());
        fields.put("problems", problems());
        fields.put("latencyHistogram", RunFile.encode(result.received()));
        fields.put("answerHistogram", RunFile.encode(result.acknowledged()));
        fields.put("intervals", result.intervals().stream().map(Report::fields).toList());
        return fields;
    }

    private static void putLatency(Map<String, Object> fields, String name, Histogram histogram) {
        fields.put(name + "Count", histogram.getTotalCount());
        for (double percentile : PERCENTILES) {
            String digits = percentileName(percentile).replace(".", "");
            fields.put(name + "P" + digits + "Ms", percentileMs(histogram, percentile));
        }
        fields.put(name + "MeanMs", histogram.getMean() / NS_PER_MS);
        fields.put(name + "MaxMs", histogram.getMaxValue() / NS_PER_MS);
    }

    private void putUsage(Map<String, Object> fields) {
        double seconds = result.measured().seconds();
        fields.put("brokerCpuMicrosPerMessage", result.brokerCpuMicrosPerMessage());
        fields.put("brokerCores", result.usage().brokerCpuSeconds() / seconds);
        fields.put("brokerResidentKb", result.usage().brokerResidentKb());
        fields.put("loadCores", result.usage().loadCpuSeconds() / seconds);
    }

    private void putTotals(Map<String, Object> fields) {
        Totals totals = result.totals();
        fields.put("sent", totals.sent());
        fields.put("acknowledged", totals.acknowledged());
        fields.put("unacknowledged", totals.unacknowledged());
        fields.put("refused", totals.refused());
        fields.put("received", totals.received());
        fields.put("receivedLeast", totals.receivedLeast());
        fields.put("lost", totals.lost());
        fields.put("doubled", totals.doubled());
        fields.put("reordered", totals.reordered());
        fields.put("idsInUse", totals.idsInUse());
        fields.put("foreign", totals.foreign());
        fields.put("connectionsLost", totals.connectionsLost());
        fields.put("redelivered", totals.redelivered());
        fields.put("notBack", totals.notBack());
    }

    private void putSpecial(Map<String, Object> fields) {
        Special special = result.special();
        Beside beside = workload.beside();
        fields.put("takeOvers", special.takeOvers());
        fields.put("takeOversMissed", special.takeOversMissed());
        fields.put("idle", beside.idle());
        fields.put("resumesPlanned", beside.resumes());
        fields.put("reconnects", special.reconnects().getTotalCount());
        fields.put("reconnectP50Ms", percentileMs(special.reconnects(), 50));
        fields.put("reconnectP99Ms", percentileMs(special.reconnects(), 99));
        fields.put("storms", special.storms());
        fields.put("stormSecondsMax", special.stormSecondsMax());
        fields.put("backlogMessages", beside.backlog());
        if (beside.backlog() > 0) {
            fields.put("backlogSessions", beside.absent());
            fields.put("backlogFillPerSecond", fillPerSecond());
            fields.put("backlogDrainPerSecond", drainPerSecond());
            fields.put("backlogDrainSeconds", special.drainSeconds());
        }
    }

    private static Map<String, Object> fields(LoadResult.Interval interval) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("endSeconds", interval.endSeconds());
        fields.put("inPerSecond", interval.inPerSecond());
        fields.put("outPerSecond", interval.outPerSecond());
        fields.put("brokerCores", interval.brokerCores());
        return fields;
    }

    private static String percentileName(double percentile) {
        return percentile == Math.rint(percentile) ? Integer.toString((int) percentile) : Double.toString(percentile);
    }

    private static double percentileMs(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percentile) / NS_PER_MS;
    }
}
