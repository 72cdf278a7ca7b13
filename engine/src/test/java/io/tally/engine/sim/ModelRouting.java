package io.tally.engine.sim;

import io.tally.protocol.command.FullQueue;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whom a message goes to, and what is retained; the second half of the {@link Model}. */
final class ModelRouting {
    private final Collection<ModelSession> sessions;
    private final Observer observer;
    private final Map<String, Publication> retained = new TreeMap<>();
    private final Map<String, ModelGroup> groups = new TreeMap<>();
    private Expectations expectations = new Expectations();
    private Limits limits = Limits.NONE;
    private long commandNumber;
    private long position;

    /** Is told what becomes of every message. */
    interface Observer {
        void onRouted(Publication publication, ModelSession publisher);

        /** There is no room for it: nobody gets it. */
        void onRefused(Publication publication);
    }

    ModelRouting(Collection<ModelSession> sessions, Observer observer) {
        this.sessions = sessions;
        this.observer = observer;
    }

    Expectations expectations() {
        return expectations;
    }

    Collection<Publication> retained() {
        return retained.values();
    }

    void limits(Limits newLimits) {
        limits = newLimits;
    }

    void begin(long position) {
        this.position = position;
        commandNumber++;
        expectations = new Expectations();
    }

    /** What is expired is no longer there. */
    void onTime(long nowMs) {
        retained.values().removeIf(p -> p.isExpired(nowMs));
    }

    /** Whether a PUBLISH is refused since there is no room to retain it. */
    boolean isRefused(Publication p, ModelSession publisher) {
        boolean isRefused = hasNoRoom(p, publisher.version) || hasFullQueue(p, publisher);
        if (isRefused) {
            observer.onRefused(p);
        }
        return isRefused;
    }

