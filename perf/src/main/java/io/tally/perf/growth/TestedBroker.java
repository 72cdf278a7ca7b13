package io.tally.perf.growth;

import io.tally.perf.load.Target;
import io.tally.protocol.codec.ProtocolVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A broker process that is started, killed and started again on one data directory. Owned by one thread. */
final class TestedBroker implements AutoCloseable {
    private static final double NS_PER_MS = 1e6;
    private static final long STOP_SECONDS_MAX = 600;
    private static final int KB = 1024;
    private static final Pattern READY = Pattern.compile("ready on 127\\.0\\.0\\.1:(\\d+)");
    private static final Pattern RECOVERED =
            Pattern.compile("recovered (\\d+) sessions.*replayed (\\d+) commands in (\\d+) ms");
    private static final Pattern SUM = Pattern.compile("(?m)^(\\d+)\\s");
    private static final Pattern RANGE = Pattern.compile("\\[0x([0-9a-f]+), 0x[0-9a-f]+, 0x([0-9a-f]+)\\)");
    private static final Pattern MAPPING = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) .*");

    private static final String DURABILITY = "durability=";

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            required = true,
            description = "Where the broker's data go: a directory that is new, on the disk to be measured.")
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Option(names = "--tally", paramLabel = "FILE", description = "The launcher (the one that runs this).")
    private Path launcher = Path.of(System.getProperty("tally.launcher", "ops/bin/tally"));

    @Option(names = "--on-cpu", paramLabel = "N", description = "Keep the broker on this CPU.")
    private @Nullable Integer cpu;

    @Option(
            names = "--with",
            paramLabel = "OPTION",
            description = "A line for the broker's configuration, such as durability=process; may be repeated.")
    private List<String> lines = new ArrayList<>();

    @Option(names = "--keep", description = "Leave the data where they are at the end.")
    private boolean keeps;

    private @Nullable Process process;
    private int port;
    private double startMs;
    private long sessions;
    private long replayed;
    private double replayMs;

    /** Starts it; returns when it listens. */
    void start() throws IOException {
        Files.createDirectories(directory);
        Path file = directory.resolve("tally.conf");
        List<String> all = new ArrayList<>(List.of("persistence_location " + directory.resolve("data")));
        lines.forEach(line -> all.add(line.replaceFirst("=", " ")));
        all.addAll(List.of("log_dest file " + directory.resolve("log"), "connection_messages false"));
        Files.write(file, all);
        List<String> command = new ArrayList<>();
        if (cpu != null) {
            command.addAll(List.of("taskset", "-c", cpu.toString()));
        }
        command.addAll(List.of(launcher.toString(), "serve", "-c", file.toString(), "-p", "0"));
        long beginNs = System.nanoTime();
        Path errors = directory.resolve("errors");
        Process started =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        process = started;
        BufferedReader out =
                new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        startMs = (System.nanoTime() - beginNs) / NS_PER_MS;
        Matcher ready = READY.matcher(String.valueOf(line));
        if (!ready.find()) {
            throw new IOException("the broker did not start: " + whatItSaid(line, out, errors));
        }
        port = Integer.parseInt(ready.group(1));
        Matcher recovered = RECOVERED.matcher(line);
        if (recovered.find()) {
            sessions = Long.parseLong(recovered.group(1));
            replayed = Long.parseLong(recovered.group(2));
            replayMs = Double.parseDouble(recovered.group(3));
        }
    }

    /** Of a broker that has ended, or said something else than that it is ready. */
    private static String whatItSaid(@Nullable String line, BufferedReader out, Path errors) throws IOException {
        StringBuilder said = new StringBuilder();
        for (String next = line; next != null; next = out.ready() ? out.readLine() : null) {
            said.append(next).append('\n');
        }
        said.append(new String(Files.readAllBytes(errors), StandardCharsets.UTF_8));
        return said.toString().strip();
    }

    /** From the start of the launcher until it listened. */
    double startMs() {
        return startMs;
    }

    /** Found at the last start. */
    long sessions() {
        return sessions;
    }

    /** Commands, at the last start. */
    long replayed() {
        return replayed;
    }

    /** At the last start: the state loaded and the journal behind it applied. */
    double replayMs() {
        return replayMs;
    }

    Target target() {
        return new Target("127.0.0.1", port, ProtocolVersion.V5);
    }

    long pid() {
        return running().pid();
    }

    private Process running() {
        Process present = process;
        if (present == null) {
            throw new IllegalStateException("the broker is not running");
        }
        return present;
    }

    /** As a crash of the process would end it. */
    void kill() throws IOException {
        end(running().destroyForcibly());
    }

    /** Ends it with SIGTERM; returns how long that took, in ms. */
    double stop() throws IOException {
        long beginNs = System.nanoTime();
        Process present = running();
        present.destroy();
        end(present);
        return (System.nanoTime() - beginNs) / NS_PER_MS;
    }

    private void end(Process ending) throws IOException {
        try {
            if (!ending.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new IOException("the broker does not end");
            }
            process = null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the broker ends", e);
        }
    }

    // ---- what it holds ----

    /** What the journal takes of the disk; its files are longer than that. */
    long journalBytes() throws IOException {
        return bytesBelow("data/journal");
    }

    long stateBytes() throws IOException {
        return bytesBelow("data/state");
    }

    private long bytesBelow(String name) throws IOException {
        // Files may go meanwhile, and it says so.
        Matcher sum = SUM.matcher(output("du", "-sk", directory.resolve(name).toString()));
        if (!sum.find()) {
            throw new IOException("du does not tell what " + name + " takes");
        }
        return Long.parseLong(sum.group(1)) * KB;
    }

    /** Collects its garbage; returns the bytes of the objects that are left. */
    long liveHeapBytes() throws IOException {
        Matcher total = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)").matcher(ask("GC.class_histogram"));
        if (!total.find()) {
            throw new IOException("the broker's JVM does not tell what is on its heap");
        }
        return Long.parseLong(total.group(1));
    }

    /** Resident memory that is neither heap nor pages of files. */
    long nativeBytes() throws IOException {
        List<long[]> heap = new ArrayList<>();
        Matcher range = RANGE.matcher(ask("GC.heap_info"));
        while (range.find()) {
            heap.add(new long[] {Long.parseUnsignedLong(range.group(1), 16), Long.parseUnsignedLong(range.group(2), 16)
            });
        }
        long bytes = 0;
        boolean isCounted = false;
        for (String line : Files.readAllLines(Path.of("/proc/" + pid(), "smaps"), StandardCharsets.ISO_8859_1)) {
            Matcher mapping = MAPPING.matcher(line);
            if (mapping.matches()) {
                long begin = Long.parseUnsignedLong(mapping.group(1), 16);
                isCounted = heap.stream().noneMatch(h -> begin >= h[0] && begin < h[1]);
            } else if (isCounted && line.startsWith("Anonymous:")) {
                bytes += Long.parseLong(line.replaceAll("[^0-9]", "")) * KB;
            }
        }
        return bytes;
    }

    private String ask(String command) throws IOException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        return output(jcmd, Long.toString(pid()), command);
    }

    private static String output(String... command) throws IOException {
        Process asked = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Returns when the kernel has written what it held back: what is measured next would feel it. */
    static void settleDisk() throws IOException {
        try {
            new ProcessBuilder("sync").start().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the disk settles", e);
        }
    }

    /** For the report. */
    String facts() {
        List<String> others = new ArrayList<>(lines);
        String durability = "disk";
        for (String line : lines) {
            if (line.startsWith(DURABILITY)) {
                durability = line.substring(DURABILITY.length());
                others.remove(line);
            }
        }
        return String.format(
                Locale.ROOT,
                "%s serve, durability %s%s",
                launcher.getFileName(),
                durability,
                others.isEmpty() ? "" : ", with " + others);
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            kill();
        }
        if (!keeps && Files.exists(directory.resolve("tally.conf"))) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
