package io.tally.ops.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How the process runs.
 *
 * @param threading how the agents are spread over threads
 * @param ioThreads I/O loops, 1 to 64, 0 = chosen by the number of processors
 * @param placement where the threads run
 * @param sysIntervalSeconds between updates of the topics below {@code $SYS}, 0 = there are none
 * @param user user to become when started by root, null = stay who we are
 * @param pidFile file that holds the process id while the broker runs
 */
public record ProcessConfig(
        Threading threading,
        int ioThreads,
        Placement placement,
        int sysIntervalSeconds,
        @Nullable String user,
        @Nullable Path pidFile) {
    /** Everything chosen by the machine. */
    public static final ProcessConfig DEFAULT = new ProcessConfig(Threading.AUTO, 0, Placement.DEFAULT, 10, null, null);

    private static final int DEDICATED_PROCESSORS_MIN = 4;

    public ProcessConfig {
        Range.check(ioThreads, 0, 64, "io_threads");
        Range.check(sysIntervalSeconds, 0, 65_535, "sys_interval");
    }

    /** The same with other threads. */
    public ProcessConfig withThreads(Threading otherThreading, int otherIoThreads) {
        return new ProcessConfig(otherThreading, otherIoThreads, placement, sysIntervalSeconds, user, pidFile);
    }

    /** Whether one thread drives sockets and engine. */
    public boolean isShared() {
        return switch (threading) {
            case SHARED -> true;
            case DEDICATED -> false;
            case AUTO -> Runtime.getRuntime().availableProcessors() < DEDICATED_PROCESSORS_MIN;
        };
    }

    /** I/O loops. Shared: one. Dedicated: as configured, or one for every four processors. */
    public int loopCount() {
        if (isShared()) {
            return 1;
        }
        return ioThreads > 0 ? ioThreads : Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
    }
}
