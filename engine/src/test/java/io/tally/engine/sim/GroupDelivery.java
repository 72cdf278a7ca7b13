package io.tally.engine.sim;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A message for a shared subscription with several members: exactly one of them gets it, the engine says which. */
final class GroupDelivery {
    final Publication publication;
    final List<Expected> candidates;

    /** A member with QoS 0 was connected when the message was routed; at the end of the command others may be. */
    final boolean mayBeImmediate;

    /** Whom the engine has chosen, once that has been seen. */
    @Nullable
    Expected taken;

    /** It may have been delivered or dropped where that cannot be seen. */
    private boolean isExcused;

    GroupDelivery(Publication publication, List<Expected> candidates) {
        this.publication = publication;
        this.candidates = candidates;
        this.mayBeImmediate = candidates.stream().anyMatch(c -> c.qos == 0 && c.connection != 0);
    }

    void excuse() {
        isExcused = true;
    }

    /** Whether the chosen member may have lost it rightly: its session has ended, or its queue was full. */
    boolean isExcused() {
        return isExcused || candidates.stream().anyMatch(c -> c.isOptional || c.session.isEnded);
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
