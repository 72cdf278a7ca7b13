package io.tally.ops.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How the process runs.
 *
 * @param threading how the agents are spread over threads
 * @param ioThreads I/O loops, 1 to 64, 0 = chosen by the number of processors
 * @param sysIntervalSeconds between updates of the topics below {@code $SYS}, 0 = there are none
 * @param user user to become when started by root, null = stay who we are
 * @param pidFile file that holds the process id while the broker runs
 */
public record ProcessConfig(
        Threading threading,
        int ioThreads,
        int sysIntervalSeconds,
        @Nullable String user,
        @Nullable Path pidFile) {
    /** Everything chosen by the machine. */
    public static final ProcessConfig DEFAULT = new ProcessConfig(Threading.AUTO, 0, 10, null, null);

    public ProcessConfig {
        Range.check(ioThreads, 0, 64, "io_threads");
        Range.check(sysIntervalSeconds, 0, 65_535, "sys_interval");
    }
}
