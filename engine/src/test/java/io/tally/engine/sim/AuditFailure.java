package io.tally.engine.sim;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The broker did what it must not do, or did not do what it must. */
public final class AuditFailure extends AssertionError {
    private static final long serialVersionUID = 1;

    public AuditFailure(String message) {
        super(message);
    }

    static void check(boolean condition, String claim, @Nullable Object... details) {
        if (!condition) {
            throw new AuditFailure("not so: " + claim + (details.length == 0 ? "" : " " + Arrays.toString(details)));
        }
    }
}
