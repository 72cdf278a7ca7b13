package io.tally.perf.growth;

import io.tally.perf.load.Backlog;
import io.tally.perf.load.LoadResult;
import io.tally.perf.load.LoadResult.Totals;
import io.tally.perf.load.LoadRun;
import io.tally.perf.load.OfflineSessions;
import io.tally.perf.load.Workload;
import io.tally.perf.load.Workload.Beside;
import io.tally.perf.load.Workload.Phases;
import io.tally.perf.report.Points;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally bench growth backlog}: a subscriber comes back to very many messages while others go on. */
@Command(
        name = "backlog",
        header = "Messages queued for an absent session: how fast they drain, and what others feel (100,000 to 20 M).",
        sortOptions = false)
final class BacklogGrowth implements Callable<Integer> {
    private static final long FROM_DEFAULT = 100_000;
    private static final long TO_DEFAULT = 20_000_000;
    private static final double STEP_SECONDS = 2;
    private static final double DRAIN_SECONDS_MAX = 300;
    private static final int LIVE_PUBLISHERS = 20;
    private static final int LIVE_WINDOW = 1000;
    private static final double MB = 1e6;
    private static final double NS_PER_MS = 1e6;
    private static final double P50 = 50;
    private static final double P99 = 99;
    private static final double P999 = 99.9;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Mixin
    private final TestedBroker broker = new TestedBroker();

    @Option(names = "--size", paramLabel = "BYTES", description = "Payload of a message (200).")
    private int payloadBytes = 200;

    @Option(names = "--rate", paramLabel = "N", description = "Messages a second of the others (5000).")
    private double rate = 5000;

    @Option(
            names = "--normal",
            paramLabel = "S",
            description = "What is normal for them is measured so long, before and after (20).")
    private double normalSeconds = 20;

    @Option(names = "--restart", description = "Kill the broker (-9) between filling and draining.")
    private boolean restarts;

    private long wrong;

    @Override
    public Integer call() throws IOException {
        Points points = options.points("A backlog that is drained", "messages");
        points.fact("broker", broker.facts());
        points.fact("messages", payloadBytes + " B of payload, QoS 1, for one absent session");
        points.fact("others", rate + "/s, 256 B, QoS 1, 20 publishers to one persistent subscriber");
        try (broker) {
            broker.start();
            for (long count : options.steps(FROM_DEFAULT, TO_DEFAULT)) {
                measure(points, count);
            }
            broker.stop();
        }
        int code = options.publish(points);
        return wrong == 0 ? code : 1;
    }

    private void measure(Points points, long count) throws IOException {
        double x = (double) count;
        String client = "absent-" + count;
        try (OfflineSessions absent = new OfflineSessions(broker.target(), client, "backlog/#", 1)) {
            absent.make(0, 1);
        }
        double seconds = 0;
        long queued = 0;
        while (queued < count) {
            LoadResult fill = Fill.run(broker.target(), payloadBytes, STEP_SECONDS);
            queued += fill.totals().acknowledged();
            seconds += fill.measured().seconds();
        }
        points.add(x, "in", "messages/s", queued / seconds);
        points.add(x, "live heap, full", "MB", broker.liveHeapBytes() / MB);
        if (restarts) {
            broker.kill();
            broker.start();
            points.add(x, "start after kill -9", "ms", broker.startMs());
        }
        TestedBroker.settleDisk();
        long amiss = add(points, x, "before", live(normalSeconds, null));
        Backlog backlog = new Backlog(broker.target(), client, queued);
        amiss += add(points, x, "meanwhile", live(DRAIN_SECONDS_MAX, backlog));
        TestedBroker.settleDisk();
        amiss += add(points, x, "after", live(normalSeconds, null));
        points.add(x, "out", "messages/s", backlog.received() / backlog.seconds());
        amiss += Math.abs(backlog.received() - queued) + backlog.reordered();
        wrong += amiss;
        points.add(x, "lost, doubled or out of order", "messages", (double) amiss);
    }

    private LoadResult live(double seconds, @Nullable Backlog backlog) throws IOException {
        Phases phases = new Phases(normalSeconds / 2, seconds, 5);
        Workload workload = new Workload(
                LIVE_PUBLISHERS,
                1,
                1,
                1,
                256,
                LIVE_WINDOW,
                0,
                rate,
                true,
                "live/%p",
                1,
                "live/#",
                Beside.NOTHING,
                phases);
        try (LoadRun run = new LoadRun(broker.target(), workload, List.of(broker.pid()))) {
            if (backlog != null) {
                run.meanwhile(backlog);
            }
            return run.run();
        }
    }

    /** Returns how many of the others' messages were lost, doubled or out of order. */
    private static long add(Points points, double x, String when, LoadResult others) {
        Histogram latency = others.received();
        points.add(x, when + ", p50 of the others' latency", "ms", latency.getValueAtPercentile(P50) / NS_PER_MS);
        points.add(x, when + ", p99 of the others' latency", "ms", latency.getValueAtPercentile(P99) / NS_PER_MS);
        points.add(x, when + ", p99.9 of the others' latency", "ms", latency.getValueAtPercentile(P999) / NS_PER_MS);
        Totals totals = others.totals();
        return totals.lost() + totals.doubled() + totals.reordered();
    }
}
