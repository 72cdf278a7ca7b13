package io.tally.protocol;

import org.jspecify.annotations.Nullable;

/**
 * Checks that stay on in production: when one fails we are wrong, the process dies and a restart replays the
 * journal.
 */
public final class Invariant {
    private Invariant() {}

    /** Throws {@link Broken} unless the condition holds. */
    public static void check(boolean condition, String claim) {
        if (!condition) {
            throw new Broken(claim);
        }
    }

    /** As {@link #check(boolean, String)}, with a number that helps to find the cause. */
    public static void check(boolean condition, String claim, long value) {
        if (!condition) {
            throw new Broken(claim + ": " + value);
        }
    }

    /** Answers a value that must be there. */
    public static <T> T present(@Nullable T value, String claim) {
        if (value == null) {
            throw new Broken(claim);
        }
        return value;
    }

    /** Something that cannot be is. Caught only by an agent's loop, which stops the process. */
    public static final class Broken extends IllegalStateException {
        private static final long serialVersionUID = 1;

        public Broken(String claim) {
            super("invariant broken: " + claim);
        }
    }
}
