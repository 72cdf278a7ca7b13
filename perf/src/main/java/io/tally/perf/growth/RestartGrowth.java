package io.tally.perf.growth;

import io.tally.perf.load.OfflineSessions;
import io.tally.perf.report.Points;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally bench growth restart}: how long a start takes when absent sessions have kept much journal. */
@Command(
        name = "restart",
        header = "Journal kept for sessions that are away: time from start to listening after kill -9 under load.",
        sortOptions = false)
final class RestartGrowth implements Callable<Integer> {
    private static final double GB = 1e9;
    private static final double STEP_SECONDS = 2;
    private static final double LOAD_SECONDS = 600;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Mixin
    private final TestedBroker broker = new TestedBroker();

    @Option(names = "--gb", paramLabel = "GB", split = ",", description = "Sizes of the journal (1,5,10).")
    private double[] gigabytes = {1, 5, 10};

    @Option(names = "--size", paramLabel = "BYTES", description = "Payload of a message (4096).")
    private int payloadBytes = 4096;

    @Option(names = "--sessions", paramLabel = "N", description = "Sessions that each hold all messages (1).")
    private int sessions = 1;

    @Option(names = "--rounds", paramLabel = "N", description = "Kills at each size (5).")
    private int rounds = 5;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Points points = options.points("Start after kill -9", "journal [GB]");
        points.fact("broker", broker.facts());
        points.fact("messages", payloadBytes + " B of payload, QoS 1, held by " + sessions + " absent session(s)");
        try (broker) {
            broker.start();
            points.add(0, "first start", "ms", broker.startMs());
            try (OfflineSessions absent = new OfflineSessions(broker.target(), "absent-%s", "backlog/#", 1)) {
                absent.make(0, sessions);
            }
            measure(points);
            for (double size : gigabytes) {
                while (broker.journalBytes() < size * GB) {
                    Fill.run(broker.target(), payloadBytes, STEP_SECONDS);
                }
                measure(points);
            }
            broker.stop();
        }
        return options.publish(points);
    }

    private void measure(Points points) throws IOException, InterruptedException {
        double[] startMs = new double[rounds];
        double[] replayMs = new double[rounds];
        double[] replayed = new double[rounds];
        TestedBroker.settleDisk();
        for (int i = 0; i < rounds; i++) {
            killUnderLoad();
            broker.start();
            startMs[i] = broker.startMs();
            replayMs[i] = broker.replayMs();
            replayed[i] = broker.replayed();
        }
        double size = broker.journalBytes() / GB;
        points.add(size, "start, median", "ms", median(startMs));
        points.add(size, "start, longest", "ms", startMs[rounds - 1]);
        points.add(size, "of that: state and replay", "ms", median(replayMs));
        points.add(size, "replayed", "commands", median(replayed));
        points.add(size, "state store", "MB", broker.stateBytes() / 1e6);
    }

    private void killUnderLoad() throws IOException, InterruptedException {
        ExecutorService load = Executors.newSingleThreadExecutor();
        try {
            Future<?> running = load.submit(() -> Fill.run(broker.target(), payloadBytes, LOAD_SECONDS));
            Thread.sleep((long) (STEP_SECONDS * 1000));
            broker.kill();
            running.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            load.shutdownNow();
        }
    }

    /** Sorts them. */
    static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
