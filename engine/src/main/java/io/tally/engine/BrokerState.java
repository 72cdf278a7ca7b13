package io.tally.engine;

import io.tally.engine.delivery.QueueRows;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.message.FileReferences;
import io.tally.engine.message.KeptMessages;
import io.tally.engine.port.StateStore;
import io.tally.engine.retained.RetainedMessage;
import io.tally.engine.retained.RetainedMessages;
import io.tally.engine.routing.Lane;
import io.tally.engine.routing.Router;
import io.tally.engine.routing.SharedGroup;
import io.tally.engine.routing.SubscriptionTree;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.engine.timer.Deadlines;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.SharedStrategy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/** Everything that commands change. Owned by the engine thread. */
final class BrokerState {
    final Map<String, Session> sessionsByClientId = new HashMap<>();
    final Long2ObjectHashMap<Session> sessionsById = new Long2ObjectHashMap<>();
    final Long2ObjectHashMap<Session> sessionsByConnection = new Long2ObjectHashMap<>();
    final Map<String, SharedGroup> groups = new HashMap<>();
    final Long2ObjectHashMap<Lane> lanes = new Long2ObjectHashMap<>();
    final SubscriptionTree subscriptions;
    final Router router;
    final RetainedMessages retained;
    final Deadlines deadlines = new Deadlines();
    final KeptMessages kept = new KeptMessages();
    final FileReferences files = new FileReferences();
    final QueueRows queueRows;
    final List<Session> dirtySessions = new ArrayList<>();
    final List<SharedGroup> dirtyGroups = new ArrayList<>();

    Limits limits = Limits.NONE;

    /** Of the last journaled command. */
    long position;

    /** Of the last journaled command, epoch milliseconds: all that durable state may depend on. */
    long timeMs;

    /** Of the command being applied, journaled or not. */
    long commandTimeMs;

    /** Of sessions, shared groups and the queues of their lanes. */
    long nextSessionId = 1;

    BrokerState(StateStore store, long hashSeed) {
        subscriptions = new SubscriptionTree(this::groupOf, hashSeed);
        router = new Router(subscriptions);
        retained = new RetainedMessages(hashSeed);
        queueRows = new QueueRows(store, files, kept);
    }

    Session newSession(String clientId, boolean isVolatile) {
        long id = nextSessionId++;
        Session session = new Session(id, clientId, isVolatile, new SessionQueue(queueRows, id, !isVolatile));
        index(session);
        return session;
    }

    /** Makes a session findable. */
    void index(Session session) {
        sessionsByClientId.put(session.clientId, session);
        sessionsById.put(session.id, session);
        if (session.isConnected()) {
            sessionsByConnection.put(session.connection, session);
        }
    }

    /** The session has changed and goes into the next checkpoint. */
    void dirty(Session session) {
        if (!session.isDirty) {
            session.isDirty = true;
            dirtySessions.add(session);
        }
    }

    /** When the session ends unless the client returns; {@link Session#NEVER} = not by itself. */
    void expiresAt(Session session, long timeMs) {
        deadlines.replace(session.id, Deadlines.Kind.EXPIRY, session.expiryDeadlineMs, timeMs);
        session.expiryDeadlineMs = timeMs;
    }

    /** When the session's will is published unless the client returns; {@link Session#NEVER} = not by itself. */
    void willDueAt(Session session, long timeMs) {
        deadlines.replace(session.id, Deadlines.Kind.WILL, session.willDeadlineMs, timeMs);
        session.willDeadlineMs = timeMs;
    }

    /** Takes a session's subscriptions away; shared groups that have no member left end. */
    void leaveAll(Session session) {
        for (Subscription subscription : session.subscriptions().values()) {
            remove(subscription);
        }
    }

    private void remove(Subscription subscription) {
        subscriptions.remove(subscription);
        SharedGroup group = groups.get(subscription.fullFilter());
        if (group != null && group.isEmpty()) {
            end(group);
        }
    }

    /** Takes a session and what it holds out of the state; will and subscriptions must have been dealt with. */
    void end(Session session) {
        session.queue.discard();
        if (session.former != null) {
            session.former.queue.discard();
            session.former = null;
        }
        expiresAt(session, Session.NEVER);
        willDueAt(session, Session.NEVER);
        sessionsByClientId.remove(session.clientId);
        sessionsById.remove(session.id);
        session.isEnded = true;
        dirty(session);
    }

