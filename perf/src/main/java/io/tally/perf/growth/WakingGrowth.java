package io.tally.perf.growth;

import io.tally.perf.load.LoadResult;
import io.tally.perf.load.LoadResult.Special;
import io.tally.perf.load.LoadResult.Totals;
import io.tally.perf.load.LoadRun;
import io.tally.perf.load.Workload;
import io.tally.perf.load.Workload.Beside;
import io.tally.perf.load.Workload.Phases;
import io.tally.perf.report.Points;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tally bench growth waking}: many sessions are resumed at once, and each has messages waiting. */
@Command(
        name = "waking",
        header = "Sessions that are resumed together, with messages waiting: time and CPU for each (1,000 to 15,000).",
        sortOptions = false)
final class WakingGrowth implements Callable<Integer> {
    private static final int FROM_DEFAULT = 1_000;
    private static final int TO_DEFAULT = 15_000;
    private static final int WARM_UP = 100;
    private static final int MESSAGES_MAX = 16;
    private static final int WINDOW = 64;
    private static final double GIVE_UP_SECONDS = 60;
    private static final double NS_PER_MS = 1e6;
    private static final double MILLIS = 1e3;
    private static final double MICROS = 1e6;
    private static final double P50 = 50;
    private static final double P99 = 99;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Mixin
    private final TestedBroker broker = new TestedBroker();

    @Option(names = "--messages", paramLabel = "N", description = "They wait in each session, 1 to 16 (1).")
    private int messages = 1;

    @Option(names = "--qos", paramLabel = "QOS", description = "Of the messages, 1 or 2 (1).")
    private int qos = 1;

    @Option(names = "--size", paramLabel = "BYTES", description = "Payload of a message (256).")
    private int payloadBytes = 256;

    private long wrong;

    @Override
    public Integer call() throws IOException {
        if (messages < 1 || messages > MESSAGES_MAX || qos < 1 || qos > 2) {
            String what = "--messages " + messages + " at --qos " + qos + " cannot wait";
            throw new ParameterException(spec.commandLine(), what + "; it is 1 to " + MESSAGES_MAX + " at 1 or 2");
        }
        Points points = options.points("Sessions that are resumed at once", "sessions");
        points.fact("broker", broker.facts());
        points.fact(
                "sessions",
                "MQTT 5, each with " + messages + " message(s) of " + payloadBytes + " B at QoS " + qos
                        + " waiting; all connect at the same time, and one thread is all the clients");
        try (broker) {
            broker.start();
            wake(WARM_UP);
            for (long sessions : options.steps(FROM_DEFAULT, TO_DEFAULT)) {
                add(points, (int) sessions, wake((int) sessions));
            }
            broker.stop();
        }
        int code = options.publish(points);
        return wrong == 0 ? code : 1;
    }

    private LoadResult wake(int sessions) throws IOException {
        Beside beside = new Beside(0, 0, sessions * messages, sessions, 0, 0);
        Phases phases = new Phases(0, 1, GIVE_UP_SECONDS);
        Workload workload =
                new Workload(0, 0, qos, qos, payloadBytes, WINDOW, 0, 0, false, "none", 1, "none", beside, phases);
        try (LoadRun run = new LoadRun(broker.target(), workload, List.of(broker.pid()))) {
            return run.run();
        }
    }

    private void add(Points points, int sessions, LoadResult result) throws IOException {
        Special special = result.special();
        Totals totals = result.totals();
        if (totals.acknowledged() != (long) sessions * messages) {
            throw new IOException(totals.acknowledged() + " messages are waiting, which are too few");
        }
        Histogram connacks = special.reconnects();
        points.add(sessions, "CONNACK, p50", "ms", connacks.getValueAtPercentile(P50) / NS_PER_MS);
        points.add(sessions, "CONNACK, p99", "ms", connacks.getValueAtPercentile(P99) / NS_PER_MS);
        points.add(sessions, "CONNACK, the last", "ms", connacks.getMaxValue() / NS_PER_MS);
        points.add(sessions, "the last message", "ms", special.drainSeconds() * MILLIS);
        points.add(sessions, "time for each session", "µs", special.drainSeconds() * MICROS / sessions);
        points.add(
                sessions,
                "CPU of the broker for each session",
                "µs",
                result.usage().brokerCpuSeconds() * MICROS / sessions);
        points.add(
                sessions,
                "CPU of the clients for each session",
                "µs",
                result.usage().loadCpuSeconds() * MICROS / sessions);
        long amiss = totals.lost()
                + totals.doubled()
                + totals.redelivered()
                + totals.reordered()
                + totals.idsInUse()
                + totals.foreign()
                + totals.connectionsLost()
                + totals.notBack();
        wrong += amiss;
        points.add(sessions, "lost, doubled, out of order or not back", "messages", (double) amiss);
    }
}
