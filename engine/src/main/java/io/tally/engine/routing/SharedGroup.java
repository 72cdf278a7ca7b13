package io.tally.engine.routing;

import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.session.Subscription;
import io.tally.protocol.Invariant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The members of one share name and filter, by session id, and what waits for them. Owned by the engine thread. */
public final class SharedGroup {
    /** Topics are spread over so many {@link Lane lanes}. */
    public static final int LANES = 64;

    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;
    private static final long[] NO_OWNERS = new long[0];

    public final long id;
    public final String fullFilter;

    private final NavigableMap<Long, Subscription> members = new TreeMap<>();
    private final NavigableMap<Long, Subscription> connected = new TreeMap<>();

    /** Those of the connected that take a further message now, perhaps others: not yet found to be full. */
    private final NavigableMap<Long, Subscription> ready = new TreeMap<>();

    private final NavigableMap<Integer, Lane> lanes = new TreeMap<>();

    /** Sessions without a connection that hold messages of this group, as nobody was there to take them over. */
    public final NavigableSet<Long> parked = new TreeSet<>();

    /** Session id of the member that was served last. */
    public long last;

    /** The same for messages that are sent once and forgotten; not part of the state. */
    private long lastAtQos0;

    private int queueingCount;

    /** Changes with the connected members. */
    private long version;

    /** Of lanes, found for the connected members of a version; 0 = not yet. Not part of the state. */
    private long[] owners = NO_OWNERS;

    private long ownersVersion;

    // ---- of the checkpoint ----

    public boolean isDirty;
    public boolean isStored;
    public boolean isEnded;
    private final List<Lane> removed = new ArrayList<>(0);

    public SharedGroup(long id, String fullFilter) {
        this.id = id;
        this.fullFilter = fullFilter;
    }

    // ---- members ----

    /** Takes the place of the session's subscription of before, if there is one. */
    void add(Subscription subscription) {
        long session = subscription.session().id;
        Subscription old = members.put(session, subscription);
        queueingCount += isQueueing(subscription) - (old == null ? 0 : isQueueing(old));
        connected.replace(session, subscription);
        ready.replace(session, subscription);
    }

    /** Answers whether it was a member. */
    boolean remove(Subscription subscription) {
        long session = subscription.session().id;
        Subscription old = members.remove(session);
        queueingCount -= old == null ? 0 : isQueueing(old);
        disconnect(session);
        return old != null;
    }

    private static int isQueueing(Subscription subscription) {
        return subscription.qos() > 0 ? 1 : 0;
    }

    public boolean isEmpty() {
        return members.isEmpty();
    }

    public Collection<Subscription> members() {
        return members.values();
    }

    /** Whether somebody is there for whom messages may wait. */
    public boolean isQueueing() {
        return queueingCount > 0;
    }

    public void connect(Subscription member) {
        connected.put(member.session().id, member);
        version++;
    }

    public void disconnect(long session) {
        version += connected.remove(session) == null ? 0 : 1;
        ready.remove(session);
    }

    public boolean isAnyConnected() {
        return !connected.isEmpty();
    }

    /** The member takes further messages. */
    public void setReady(Subscription member) {
        ready.put(member.session().id, member);
    }

    public void setFull(long session) {
        ready.remove(session);
    }

    // ---- whose turn it is ----

    /** The next in turn that takes a message; null when nobody does. */
    public @Nullable Subscription nextReady() {
        return next(ready, last);
    }

    /** The owner of a lane, as far as it is connected; it changes its owner when that one has gone. */
    public @Nullable Subscription readyOwner(Lane lane, boolean sticky) {
        boolean isThere = connected.containsKey(lane.owner);
        if (!isThere && sticky) {
            Subscription next = next(connected, last);
            lane.owner = next == null ? 0 : next.session().id;
        } else if (!sticky && (!isThere || lane.inFlight == 0)) {
            lane.owner = owner(lane.number);
        }
        return ready.get(lane.owner);
    }

