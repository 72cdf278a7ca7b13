package io.tally.perf;

import io.tally.perf.load.BrokerError;
import io.tally.perf.load.IdleConnections;
import io.tally.perf.load.IdleConnections.Sample;
import io.tally.perf.load.Target;
import io.tally.protocol.codec.ProtocolVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally bench connections}: what a connection that does nothing costs, from the slope over some steps. */
@Command(
        name = "tally bench connections",
        header = "Open idle connections in steps; print connect rate, CPU per connect and memory per connection.",
        sortOptions = false)
final class ConnectionsCommand implements Callable<Integer> {
    private static final double MICROS = 1e6;
    private static final int KB = 1024;

    private final PrintStream out;
    private final PrintStream err;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Option(names = "--connections", paramLabel = "N", description = "In all (15000).")
    private int connections = 15_000;

    @Option(names = "--steps", paramLabel = "N", description = "In so many steps (5).")
    private int steps = 5;

    @Option(names = "--threads", paramLabel = "N", description = "Clients that connect at the same time (8).")
    private int threads = 8;

    @Option(names = "--settle", paramLabel = "SECONDS", description = "Before the broker is looked at (2).")
    private double settle = 2;

    @Mixin
    private final TlsOptions tls = new TlsOptions();

    @Option(
            names = "--jvm",
            description =
                    "The last --pid is a JVM: collect its garbage and print live heap, and native memory if it was"
                            + " started with -XX:NativeMemoryTracking=summary.")
    private boolean jvm;

    ConnectionsCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Beside a sample: kilobytes, NaN when not known. */
    private record Row(Sample sample, double collectedKb, double heapKb, double nativeKb) {}

    @Override
    public Integer call() throws InterruptedException {
        Target target = new Target(broker.host, broker.port, ProtocolVersion.V3_1_1, null, null, tls.tls());
        List<Row> rows = new ArrayList<>();
        try (IdleConnections idle = new IdleConnections(target, threads, broker.pids)) {
            for (int step = 0; step <= steps; step++) {
                int wanted = (int) ((long) connections * step / steps);
                int have = rows.isEmpty() ? 0 : rows.get(rows.size() - 1).sample.connections();
                Row row = look(idle.more(wanted - have, (long) (settle * 1000)), idle);
                rows.add(row);
                print(row);
            }
            printSlopes(rows);
            int lost = idle.lost();
            out.printf(Locale.ROOT, "  lost      %,d%n", lost);
            return lost == 0 ? 0 : LoadCommand.NOT_CLEAN;
        } catch (IOException | BrokerError e) {
            err.println("tally bench: " + broker + ": " + e.getMessage());
            return LoadCommand.CANNOT_RUN;
        }
    }

    private Row look(Sample sample, IdleConnections idle) throws IOException, InterruptedException {
        if (!jvm || broker.pids.isEmpty()) {
            return new Row(sample, Double.NaN, Double.NaN, Double.NaN);
        }
        double heapKb = number("GC.class_histogram", "(?m)^Total\\s+\\d+\\s+(\\d+)") / KB;
        double nativeKb = number("VM.native_memory summary scale=KB", "(?s)Other \\(reserved=.*?committed=(\\d+)KB");
        return new Row(sample, idle.more(0, 0).residentKb(), heapKb, nativeKb);
    }

    /** What {@code jcmd} prints; NaN when it does not. */
    private double number(String command, String pattern) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
        line.add(String.valueOf(broker.pids.get(broker.pids.size() - 1)));
        line.addAll(List.of(command.split(" ")));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        return matcher.find() ? Double.parseDouble(matcher.group(1)) : Double.NaN;
    }

    private void print(Row row) {
        Sample s = row.sample;
        out.printf(Locale.ROOT, "%,9d  connections, resident %,9d KB", s.connections(), s.residentKb());
        if (jvm) {
            out.printf(
                    Locale.ROOT,
                    "; after a collection %,9.0f KB, heap %,9.0f KB, native %,9.0f KB",
                    row.collectedKb,
                    row.heapKb,
                    row.nativeKb);
        }
        out.println();
    }

    private void printSlopes(List<Row> rows) {
        double seconds =
                rows.stream().skip(1).mapToDouble(r -> r.sample.seconds()).sum();
        double cpu =
                rows.stream().skip(1).mapToDouble(r -> r.sample.cpuSeconds()).sum();
        out.printf(
                Locale.ROOT,
                "  connects  %,.0f/s, broker %.1f µs of CPU each%n",
                connections / seconds,
                cpu * MICROS / connections);
        out.printf(Locale.ROOT, "  slope     bytes each: resident %,.0f", slope(rows, r -> r.sample.residentKb()));
        if (jvm) {
            out.printf(
                    Locale.ROOT,
                    "; after a collection %,.0f, heap %,.0f, native %,.0f",
                    slope(rows, Row::collectedKb),
                    slope(rows, Row::heapKb),
                    slope(rows, Row::nativeKb));
        }
        out.println();
    }

    /** Least squares over all but the first row, in which the broker has only just begun; bytes. */
    private static double slope(List<Row> rows, ToDoubleFunction<Row> kilobytes) {
        double[] y = rows.stream().skip(1).mapToDouble(kilobytes).toArray();
        double[] x =
                rows.stream().skip(1).mapToDouble(r -> r.sample.connections()).toArray();
        double meanX = DoubleStream.of(x).average().orElseThrow();
        double meanY = DoubleStream.of(y).average().orElseThrow();
        double above = 0;
        double below = 0;
        for (int i = 0; i < x.length; i++) {
            above += (x[i] - meanX) * (y[i] - meanY);
            below += (x[i] - meanX) * (x[i] - meanX);
        }
        return above / below * KB;
    }
}
