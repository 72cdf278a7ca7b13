package io.tally.perf.growth;

import io.tally.perf.load.OfflineSessions;
import io.tally.perf.report.Points;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally bench growth sessions}: what persistent sessions without a connection cost. */
@Command(
        name = "sessions",
        header = "Sessions without a connection, one subscription each: memory, and time to start (1,000 to 1 M).",
        sortOptions = false)
final class SessionsGrowth implements Callable<Integer> {
    private static final int FROM_DEFAULT = 1_000;
    private static final int TO_DEFAULT = 1_000_000;
    private static final double MB = 1e6;
    private static final double NS_PER_SECOND = 1e9;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Mixin
    private final TestedBroker broker = new TestedBroker();

    @Option(names = "--threads", paramLabel = "N", description = "Clients that connect at the same time (64).")
    private int threads = 64;

    private long emptyBytes;
    private int present;

    @Override
    public Integer call() throws IOException {
        Points points = options.points("Persistent sessions without a connection", "sessions");
        points.fact("broker", broker.facts());
        points.fact("sessions", "MQTT 5, expiry 1 h, client id device-N, one subscription to devices/N/commands");
        try (broker) {
            broker.start();
            emptyBytes = broker.liveHeapBytes() + broker.nativeBytes();
            for (long wanted : options.steps(FROM_DEFAULT, TO_DEFAULT)) {
                make(points, (int) wanted);
                measureMemory(points, (int) wanted);
                measureRestarts(points);
            }
            broker.stop();
        }
        return options.publish(points);
    }

    private void make(Points points, int wanted) throws IOException {
        long beginNs = System.nanoTime();
        try (OfflineSessions sessions =
                new OfflineSessions(broker.target(), "device-%s", "devices/%s/commands", threads)) {
            sessions.make(present, wanted);
        }
        double seconds = (System.nanoTime() - beginNs) / NS_PER_SECOND;
        points.add(wanted, "connect, subscribe, leave", "sessions/s", (wanted - present) / seconds);
    }

    private void measureMemory(Points points, int wanted) throws IOException {
        long heap = broker.liveHeapBytes();
        long other = broker.nativeBytes();
        points.add(wanted, "live heap", "MB", heap / MB);
        points.add(wanted, "native", "MB", other / MB);
        points.add(wanted, "both, for each", "B", (double) (heap + other - emptyBytes) / wanted);
        present = wanted;
    }

    private void measureRestarts(Points points) throws IOException {
        broker.kill();
        broker.start();
        points.add(present, "start after kill -9", "ms", broker.startMs());
        points.add(present, "stop", "ms", broker.stop());
        broker.start();
        points.add(present, "start after a stop", "ms", broker.startMs());
        if (broker.sessions() != present) {
            throw new IOException(broker.sessions() + " sessions after a restart instead of " + present);
        }
    }
}
