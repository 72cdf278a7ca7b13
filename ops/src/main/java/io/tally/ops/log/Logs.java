package io.tally.ops.log;

import io.tally.ops.config.LogConfig;
import io.tally.ops.config.LogType;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * The log of this process. Until {@link #configure}, warnings and errors go to standard error at once; from then on
 * lines go through a bounded queue to one writing thread: callers never wait and never see an error.
 */
public final class Logs {
    /** Marks lines of {@code log_type notice}. */
    public static final Marker NOTICE = MarkerFactory.getMarker(LogType.NOTICE.name());

    /** Marks lines of {@code log_type subscribe}. */
    public static final Marker SUBSCRIBE = MarkerFactory.getMarker(LogType.SUBSCRIBE.name());

    /** Marks lines of {@code log_type unsubscribe}. */
    public static final Marker UNSUBSCRIBE = MarkerFactory.getMarker(LogType.UNSUBSCRIBE.name());

    private static volatile State state = new State(EnumSet.of(LogType.ERROR, LogType.WARNING), null, true);

    private record State(Set<LogType> types, @Nullable LogWriter writer, boolean toStderr) {}

    private Logs() {}

    /** Logs as the configuration says, from now on. */
    public static void configure(LogConfig config) {
        LogWriter before = state.writer;
        boolean anywhere = config.toStdout() || config.toStderr() || config.file() != null;
        state = anywhere
                ? new State(config.types(), LogWriter.start(config), config.toStderr())
                : new State(EnumSet.noneOf(LogType.class), null, false);
        if (before != null) {
            before.stop();
        }
    }

    /** Logs nothing at all, from now on. */
    public static void silence() {
        State before = state;
        state = new State(EnumSet.noneOf(LogType.class), null, false);
        if (before.writer != null) {
            before.writer.stop();
        }
    }

    /** Waits until what was logged so far is written, a second at most. For the last words of a process. */
    public static void flush() {
        LogWriter writer = state.writer;
        if (writer != null) {
            writer.flush();
        }
    }

    /** Tells whoever started the process of an error that was just logged, unless the log goes to him. */
    public static void tellOnce(String error) {
        flush();
        State now = state;
        if (!now.toStderr || !now.types.contains(LogType.ERROR)) {
            System.err.println("tally: " + error);
        }
    }

    static boolean isEnabled(LogType type) {
        return state.types.contains(type);
    }

    /** Takes one line, which may hold the lines of a stack trace. */
    static void write(LogType type, String line) {
        State now = state;
        if (!now.types.contains(type)) {
            return;
        }
        if (now.writer == null) {
            System.err.println(line);
        } else {
            now.writer.offer(type, line);
        }
    }
}