    /** Answers whether a subscription with this very filter was there. */
    boolean subscribe(Subscription subscription) {
        Session session = subscription.session();
        Subscription old = session.put(subscription);
        if (old != null) {
            subscriptions.remove(old);
        }
        subscriptions.add(subscription);
        session.filterChanged(subscription.fullFilter(), old != null);
        dirty(session);
        return old != null;
    }

    boolean unsubscribe(Session session, String fullFilter) {
        Subscription old = session.remove(fullFilter);
        if (old == null) {
            return false;
        }
        remove(old);
        session.wantNoRetained(fullFilter);
        if (session.former != null) {
            session.former.retainedWanted.remove(fullFilter);
        }
        session.filterChanged(fullFilter, true);
        dirty(session);
        return true;
    }

    // ---- shared groups ----

    private SharedGroup groupOf(String fullFilter) {
        SharedGroup group = groups.get(fullFilter);
        if (group == null) {
            group = new SharedGroup(nextSessionId++, fullFilter);
            groups.put(fullFilter, group);
            dirty(group);
        }
        return group;
    }

    /** The group has changed and goes into the next checkpoint. */
    void dirty(SharedGroup group) {
        if (!group.isDirty) {
            group.isDirty = true;
            dirtyGroups.add(group);
        }
    }

    Lane lane(SharedGroup group, int number) {
        Lane lane = group.lane(number);
        if (lane == null) {
            lane = newLane(group, number, nextSessionId);
            nextSessionId += 2;
            dirty(group);
        }
        return lane;
    }

    /** Makes a lane with empty queues findable. */
    Lane newLane(SharedGroup group, int number, long id) {
        SessionQueue returned = new SessionQueue(queueRows, id, true);
        Lane lane = new Lane(group, number, id, returned, new SessionQueue(queueRows, id + 1, true));
        group.add(lane);
        lanes.put(id, lane);
        return lane;
    }

    /** A lane that nothing depends on goes: there are as many as there are hashes of topics. */
    void forgetIfIdle(Lane lane) {
        boolean isOnly = lane.number == 0 && SharedStrategy.of(limits) != SharedStrategy.HASH_TOPIC;
        if (!isOnly && lane.inFlight == 0 && lane.isEmpty()) {
            lanes.remove(lane.id);
            lane.group.remove(lane);
            dirty(lane.group);
        }
    }

    /** Nobody is left who could get what waits. */
    private void end(SharedGroup group) {
        groups.remove(group.fullFilter);
        for (Lane lane : group.lanes()) {
            lanes.remove(lane.id);
            lane.returned.discard();
            lane.waiting.discard();
        }
        group.isEnded = true;
        dirty(group);
    }

    /** The entry of the session's queue is no longer one of a shared group; answers the lane that it came from. */
    @Nullable
    Lane takeFrom(Session session, long sequence) {
        long id = session.removeShared(sequence);
        Lane lane = id == Session.NO_LANE ? null : lanes.get(id);
        if (lane != null) {
            lane.inFlight--;
        }
        return lane;
    }

    // ---- retained messages ----

    /** Whether one more retained message stays within the limits, in place of that of its topic. */
    boolean hasRoomToRetain(String topic, int size) {
        RetainedMessage old = retained.get(topic);
        long count = retained.count() - (old == null ? 0 : 1);
        long bytes = retained.bytes() - (old == null ? 0 : old.size());
        return !limits.isReached(Limit.RETAINED_MESSAGES, count)
                && !limits.isReached(Limit.RETAINED_BYTES, bytes + size - 1);
    }

    /** Removes retained messages that are expired [MQTT-3.3.2-5], but not more than so many. */
    void forgetExpired(int countMax) {
        String topic = retained.expired(timeMs);
        for (int i = 0; topic != null && i < countMax; i++) {
            forgetRetained(topic);
            topic = retained.expired(timeMs);
        }
    }

    void retain(RetainedMessage message) {
        kept.add(message.position());
        release(retained.put(message));
    }

    void forgetRetained(String topic) {
        release(retained.remove(topic));
    }

    private void release(@Nullable RetainedMessage old) {
        if (old != null) {
            kept.remove(old.position());
        }
    }
}
