package io.tally.ops.config;

/** Argument checks of the configuration records. */
final class Range {
    private Range() {}

    static void check(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    static void check(long value, long min, long max, String name) {
        check(value >= min && value <= max, name + " " + value + " is not within " + min + " to " + max);
    }
}