    /** Whether a session that must get it has no room, where that is a reason to refuse. */
    private boolean hasFullQueue(Publication p, ModelSession publisher) {
        if (!is(FullQueue.REJECT) || p.qos() == 0) {
            return false;
        }
        for (ModelSession session : sessions) {
            if (session.clientId.equals(publisher.clientId)) {
                continue;
            }
            for (Map.Entry<String, int[]> s : session.subscriptions.entrySet()) {
                boolean matches = !Topics.isShared(s.getKey()) && Topics.matches(s.getKey(), p.topic());
                int options = s.getValue()[0];
                boolean isQueued = matches && granted(options & 3, p) > 0 && !session.isVolatile;
                if (isQueued && isFull(session, p.size())) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean is(FullQueue policy) {
        return limits.of(Limit.FULL_QUEUE) == policy.code;
    }

    private boolean hasNoRoom(Publication p, int version) {
        return p.retain()
                && limits.isOn(Limit.RETAIN_AVAILABLE)
                && version == 5
                && p.qos() > 0
                && !p.payload().isEmpty()
                && !hasRoomToRetain(p);
    }

    private boolean hasRoomToRetain(Publication p) {
        List<Publication> others = retained.values().stream()
                .filter(r -> !r.topic().equals(p.topic()))
                .toList();
        long bytes = others.stream().mapToLong(Publication::size).sum() + p.size();
        long max = limits.of(Limit.RETAINED_MESSAGES);
        long maxBytes = limits.of(Limit.RETAINED_BYTES);
        return (max == 0 || others.size() < max) && (maxBytes == 0 || bytes <= maxBytes);
    }

    /** Delivers to everyone subscribed; answers whether there is anyone. */
    boolean route(Publication p, ModelSession publisher) {
        observer.onRouted(p, publisher);
        if (p.retain() && limits.isOn(Limit.RETAIN_AVAILABLE)) {
            if (p.payload().isEmpty() || !hasRoomToRetain(p)) {
                retained.remove(p.topic());
            } else {
                retained.put(p.topic(), p);
                offerLate(p);
            }
        }
        boolean found = false;
        for (ModelSession session : new ArrayList<>(sessions)) {
            found |= routeTo(session, p, publisher);
        }
        for (ModelGroup group : groups.values()) {
            if (Topics.matches(Topics.topicFilter(group.filter), p.topic())) {
                deliverToGroup(group, p);
                found = true;
            }
        }
        return found;
    }

    /** All plain subscriptions of a session make one delivery, at the highest QoS, with all identifiers. */
    private boolean routeTo(ModelSession session, Publication p, ModelSession publisher) {
        int qos = -1;
        boolean retain = false;
        boolean matched = false;
        List<Integer> ids = new ArrayList<>();
        for (Map.Entry<String, int[]> s : session.subscriptions.entrySet()) {
            int options = s.getValue()[0];
            if (Topics.isShared(s.getKey()) || !Topics.matches(s.getKey(), p.topic())) {
                continue;
            }
            matched = true;
            boolean isOwn = (options & 4) != 0 && session.clientId.equals(publisher.clientId);
            if (!isOwn && limits.isOn(Limit.DUPLICATES)) {
                copy(session, p, s.getValue());
            } else if (!isOwn) {
                qos = Math.max(qos, options & 3);
                retain |= (options & 8) != 0 && p.retain();
                addId(ids, s.getValue()[1]);
            }
        }
        if (qos >= 0) {
            ids.sort(null);
            deliver(new Expected(session, p, granted(qos, p), retain, ids, commandNumber));
        }
        return matched;
    }

    /** A delivery for one subscription alone. */
    private void copy(ModelSession session, Publication p, int[] subscription) {
        List<Integer> ids = new ArrayList<>();
        addId(ids, subscription[1]);
        boolean retain = (subscription[0] & 8) != 0 && p.retain();
        deliver(new Expected(session, p, granted(subscription[0] & 3, p), retain, ids, commandNumber));
    }

    private int granted(int qos, Publication p) {
        return limits.isOn(Limit.UPGRADE_QOS) ? qos : Math.min(qos, p.qos());
    }

    private static void addId(List<Integer> ids, int id) {
        if (id != 0) {
            ids.add(id);
        }
    }

    private void deliverToGroup(ModelGroup group, Publication p) {
        GroupDelivery delivery = new GroupDelivery(group, p, granted(2, p), commandNumber);
        boolean isQueued = position != 0 && limits.isOn(Limit.QUEUE_QOS0);
        boolean isForQueue = delivery.qos > 0 && (group.isAnyConnected() || group.isAnyWithQos(1, 2, false));
        if (!delivery.mustBeImmediate && !isQueued && !isForQueue) {
            return;
        }
        if (limits.of(Limit.QUEUED_MESSAGES) > 0 || limits.of(Limit.QUEUED_BYTES) > 0) {
            delivery.excuse();
        }
        if (!delivery.mustBeImmediate) {
            group.add(delivery);
        }
        expectations.group(delivery);
    }

    Collection<ModelGroup> groups() {
        return groups.values();
    }

    long commandNumber() {
        return commandNumber;
    }

    void join(ModelSession session, String filter, int[] value) {
        if (Topics.isShared(filter)) {
            session.join(groups.computeIfAbsent(filter, f -> new ModelGroup(f, commandNumber)), value, commandNumber);
        }
    }

    /** Without members a group ends, and what waits for it is gone. */
    void leave(ModelSession session, String filter) {
        ModelGroup group = groups.get(filter);
        if (group != null) {
            session.leave(filter, commandNumber);
            group.members.remove(session);
            if (group.members.isEmpty()) {
                groups.remove(filter);
                group.open().forEach(GroupDelivery::excuse);
            }
        }
    }

    private void deliver(Expected e) {
        if (isQueued(e)) {
            queue(e);
        } else if (e.session.connection != 0) {
            expectations.immediate(e);
        }
    }

    private boolean isQueued(Expected e) {
        return e.qos > 0 || (limits.isOn(Limit.QUEUE_QOS0) && position != 0 && e.session.connection == 0);
    }

    private void queue(Expected e) {
        ModelSession session = e.session;
        if (!session.isVolatile || session.hasBeenMember()) {
            long max = limits.of(Limit.QUEUED_MESSAGES);
            long maxBytes = limits.of(Limit.QUEUED_BYTES);
            int size = e.publication.size();
            boolean mayDrop = is(FullQueue.DROP_OLDEST) && (maxBytes == 0 || size <= maxBytes);
            while (mayDrop && isFull(session, size)) {
                mayDrop = session.dropOldest();
            }
            boolean isFull = isFull(session, size);
            if (isFull && !session.makeOptional(commandNumber)) {
                return;
            }
            e.isOptional = isFull
                    || (max > 0 && session.certainCount() + session.uncertainCount() >= max)
                    || (maxBytes > 0 && session.bytes(true) + size > maxBytes);
            if (e.isOptional) {
                session.makeOptional(commandNumber);
            }
        }
        session.expect(e);
    }

    private boolean isFull(ModelSession session, int size) {
        long max = limits.of(Limit.QUEUED_MESSAGES);
        long maxBytes = limits.of(Limit.QUEUED_BYTES);
        return (max > 0 && session.certainCount() >= max) || (maxBytes > 0 && session.bytes(false) + size > maxBytes);
    }

    void deliverRetained(ModelSession session, String filter, int[] value, long nowMs) {
        if (!session.lateFilters.isEmpty()) {
            session.lateFilters.put(filter, value); // Behind those that wait already.
        }
        for (Publication p : retained.values()) {
            if (Topics.matches(filter, p.topic()) && !p.isExpired(nowMs)) {
                List<Integer> ids = new ArrayList<>();
                addId(ids, value[1]);
                Expected e = new Expected(session, p, granted(value[0] & 3, p), true, ids, commandNumber);
                if (mustWait(e)) {
                    session.lateFilters.put(filter, value);
                }
                if (session.lateFilters.isEmpty()) {
                    deliver(e);
                } else {
                    expectLate(e, filter);
                }
            }
        }
    }

    /** Whether a retained message may have to wait until the queue has room. */
    private boolean mustWait(Expected e) {
        ModelSession session = e.session;
        long max = limits.of(Limit.QUEUED_MESSAGES);
        long maxBytes = limits.of(Limit.QUEUED_BYTES);
        boolean isTooMany = max > 0 && session.certainCount() + session.uncertainCount() >= max;
        boolean isTooLarge = maxBytes > 0 && session.bytes(true) + e.publication.size() > maxBytes;
        return !session.isVolatile && (isTooMany || isTooLarge);
    }

    /** @param filter null = it may come, but need not */
    private static void expectLate(Expected e, @Nullable String filter) {
        e.isLate = true;
        e.isOptional = true;
        e.lateFilter = filter;
        e.session.expect(e);
    }

    /** Who still waits for retained messages may get this one instead of the one before. */
    private void offerLate(Publication p) {
        for (ModelSession session : sessions) {
            session.lateFilters.forEach((filter, value) -> {
                if (Topics.matches(filter, p.topic())) {
                    List<Integer> ids = new ArrayList<>();
                    addId(ids, value[1]);
                    expectLate(new Expected(session, p, granted(value[0] & 3, p), true, ids, commandNumber), null);
                }
            });
        }
    }
}
