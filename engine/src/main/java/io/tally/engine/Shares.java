package io.tally.engine;

import io.tally.engine.delivery.Entry;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.routing.Lane;
import io.tally.engine.routing.SharedGroup;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.engine.state.Rows;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.command.SharedStrategy;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/*
 * Idea. A shared group is a queue of its own, of which its members take what they can carry: a member has at most a
 * receive window of messages, the rest waits in the group. So whoever goes away gives back little, a member that comes
 * works off what waits, and nobody who is slow holds messages that others could take.
 *
 * Who goes away. When its connection is lost (the client may come back) or its session ends, what it has not finished
 * goes back, ahead of what waits, and from there to others as a new delivery. Two things do not: QoS 2 that may have
 * been sent stays with its session to the end [MQTT-4.8.2-4] [MQTT-4.8.2-5]; and while nobody else is connected, a
 * session that goes on keeps what it has ("parked"), until it returns or another member comes.
 *
 * Lanes. A message waits in the lane of its group that its topic's hash says, or in the only one. Between commands
 * either nothing waits in a lane, or no member that it may go to has room: so whatever gives a member room or a lane
 * another owner has the group dispatched. Which members the group has found to be full is no state; after a load it is
 * all that are, live those that something waited for, and the others make no difference.
 *
 * Bounds. One command moves no more than a window to one member, and no more than that of one session back.
 */

/** Shared subscriptions: each message goes to one member of each group. Owned by the engine thread. */
final class Shares {
    /** Messages of shared groups that one member has at a time, if its Receive Maximum is not lower. */
    static final int IN_FLIGHT_MAX = 128;

    private static final int[] NO_IDS = new int[0];
    private static final int HASH_PRIME = 0x0100_0193;

    private final BrokerState state;
    private final Deliveries deliveries;
    private final Cleans cleans;
    private final Overflow overflow;

    /** Groups with messages that wait for nobody who has acknowledged; empty between commands. */
    private final NavigableSet<String> idleGroups = new TreeSet<>();

    Shares(BrokerState state, Deliveries deliveries, Cleans cleans, Overflow overflow) {
        this.overflow = overflow;
        this.state = state;
        this.deliveries = deliveries;
        this.cleans = cleans;
    }

    /** The state has come from the store. */
    void onLoaded() {
        for (SharedGroup group : state.groups.values()) {
            for (Subscription member : group.members()) {
                connectIfThere(group, member);
            }
        }
        for (Session session : state.sessionsById.values()) {
            for (long sequence : Rows.sequences(session.shared())) {
                Lane lane = state.lanes.get(session.shared().get(sequence));
                if (lane != null) {
                    lane.inFlight++;
                    park(session, lane);
                }
            }
        }
    }

    private void connectIfThere(SharedGroup group, Subscription member) {
        if (member.session().isConnected()) {
            group.connect(member);
            if (hasRoom(member.session())) {
                group.setReady(member);
            } else {
                setFull(group, member);
            }
        }
    }

    private static void setFull(SharedGroup group, Subscription member) {
        group.setFull(member.session().id);
        member.session().addFullIn(group.fullFilter);
    }

    private static void park(Session session, Lane lane) {
        if (!session.isConnected()) {
            lane.group.parked.add(session.id);
        }
    }

    // ---- messages ----

    /** 0 to {@link SharedGroup#LANES} - 1. */
    static int topicHash(PublishCommand publish) {
        int hash = 0x811C_9DC5;
        for (int i = 0; i < publish.topicLength(); i++) {
            hash = (hash ^ publish.buffer().getByte(publish.topicOffset() + i)) * HASH_PRIME;
        }
        return (hash ^ hash >>> 15) >>> 7 & (SharedGroup.LANES - 1);
    }

    /** The connected member that gets a message with QoS 0 at once; null when there is none. */
    @Nullable
    Subscription chooseAtQos0(SharedGroup group, int topicHash) {
        return switch (SharedStrategy.of(state.limits)) {
            case ROUND_ROBIN -> group.nextAtQos0();
            case STICKY -> group.ownerAtQos0(0, true);
            case HASH_TOPIC -> group.ownerAtQos0(topicHash, false);
        };
    }

    /**
     * Gives a journaled message to a member, or lets it wait. Answers the member if it is to be delivered at once, as
     * that one has subscribed with QoS 0.
     */
    @Nullable
    Subscription offer(SharedGroup group, int topicHash, long position, int size, int meta) {
        Lane lane = state.lane(group, isByTopic() ? topicHash : 0);
        Subscription member = lane.isEmpty() ? choose(lane) : null;
        boolean isAtOnce = member != null && Math.min(member.qos(), Entry.publishedQos(meta)) == 0;
        if (member == null) {
            if (mayWait(lane, size, Entry.publishedQos(meta))) {
                lane.waiting.enqueue(position, size, meta, NO_IDS);
                state.dirty(group);
            }
        } else if (!isAtOnce) {
            assign(member, lane, position, size, meta);
        }
        state.forgetIfIdle(lane);
        return isAtOnce ? member : null;
    }

