package io.tally.engine.sim;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Retained messages for which a session's queue had no room when it subscribed: they come when there is, behind what
 * came since. When exactly is the engine's business; what is retained meanwhile comes as any other message does, and
 * not once more, but at QoS 0.
 */
final class LateRetained {
    final ModelSession session;
    final String filter;

    /** The options byte and the subscription identifier. */
    final int[] value;

    private final boolean isUpgraded;

    /** The command that asked for them. */
    final long since;

    /** Each of these comes once at most. */
    final Set<Publication> may;

    /** Those of them that were retained behind that command. */
    private final Set<Publication> later = new HashSet<>();

    /** Those of them that come for certain, if they stay retained. */
    final Set<Publication> must;

    /** The subscription is another one now, or none: nothing more is queued for it. */
    boolean isOver;

    LateRetained(
            ModelSession session,
            String filter,
            int[] value,
            boolean isUpgraded,
            long since,
            Set<Publication> messages) {
        this.session = session;
        this.filter = filter;
        this.value = value;
        this.isUpgraded = isUpgraded;
        this.since = since;
        this.may = new LinkedHashSet<>(messages);
        this.must = new LinkedHashSet<>(messages);
    }

    /** The same with other options: what has not come goes on. */
    LateRetained changed(int[] newValue, long command) {
        LateRetained changed = new LateRetained(session, filter, newValue, isUpgraded, command, must);
        changed.may.addAll(may);
        changed.later.addAll(later);
        end();
        return changed;
    }

    void end() {
        isOver = true;
        must.clear();
    }

    /** Another one is retained on this topic. */
    void offer(Publication p) {
        if (!isOver && Topics.matches(filter, p.topic())) {
            may.add(p);
            later.add(p);
        }
    }

    /** What was retained later comes at QoS 0 only. */
    boolean mayCome(Publication p) {
        return qos(p) == 0 || !later.contains(p);
    }

    int qos(Publication p) {
        int granted = value[0] & 3;
        return isUpgraded ? granted : Math.min(granted, p.qos());
    }

    Expected expected(Publication p) {
        List<Integer> ids = new ArrayList<>();
        if (value[1] != 0) {
            ids.add(value[1]);
        }
        Expected e = new Expected(session, p, qos(p), true, ids, since);
        e.isLate = true;
        e.mayBeDup = session.lostCommand >= since;
        e.maySent = e.mayBeDup;
        return e;
    }

    void take(Publication p) {
        may.remove(p);
        must.remove(p);
    }
}
