package io.tally.engine.sim;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A message for a shared subscription with several members: exactly one of them gets it, the engine says which. */
final class GroupDelivery {
    final Publication publication;
    final List<Expected> candidates = new ArrayList<>();

    /** Whom the engine has chosen, once that has been seen. */
    @Nullable
    Expected taken;

    /** A candidate's session has ended: it may have been the chosen one. */
    boolean isExcused;

    GroupDelivery(Publication publication) {
        this.publication = publication;
    }

    /** Strikes the others out. */
    void take(Expected chosen) {
        AuditFailure.check(taken == null, "a shared message goes to one member", taken, chosen);
        taken = chosen;
        chosen.group = null;
        for (Expected other : candidates) {
            if (other != chosen) {
                other.session.strike(other);
            }
        }
    }
}