    private boolean isByTopic() {
        return SharedStrategy.of(state.limits) == SharedStrategy.HASH_TOPIC;
    }

    private boolean mayWait(Lane lane, int size, int publishedQos) {
        SharedGroup group = lane.group;
        Limits limits = state.limits;
        boolean isWanted =
                group.isAnyConnected() || limits.isOn(Limit.QUEUE_QOS0) || (publishedQos > 0 && group.isQueueing());
        return isWanted && overflow.makeRoom(lane, size);
    }

    /** The member that gets the next message of a lane; null when nobody that may takes one. */
    private @Nullable Subscription choose(Lane lane) {
        SharedGroup group = lane.group;
        long owner = lane.owner;
        Subscription member = switch (SharedStrategy.of(state.limits)) {
            case ROUND_ROBIN -> nextWithRoom(group);
            case STICKY -> ownerWithRoom(lane, true);
            case HASH_TOPIC -> ownerWithRoom(lane, false);
        };
        if (member != null) {
            group.last = member.session().id;
        }
        if (member != null || owner != lane.owner) {
            state.dirty(group);
        }
        return member;
    }

    /** The next in turn; who has no room any more is found out here, not in each group when it has become full. */
    private @Nullable Subscription nextWithRoom(SharedGroup group) {
        Subscription next = group.nextReady();
        while (next != null && !hasRoom(next.session())) {
            setFull(group, next);
            next = group.nextReady();
        }
        return next;
    }

    private @Nullable Subscription ownerWithRoom(Lane lane, boolean sticky) {
        Subscription owner = lane.group.readyOwner(lane, sticky);
        if (owner == null || hasRoom(owner.session())) {
            return owner;
        }
        setFull(lane.group, owner);
        return null;
    }

    private void assign(Subscription member, Lane lane, long position, int size, int waitingMeta) {
        Session session = member.session();
        int publishedQos = Entry.publishedQos(waitingMeta);
        boolean published = Entry.publishedRetain(waitingMeta);
        boolean kept = (waitingMeta & Entry.KEPT) != 0;
        int meta = Entry.of(Math.min(publishedQos, member.qos()), member.retainAsPublished() && published, kept);
        int[] ids = member.subscriptionId() == 0 ? NO_IDS : new int[] {member.subscriptionId()};
        session.addShared(session.queue.tail(), lane.id);
        lane.inFlight++;
        meta = Entry.withPublished(meta, publishedQos, published);
        deliveries.enqueueShared(session, position, size, meta, ids);
        cleans.onMoved(session.id, position);
    }

    private boolean hasRoom(Session session) {
        long limit = state.limits.of(Limit.QUEUED_MESSAGES);
        long window = Math.min(session.receiveMaximum, IN_FLIGHT_MAX);
        return session.shared().size() < (limit > 0 ? Math.min(window, limit) : window);
    }

    private SharedGroup groupOf(Subscription member) {
        return Invariant.present(state.groups.get(member.fullFilter()), "a shared subscription has a group");
    }

    /** Gives members what waits, as far as they have room. */
    private void dispatch(SharedGroup group) {
        do {
            for (Lane lane : group.lanes()) {
                dispatch(lane, lane.returned);
            }
        } while (!group.isAnyReturned() && unparkOne(group));
        for (Lane lane : group.lanes()) {
            if (lane.returned.isEmpty()) {
                dispatch(lane, lane.waiting);
            }
        }
    }

    private void dispatch(Lane lane, SessionQueue queue) {
        while (!queue.isEmpty()) {
            Subscription member = choose(lane);
            if (member == null) {
                return;
            }
            long sequence = queue.head();
            assign(member, lane, queue.position(sequence), queue.size(sequence), queue.meta(sequence));
            queue.finish(sequence);
        }
    }

    private boolean unparkOne(SharedGroup group) {
        Long id = group.parked.isEmpty() || nextWithRoom(group) == null ? null : group.parked.pollFirst();
        if (id == null) {
            return false;
        }
        Session session = Invariant.present(state.sessionsById.get(id), "what is parked has a session");
        for (long sequence : Rows.sequences(session.shared())) {
            Lane lane = state.lanes.get(session.shared().get(sequence));
            if (lane != null && lane.group == group) {
                giveBack(session, sequence);
            }
        }
        return true;
    }

