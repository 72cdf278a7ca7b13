package io.tally.perf.growth;

import io.tally.perf.load.LoadResult;
import io.tally.perf.load.LoadRun;
import io.tally.perf.load.Target;
import io.tally.perf.load.Workload;
import io.tally.perf.load.Workload.Beside;
import io.tally.perf.load.Workload.Phases;
import java.io.IOException;
import java.util.List;

/** Messages of QoS 1 as fast as the broker takes them, below {@code backlog/}. */
final class Fill {
    private static final int PUBLISHERS = 50;
    private static final int WINDOW = 64;
    private static final double DRAIN_SECONDS = 10;

    private Fill() {}

    /** Publishes for so long; a broker that is killed meanwhile ends it. */
    static LoadResult run(Target target, int payloadBytes, double seconds) throws IOException {
        Phases phases = new Phases(0, seconds, DRAIN_SECONDS);
        Workload workload = new Workload(
                PUBLISHERS,
                0,
                1,
                1,
                payloadBytes,
                WINDOW,
                0,
                0,
                false,
                "backlog/%p",
                1,
                "backlog/#",
                Beside.NOTHING,
                phases);
        try (LoadRun run = new LoadRun(target, workload, List.of())) {
            return run.run();
        }
    }
}
