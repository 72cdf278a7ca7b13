package io.tally.ops.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real broker process: started, killed, terminated, stopped and measured from outside. Used by one thread. */
final class BrokerProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private final BrokerSettings settings;
    private Process process;
    private Duration startTime = Duration.ZERO;

    private BrokerProcess(BrokerSettings settings, Process process) {
        this.settings = settings;
        this.process = process;
    }

    /** Starts the broker and waits for its first accepted connection. */
    static BrokerProcess start(BrokerSettings settings) throws IOException {
        long begin = System.nanoTime();
        BrokerProcess broker = new BrokerProcess(settings, launch(settings));
        broker.awaitPort(begin);
        return broker;
    }

    /** Starts it again with the same settings; the old process must have ended. */
    void restart() throws IOException {
        if (process.isAlive()) {
            throw new IllegalStateException("process " + process.pid() + " still runs");
        }
        long begin = System.nanoTime();
        process = launch(settings);
        awaitPort(begin);
    }

    /**
     * Starts it again and sends SIGTERM some time after the new process has printed this.
     *
     * @return exit code
     */
    int terminateStart(String printed, Duration later) throws IOException, InterruptedException {
        int before = log().length();
        process = launch(settings);
        Await.until(
                printed,
                START_LIMIT,
                () -> !process.isAlive() || text(settings.log()).indexOf(printed, before) >= 0);
        Await.pass(later);
        return terminate();
    }

    /** Whether the file holds the number of this process. */
    boolean isPid(Path file) {
        return text(file).strip().equals(Long.toString(process.pid()));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL; returns when the process is gone. */
    void kill9() {
        process.destroyForcibly();
        Await.until("process gone after kill -9", Duration.ofSeconds(30), () -> !process.isAlive());
    }

    /** SIGTERM; returns the exit code. */
    int terminate() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new AssertionError("still running 30 s after SIGTERM, see " + settings.log());
        }
        return process.exitValue();
    }

    /** Any other signal by name: STOP, CONT, HUP. */
    void signal(String name) throws IOException {
        Shell.must("kill", "-" + name, Long.toString(process.pid()));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    int port() {
        return settings.port();
    }

    /** From the launch of the process to its first accepted connection. */
    Duration startTime() {
        return startTime;
    }

    /** Everything that this broker has printed, over all its starts. */
    String log() throws IOException {
        return Files.readString(settings.log(), StandardCharsets.UTF_8);
    }

    /** What of which files is mapped into its memory, as /proc/PID/maps. */
    String maps() throws IOException {
        return Files.readString(Path.of("/proc", Long.toString(process.pid()), "maps"), StandardCharsets.ISO_8859_1);
    }

    /** A figure of /proc/PID/status in KiB: VmRSS, RssAnon, VmHWM. */
    long statusKb(String key) throws IOException {
        String prefix = key + ":";
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            if (line.startsWith(prefix)) {
                return Long.parseLong(
                        line.substring(prefix.length()).replace("kB", "").trim());
            }
        }
        throw new IOException("no " + key + " of process " + process.pid());
    }

    /** Where the thread of this name may run, as the kernel writes it. */
    String cpusOf(String thread) throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            for (Path task : tasks.toList()) {
                if (text(task.resolve("comm")).strip().equals(thread)) {
                    return cpus(task);
                }
            }
        }
        throw new IOException("no thread " + thread);
    }

    /** Where a process or thread may run, by its directory in /proc. */
    static String cpus(Path directory) {
        String key = "Cpus_allowed_list:";
        return text(directory.resolve("status"))
                .lines()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(key.length()).strip())
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill9();
        }
    }

    private static Process launch(BrokerSettings settings) throws IOException {
        Process started = new ProcessBuilder(settings.command())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(settings.log().toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
        return started;
    }

    private void awaitPort(long begin) throws IOException {
        boolean open = Await.holds(START_LIMIT, () -> !process.isAlive() || accepts());
        if (!open || !process.isAlive()) {
            String why = process.isAlive() ? "did not open its port" : "exited with " + process.exitValue();
            close();
            throw new IOException("the broker " + why + "; its output:\n" + log());
        }
        startTime = Duration.ofNanos(System.nanoTime() - begin);
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), settings.port()), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
