package io.tally.ops.config;

import java.util.EnumSet;
import java.util.Set;

/** Kinds of log lines, with the names of {@code log_type}. */
public enum LogType {
    ERROR,
    WARNING,
    NOTICE,
    INFORMATION,
    DEBUG,
    SUBSCRIBE,
    UNSUBSCRIBE,
    WEBSOCKETS,
    INTERNAL;

    /** What is logged unless {@code log_type} says otherwise. */
    public static final Set<LogType> DEFAULT = Set.copyOf(EnumSet.of(ERROR, WARNING, NOTICE, INFORMATION));
}