    /** What waits in the groups of a session may go on. */
    void dispatch(Session session) {
        for (Subscription member : session.sharedSubscriptions()) {
            dispatch(groupOf(member));
        }
    }

    /** A member of the group with this filter has gone, if it is one. */
    void dispatch(String fullFilter) {
        SharedGroup group = state.groups.get(fullFilter);
        if (group != null) {
            dispatch(group);
        }
    }

    // ---- members ----

    void onSubscribed(Subscription member) {
        if (member.shareName() == null) {
            return;
        }
        Session session = member.session();
        if (!session.isJournaled()) {
            session.journalIn(new SessionQueue(state.queueRows, session.id, true));
        }
        connectIfThere(groupOf(member), member);
    }

    /**
     * Acknowledgements have come. There may be room, for groups that have found none; and a lane of which nobody has
     * anything may have another owner now, whether there is room or not. Groups take turns: first comes the one behind
     * that of the last message acknowledged.
     */
    void onAcks(Session session) {
        String last = "";
        List<Lane> acked = deliveries.ackedLanes();
        for (int i = 0; i < acked.size(); i++) {
            Lane lane = acked.get(i);
            last = lane.group.fullFilter;
            if (lane.inFlight == 0 && !lane.isEmpty()) {
                idleGroups.add(last);
            }
        }
        String next = nextGroup(session, last);
        while (next != null) {
            idleGroups.remove(next);
            if (hasRoom(session)) {
                setReady(session, next);
            }
            dispatch(next);
            next = nextGroup(session, next);
        }
    }

    private void setReady(Session session, String fullFilter) {
        session.removeFullIn(fullFilter);
        Subscription member = session.subscriptions().get(fullFilter);
        if (member != null) {
            groupOf(member).setReady(member);
        }
    }

    private @Nullable String nextGroup(Session session, String last) {
        NavigableSet<String> full = hasRoom(session) ? session.fullIn() : Collections.emptyNavigableSet();
        String behind = lower(idleGroups.higher(last), full.higher(last));
        return behind != null ? behind : lower(idleGroups.ceiling(""), full.ceiling(""));
    }

    private static @Nullable String lower(@Nullable String a, @Nullable String b) {
        return a == null || (b != null && b.compareTo(a) < 0) ? b : a;
    }

    /** The session has a connection. */
    void onAttached(Session session) {
        for (Subscription member : session.sharedSubscriptions()) {
            connectIfThere(groupOf(member), member);
        }
        for (long sequence : Rows.sequences(session.shared())) {
            Lane lane = state.lanes.get(session.shared().get(sequence));
            if (lane != null) {
                lane.group.parked.remove(session.id);
            }
        }
    }

    /** The session has lost its connection; perhaps it gets another one at once. */
    void onDetached(Session session) {
        for (Subscription member : session.sharedSubscriptions()) {
            groupOf(member).disconnect(session.id);
        }
        session.clearFullIn();
    }

    /**
     * The session is left without a connection.
     *
     * @param ends for good: it is no longer a member of any group
     */
    void onLeft(Session session, boolean ends) {
        TreeSet<String> groups = new TreeSet<>();
        session.sharedSubscriptions().forEach(member -> groups.add(member.fullFilter()));
        for (long sequence : Rows.sequences(session.shared())) {
            Lane lane = state.lanes.get(session.shared().get(sequence));
            if (lane == null) {
                session.removeShared(sequence);
            } else if (ends || lane.group.isAnyConnected()) {
                groups.add(lane.group.fullFilter);
                lane.group.parked.remove(session.id);
                giveBack(session, sequence);
            } else {
                park(session, lane);
            }
        }
        groups.forEach(this::dispatch);
    }

    /** A message goes back to its group, unless it is QoS 2 and may have been sent. */
    private void giveBack(Session session, long sequence) {
        SessionQueue queue = session.queue;
        int meta = queue.meta(sequence);
        Lane lane = Invariant.present(state.takeFrom(session, sequence), "a message of a group has a lane");
        state.dirty(session);
        boolean isBegun = (meta & Entry.QOS_MASK) == 2 && queue.maySendAsDup(sequence);
        if (isBegun || (meta & Entry.RELEASED) != 0) {
            state.forgetIfIdle(lane);
            return;
        }
        int waiting = Entry.withPublished(
                Entry.of(0, false, (meta & Entry.KEPT) != 0), Entry.publishedQos(meta), Entry.publishedRetain(meta));
        lane.returned.enqueue(queue.position(sequence), queue.size(sequence), waiting, NO_IDS);
        cleans.onMoved(lane.id, queue.position(sequence));
        state.dirty(lane.group);
        queue.finish(sequence);
        overflow.onShorter(session);
    }
}
