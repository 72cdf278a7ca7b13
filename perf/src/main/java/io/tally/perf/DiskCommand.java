package io.tally.perf;

import io.tally.perf.load.DiskLoad;
import io.tally.perf.report.Report;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tally bench disk}: the disk's share of a latency. */
@Command(
        name = "tally bench disk",
        header = "Measure what the best possible broker could do on a disk.",
        description = "Writes messages to a file when they are due and forces them, as many together as have become due"
                + " meanwhile. Needs no broker.",
        sortOptions = false)
final class DiskCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            required = true,
            description = "On the disk that is to be measured; a file is made there and deleted at the end.")
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "So many messages a second, due at fixed times; latency counts from then (5000).")
    private double rate = 5_000;

    @Option(names = "--size", paramLabel = "BYTES", description = "What a message takes in the file (320).")
    private int size = 320;

    @Option(
            names = {"-s", "--seconds"},
            paramLabel = "SECONDS",
            description = "Length of the measurement (10).")
    private double seconds = 10;

    @Option(
            names = {"-w", "--warmup"},
            paramLabel = "SECONDS",
            description = "The same before the measurement (3).")
    private double warmup = 3;

    DiskCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        if (!Files.isDirectory(directory)) {
            throw new ParameterException(spec.commandLine(), "--dir " + directory + " is not a directory");
        }
        try {
            print(new DiskLoad(rate, size, warmup, seconds).run(directory));
            return 0;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            err.println("tally bench disk: " + directory + ": " + Bench.reason(e));
            return LoadCommand.CANNOT_RUN;
        }
    }

    private void print(DiskLoad.Result result) {
        long forces = result.forces().getTotalCount();
        long messages = result.messages().getTotalCount();
        out.printf(
                Locale.ROOT,
                "disk: %d B, open loop at %,.0f/s%n  %s, %s, %.1f s measured after %.1f s of warm-up%n",
                size,
                rate,
                directory,
                result.storage(),
                result.seconds(),
                warmup);
        out.printf(Locale.ROOT, "  messages  %,13.0f /s%n", messages / result.seconds());
        out.printf(
                Locale.ROOT,
                "  forces    %,13.0f /s, %.2f messages each%n",
                forces / result.seconds(),
                (double) messages / forces);
        Report.printLatency(out, "force", result.forces());
        Report.printLatency(out, "latency", result.messages());
        Report.printLatency(out, "late", result.late());
        out.println("No broker that forces before it acknowledges, one force at a time, can be faster than this here.");
        out.println("late: a message was due, the disk had nothing to do, and this program did not run.");
    }
}
