package io.tally.engine;

import io.tally.engine.delivery.Digest;
import io.tally.engine.delivery.QueueRows;
import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import io.tally.engine.retained.RetainedMessage;
import io.tally.engine.routing.Lane;
import io.tally.engine.routing.SharedGroup;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.engine.state.Rows;
import io.tally.protocol.Invariant;
import java.util.List;
import java.util.Map;
import org.agrona.ExpandableArrayBuffer;

/**
 * The state into rows and back. Writes net changes: what was created and deleted since the last checkpoint never
 * appears. Owned by the engine thread.
 */
final class Checkpoint {
    private final BrokerState state;
    private final StateStore store;
    private final ExpandableArrayBuffer key = new ExpandableArrayBuffer(256);
    private final ExpandableArrayBuffer value = new ExpandableArrayBuffer(4096);
    private long batch;
    private long reflectedPosition;

    Checkpoint(BrokerState state, StateStore store) {
        this.state = state;
        this.store = store;
    }

    /** What the store reflects once it has taken the last batch. */
    long reflectedPosition() {
        return reflectedPosition;
    }

    /** Hands everything that has changed to the store; false when the store is not ready or nothing has happened. */
    boolean tryWrite() {
        state.queueRows.spill();
        if (state.position == reflectedPosition || !store.tryBegin()) {
            return false;
        }
        state.queueRows.beginBatch(batch + 1);
        for (Session session : state.dirtySessions) {
            write(session);
        }
        state.dirtySessions.clear();
        for (SharedGroup group : state.dirtyGroups) {
            write(group);
        }
        state.dirtyGroups.clear();
        state.retained.dirtyTopics().forEach(this::writeRetained);
        state.retained.dirtyTopics().clear();
        state.kept.checkpoint(store);
        int length = Rows.meta(value, meta());
        store.put(Table.META, key, Rows.metaKey(key), value, length);
        reflectedPosition = state.position;
        batch++;
        long given = store.commit(reflectedPosition);
        Invariant.check(given == batch, "the store counts batches differently", given);
        return true;
    }

    private Rows.Meta meta() {
        return new Rows.Meta(state.position, state.nextSessionId, state.timeMs, state.limits);
    }

    private void write(Session session) {
        session.isDirty = false;
        if (session.isEnded) {
            delete(session);
            return;
        }
        session.queue.checkpoint();
        store.put(Table.SESSION, key, Rows.sessionKey(key, session.id), value, Rows.session(value, session));
        session.isStored = true;
        writeFilters(session);
    }

    private void write(SharedGroup group) {
        group.isDirty = false;
        for (Lane lane : group.lanes()) {
            if (group.isEnded) {
                lane.returned.deleteRows();
                lane.waiting.deleteRows();
            } else {
                lane.returned.checkpoint();
                lane.waiting.checkpoint();
            }
        }
        for (Lane lane : group.takeRemoved()) {
            lane.returned.deleteRows();
            lane.waiting.deleteRows();
        }
        int keyLength = Rows.groupKey(key, group);
        if (!group.isEnded) {
            store.put(Table.GROUP, key, keyLength, value, Rows.group(value, group));
            group.isStored = true;
        } else if (group.isStored) {
            store.delete(Table.GROUP, key, keyLength);
        }
    }

    private void writeFilters(Session session) {
        if (session.dirtyFilters == null) {
            return;
        }
        session.dirtyFilters.forEach((filter, isStored) -> {
            int keyLength = Rows.subscriptionKey(key, session.id, filter);
            Subscription subscription = session.subscriptions().get(filter);
            if (subscription != null) {
                store.put(Table.SUBSCRIPTION, key, keyLength, value, Rows.subscription(value, subscription));
            } else if (isStored) {
                store.delete(Table.SUBSCRIPTION, key, keyLength);
            }
        });
        session.dirtyFilters = null;
    }

