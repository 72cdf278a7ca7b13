package io.tally.engine.session;

import io.tally.engine.delivery.SessionQueue;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a volatile session was to get before its progress began to be journaled: it comes first, and is no part of the
 * state. Owned by the engine thread.
 */
public final class Former {
    public final SessionQueue queue;

    /** As {@link Session#retainedWanted}. */
    public final Map<String, RetainedWanted> retainedWanted;

    Former(SessionQueue queue, Map<String, RetainedWanted> retainedWanted) {
        this.queue = queue;
        this.retainedWanted = new LinkedHashMap<>(retainedWanted);
    }

    public boolean isDone() {
        return queue.isEmpty() && retainedWanted.isEmpty();
    }
}