    /** A connected member for a message that is sent once and forgotten: the choice changes no state. */
    public @Nullable Subscription nextAtQos0() {
        Subscription next = next(connected, lastAtQos0);
        lastAtQos0 = next == null ? 0 : next.session().id;
        return next;
    }

    /** As {@link #nextAtQos0}, always the same member while it is there. */
    public @Nullable Subscription ownerAtQos0(int lane, boolean sticky) {
        Lane present = lanes.get(lane);
        Subscription owner = present == null ? null : connected.get(present.owner);
        if (owner != null || connected.isEmpty()) {
            return owner;
        }
        return sticky ? connected.firstEntry().getValue() : connected.get(owner(lane));
    }

    /** As {@link #ownerOf}, remembered while the same are connected. */
    private long owner(int lane) {
        if (ownersVersion != version) {
            ownersVersion = version;
            Arrays.fill(owners, 0);
        }
        if (owners.length == 0) {
            owners = new long[LANES];
        }
        if (owners[lane] == 0) {
            owners[lane] = ownerOf(lane);
        }
        return owners[lane];
    }

    /** Of the connected, the one with the highest hash: who comes or goes takes only its own part of the lanes. */
    private long ownerOf(int lane) {
        long best = 0;
        long owner = 0;
        for (long session : connected.keySet()) {
            long mixed = (session * LANES + lane + 1) * PRIME;
            long hash = ((mixed ^ mixed >>> 32) * PRIME) >>> 1;
            if (owner == 0 || hash > best) {
                best = hash;
                owner = session;
            }
        }
        return owner;
    }

    private static @Nullable Subscription next(NavigableMap<Long, Subscription> all, long behind) {
        Map.Entry<Long, Subscription> next = all.higherEntry(behind);
        next = next == null ? all.firstEntry() : next;
        return next == null ? null : next.getValue();
    }

    // ---- what waits ----

    public @Nullable Lane lane(int number) {
        return lanes.get(number);
    }

    public void add(Lane lane) {
        lanes.put(lane.number, lane);
    }

    /** Its queues are empty, and no member has anything of it. */
    public void remove(Lane lane) {
        lanes.remove(lane.number);
        if (lane.returned.hasRows() || lane.waiting.hasRows()) {
            removed.add(lane);
        }
    }

    /** Lanes removed since the last checkpoint that have rows, which have to go. */
    public List<Lane> takeRemoved() {
        List<Lane> all = List.copyOf(removed);
        removed.clear();
        return all;
    }

    public Collection<Lane> lanes() {
        return lanes.values();
    }

    /** Messages that no member has. */
    public long count() {
        long count = 0;
        for (Lane lane : lanes.values()) {
            count += lane.count();
        }
        return count;
    }

    /** Their bytes. */
    public long bytes() {
        long bytes = 0;
        for (Lane lane : lanes.values()) {
            bytes += lane.bytes();
        }
        return bytes;
    }

    /** Gives up the message that was published first and answers its lane; there must be one. */
    public Lane dropOldest() {
        Lane of = null;
        SessionQueue oldest = null;
        for (Lane lane : lanes.values()) {
            SessionQueue older = older(older(oldest, lane.returned), lane.waiting);
            of = older == oldest ? of : lane;
            oldest = older;
        }
        SessionQueue present = Invariant.present(oldest, "a group with messages has a queue");
        present.finish(present.head());
        return Invariant.present(of, "a queue has a lane");
    }

    private static @Nullable SessionQueue older(@Nullable SessionQueue a, SessionQueue b) {
        if (b.isEmpty()) {
            return a;
        }
        return a == null || b.position(b.head()) < a.position(a.head()) ? b : a;
    }

    public boolean isAnyReturned() {
        for (Lane lane : lanes.values()) {
            if (!lane.returned.isEmpty()) {
                return true;
            }
        }
        return false;
    }
}
