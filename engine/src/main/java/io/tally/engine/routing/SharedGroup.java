package io.tally.engine.routing;

import io.tally.engine.session.Subscription;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The members of one share name and filter, by session id. Owned by the engine thread. */
public final class SharedGroup {
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private final TreeMap<Long, Subscription> bySession = new TreeMap<>();

    /** The same, to be gone through for each message; null since the last change. */
    private Subscription @Nullable [] members;

    /** Of messages that are not journaled; not part of the state. */
    private long unjournaledCount;

    void add(Subscription subscription) {
        bySession.put(subscription.session().id, subscription);
        members = null;
    }

    void remove(Subscription subscription) {
        bySession.remove(subscription.session().id);
        members = null;
    }

    boolean isEmpty() {
        return bySession.isEmpty();
    }

    private Subscription[] members() {
        Subscription[] all = members;
        if (all == null) {
            all = bySession.values().toArray(new Subscription[0]);
            members = all;
        }
        return all;
    }

    /**
     * The member that gets the message: one of the connected, else one whose queue takes it, else any. The choice
     * depends on the position alone, so a replay makes the same one; a message without a position goes round.
     */
    public Subscription choose(long position, int qos) {
        Subscription[] members = members();
        int connected = 0;
        int queueing = 0;
        for (Subscription member : members) {
            connected += member.session().isConnected() ? 1 : 0;
            queueing += member.qos() > 0 ? 1 : 0;
        }
        boolean needsConnected = connected > 0;
        boolean needsQueue = connected == 0 && qos > 0 && queueing > 0;
        int candidates = needsConnected ? connected : needsQueue ? queueing : members.length;
        long hash = position != 0 ? (position * PRIME) >>> 1 : unjournaledCount++;
        int wanted = (int) ((hash >>> (position != 0 ? 20 : 0)) % candidates);
        for (Subscription member : members) {
            boolean isCandidate = needsConnected ? member.session().isConnected() : !needsQueue || member.qos() > 0;
            if (isCandidate && wanted-- == 0) {
                return member;
            }
        }
        throw new IllegalStateException("a shared group without members was asked");
    }
}
