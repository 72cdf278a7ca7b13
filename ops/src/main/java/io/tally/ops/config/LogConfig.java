package io.tally.ops.config;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is logged and where to.
 *
 * @param toStdout to standard output
 * @param toStderr to standard error
 * @param file appended to, null = no file
 * @param types what is logged
 * @param timestamped whether each line begins with the time
 * @param connectionMessages whether clients coming and going are logged
 */
public record LogConfig(
        boolean toStdout,
        boolean toStderr,
        @Nullable Path file,
        Set<LogType> types,
        boolean timestamped,
        boolean connectionMessages) {
    /** Mosquitto's default: standard error; errors, warnings, notices and information. */
    public static final LogConfig DEFAULT = new LogConfig(false, true, null, LogType.DEFAULT, true, true);

    public LogConfig {
        types = Set.copyOf(types);
    }

    /** The same with other types. */
    public LogConfig withTypes(EnumSet<LogType> others) {
        return new LogConfig(toStdout, toStderr, file, others, timestamped, connectionMessages);
    }
}
