package io.tally.perf.growth;

import io.tally.perf.report.Points;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all growth benches have in common: how far to go, and where the results go. */
final class GrowthOptions {
    private static final int STEP = 3;
    private static final int DECADE = 10;
    private static final int MB = 1 << 20;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--from", paramLabel = "N", description = "The first point.")
    private long from;

    @Option(names = "--to", paramLabel = "N", description = "The last point.")
    private long to;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Measure each time so long, after as much of warm-up (0.5).")
    private double seconds = 0.5;

    @Option(names = "--note", paramLabel = "TEXT", description = "Said on the page, such as what else the machine did.")
    private @Nullable String note;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description = "Write NAME.json and NAME.html there.")
    private @Nullable Path output;

    /** The values of x, ascending, about 1, 3, 10 times the first; what was not given is as told. */
    List<Long> steps(long defaultFrom, long defaultTo) {
        long first = from == 0 ? defaultFrom : from;
        long last = to == 0 ? Math.max(first, defaultTo) : to;
        if (first < 1 || last < first) {
            throw new ParameterException(
                    spec.commandLine(), "--from " + first + " and --to " + last + " are out of order; 1 is the least");
        }
        List<Long> steps = new ArrayList<>();
        for (long decade = first; decade < last; decade *= DECADE) {
            steps.add(decade);
            if (decade * STEP < last) {
                steps.add(decade * STEP);
            }
        }
        steps.add(last);
        return steps;
    }

    /** Makes a table that says where it was measured. */
    Points points(String title, String xName) {
        Points points = new Points(title, xName);
        Runtime runtime = Runtime.getRuntime();
        points.fact(
                "machine",
                System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                        + runtime.availableProcessors() + " processors" + model());
        points.fact(
                "JVM",
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version") + ", heap of at most "
                        + runtime.maxMemory() / MB + " MB");
        if (note != null) {
            points.fact("note", note);
        }
        return points;
    }

    private static String model() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1))
                    .findFirst()
                    .map(name -> "," + name)
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }

    /** How long a call takes: the median, in ns. */
    double medianNs(CallTimes.Call call) {
        return CallTimes.medianNs(seconds, call);
    }

    /** Prints the table, and writes it where the user wants it; returns the exit code. */
    int publish(Points points) throws IOException {
        points.print(spec.commandLine().getOut());
        if (output != null) {
            points.write(output, "growth-" + spec.name());
        }
        return 0;
    }
}
