package io.tally.engine.routing;

import io.tally.engine.session.Subscription;
import java.util.Arrays;

/** The members of one share name and filter, by session id. Owned by the engine thread. */
public final class SharedGroup {
    private static final Subscription[] NONE = new Subscription[0];
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private Subscription[] members = NONE;

    /** Of messages that are not journaled; not part of the state. */
    private long unjournaledCount;

    void add(Subscription subscription) {
        remove(subscription);
        Subscription[] larger = Arrays.copyOf(members, members.length + 1);
        int at = members.length;
        while (at > 0 && larger[at - 1].session().id > subscription.session().id) {
            larger[at] = larger[at - 1];
            at--;
        }
        larger[at] = subscription;
        members = larger;
    }

    void remove(Subscription subscription) {
        members = Arrays.stream(members)
                .filter(m -> m.session() != subscription.session())
                .toArray(Subscription[]::new);
    }

    boolean isEmpty() {
        return members.length == 0;
    }

    /**
     * The member that gets the message: one of the connected, else one whose queue takes it, else any. The choice
     * depends on the position alone, so a replay makes the same one; a message without a position goes round.
     */
    public Subscription choose(long position, int qos) {
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
