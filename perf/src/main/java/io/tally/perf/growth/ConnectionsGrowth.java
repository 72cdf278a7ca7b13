package io.tally.perf.growth;

import io.tally.perf.load.IdleConnections;
import io.tally.perf.load.IdleConnections.Sample;
import io.tally.perf.report.Points;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally bench growth connections}: what clients that are connected and do nothing cost. */
@Command(
        name = "connections",
        header = "Connections over TCP that do nothing: memory, connects a second and their CPU (100 to 15,000).",
        sortOptions = false)
final class ConnectionsGrowth implements Callable<Integer> {
    private static final int FROM_DEFAULT = 100;
    private static final int TO_DEFAULT = 15_000;
    private static final int WARM_UP_ROUNDS = 6;
    private static final double MB = 1e6;
    private static final double MICROS = 1e6;
    private static final double KB = 1024;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Mixin
    private final TestedBroker broker = new TestedBroker();

    @Option(names = "--threads", paramLabel = "N", description = "Clients that connect at the same time (8).")
    private int threads = 8;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "Connects before, a sixth at a time, so that the compiler is not measured (3000).")
    private int warmUp = 3_000;

    @Option(names = "--settle", paramLabel = "S", description = "Before memory is looked at (2).")
    private double settleSeconds = 2;

    private long emptyHeap;
    private long emptyNative;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Points points = options.points("Connections over TCP", "connections");
        points.fact("broker", broker.facts());
        points.fact(
                "connections", "MQTT 5, clean start, nothing behind CONNACK; the kernel's own memory is not counted");
        int lost;
        try (broker) {
            broker.start();
            for (int i = 0; i < WARM_UP_ROUNDS; i++) {
                try (IdleConnections some = connections()) {
                    some.more(warmUp / WARM_UP_ROUNDS, 0);
                }
                broker.liveHeapBytes(); // The first collection takes memory of its own.
            }
            try (IdleConnections idle = connections()) {
                idle.more(0, settleMs());
                emptyHeap = broker.liveHeapBytes();
                emptyNative = broker.nativeBytes();
                int present = 0;
                for (long wanted : options.steps(FROM_DEFAULT, TO_DEFAULT)) {
                    Sample sample = idle.more((int) wanted - present, settleMs());
                    add(points, sample, (int) wanted - present);
                    present = (int) wanted;
                }
                lost = idle.lost();
                points.add(present, "closed by the broker", "connections", lost);
            }
            broker.stop();
        }
        int code = options.publish(points);
        return lost == 0 ? code : 1;
    }

    private IdleConnections connections() {
        return new IdleConnections(broker.target(), threads, List.of(broker.pid()));
    }

    private long settleMs() {
        return (long) (settleSeconds * 1000);
    }

    private void add(Points points, Sample sample, int added) throws IOException {
        double x = sample.connections();
        points.add(x, "connects", "connects/s", added / sample.seconds());
        points.add(x, "CPU of the broker for a connect", "µs", sample.cpuSeconds() * MICROS / added);
        points.add(x, "resident", "MB", sample.residentKb() * KB / MB);
        long heap = broker.liveHeapBytes();
        long other = broker.nativeBytes();
        points.add(x, "live heap", "MB", heap / MB);
        points.add(x, "native", "MB", other / MB);
        points.add(x, "heap for each", "B", (heap - emptyHeap) / x);
        points.add(x, "native for each", "B", (other - emptyNative) / x);
    }
}
