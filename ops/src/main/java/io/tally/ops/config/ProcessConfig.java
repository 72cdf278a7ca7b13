package io.tally.ops.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How the process runs.
 *
 * @param threading how the agents are spread over threads
 * @param ioThreads I/O loops, 1 to 64, 0 = chosen by the number of processors
 * @param user user to become when started by root, null = stay who we are
 * @param pidFile file that holds the process id while the broker runs
 */
public record ProcessConfig(
        Threading threading,
        int ioThreads,
        @Nullable String user,
        @Nullable Path pidFile) {
    /** Everything chosen by the machine. */
    public static final ProcessConfig DEFAULT = new ProcessConfig(Threading.AUTO, 0, null, null);

    public ProcessConfig {
        Range.check(ioThreads, 0, 64, "io_threads");
    }
}