    private void delete(Session session) {
        if (!session.isStored) {
            return;
        }
        session.queue.deleteRows();
        store.delete(Table.SESSION, key, Rows.sessionKey(key, session.id));
        Map<String, Boolean> dirty = session.dirtyFilters == null ? Map.of() : session.dirtyFilters;
        for (String filter : session.subscriptions().keySet()) {
            if (!dirty.containsKey(filter)) {
                store.delete(Table.SUBSCRIPTION, key, Rows.subscriptionKey(key, session.id, filter));
            }
        }
        dirty.forEach((filter, isStored) -> {
            if (isStored) {
                store.delete(Table.SUBSCRIPTION, key, Rows.subscriptionKey(key, session.id, filter));
            }
        });
    }

    private void writeRetained(String topic, boolean isStored) {
        RetainedMessage message = state.retained.get(topic);
        int keyLength = Rows.retainedKey(key, topic);
        if (message != null) {
            store.put(Table.RETAINED, key, keyLength, value, Rows.retained(value, message));
        } else if (isStored) {
            store.delete(Table.RETAINED, key, keyLength);
        }
    }

    /** Brings the state of the last durable checkpoint back. */
    void load() {
        store.forEach(Table.META, (k, keyLength, v, length) -> {
            switch (k.getByte(0)) {
                case Rows.META_ROW -> load(Rows.meta(v));
                case QueueRows.MARK -> state.queueRows.restoreMark(k);
                default -> state.kept.restorePublished(k, v);
            }
        });
        reflectedPosition = state.position;
        store.forEach(Table.GROUP, (k, keyLength, v, length) -> {
            SharedGroup group = Rows.group(k, v, state::newLane);
            state.groups.put(group.fullFilter, group);
        });
        store.forEach(Table.SESSION, (k, keyLength, v, length) -> {
            Session session = Rows.session(k, v, state.queueRows);
            state.index(session);
            state.expiresAt(session, session.expiryDeadlineMs);
            state.willDueAt(session, session.willDeadlineMs);
            if (session.willPosition != 0) {
                state.kept.restore(session.willPosition);
            }
        });
        store.forEach(Table.SUBSCRIPTION, (k, keyLength, v, length) -> {
            Session session =
                    Invariant.present(state.sessionsById.get(Rows.sessionIdOf(k)), "a subscription has no session");
            Subscription subscription = Rows.subscription(session, k, keyLength, v);
            session.put(subscription);
            state.subscriptions.add(subscription);
        });
        store.forEach(Table.RETAINED, (k, keyLength, v, length) -> {
            RetainedMessage message = Rows.retained(k, keyLength, v);
            state.kept.restore(message.position());
            state.retained.restore(message);
        });
        state.queueRows.loaded();
        state.kept.loaded(store);
    }

    private void load(Rows.Meta meta) {
        state.position = meta.reflectedPosition();
        state.nextSessionId = meta.nextSessionId();
        state.timeMs = meta.timeMs();
        state.limits = meta.limits();
    }

    /** A hash of the whole durable state: equal states have equal digests, whatever way they came about. */
    long digest() {
        Digest digest = new Digest();
        int length = Rows.meta(value, meta());
        digest.add(value, 0, length);
        long sum = digest.value();
        for (Session session : state.sessionsById.values()) {
            sum += digest(digest, session);
        }
        for (SharedGroup group : state.groups.values()) {
            sum += digest(digest, group);
        }
        List<RetainedMessage> all = state.retained.all();
        for (RetainedMessage message : all) {
            digest.reset();
            digest.add(key, 0, Rows.retainedKey(key, message.topic()));
            digest.add(value, 0, Rows.retained(value, message));
            sum += digest.value();
        }
        return sum;
    }

    private long digest(Digest digest, SharedGroup group) {
        digest.reset();
        digest.add(group.id);
        digest.add(value, 0, Rows.group(value, group));
        for (Lane lane : group.lanes()) {
            lane.returned.digest(digest);
            lane.waiting.digest(digest);
        }
        return digest.value();
    }

    private long digest(Digest digest, Session session) {
        digest.reset();
        digest.add(session.id);
        digest.add(value, 0, Rows.session(value, session));
        session.queue.digest(digest);
        long sum = digest.value();
        for (Subscription subscription : session.subscriptions().values()) {
            digest.reset();
            digest.add(key, 0, Rows.subscriptionKey(key, session.id, subscription.fullFilter()));
            digest.add(value, 0, Rows.subscription(value, subscription));
            sum += digest.value();
        }
        return sum;
    }
}
