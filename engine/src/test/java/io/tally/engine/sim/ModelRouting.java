package io.tally.engine.sim;

import io.tally.engine.DropCounts;
import io.tally.protocol.command.FullQueue;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Whom a message goes to, and what is retained; the second half of the {@link Model}. */
final class ModelRouting {
    /** Retained messages that come at once; the others may have to wait. */
    private static final int PART_MAX = 256;

    private final Collection<ModelSession> sessions;
    private final Observer observer;
    private final Map<String, Publication> retained = new TreeMap<>();
    private final Map<String, ModelGroup> groups = new TreeMap<>();
    private Expectations expectations = new Expectations();
    private Limits limits = Limits.NONE;
    private long commandNumber;
    private long position;
    private DropCounts drops = new DropCounts(0, 0, 0, 0);

    /** A queue may have been full. */
    private boolean mayBeDropped;

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

    void begin(long position, DropCounts newDrops) {
        this.position = position;
        drops = newDrops;
        mayBeDropped = false;
        commandNumber++;
        expectations = new Expectations();
    }

    /** What the engine says to have dropped it has dropped for a reason. */
    void checkDrops() {
        AuditFailure.check(
                mayBeDropped || drops.newest() + drops.oldest() == 0, "only full queues cost messages", drops);
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
            AuditFailure.check(drops.rejected() == 0, "only full queues refuse messages", p);
            return false;
        }
        boolean mayBe = false;
        for (ModelSession session : sessions) {
            if (session.clientId.equals(publisher.clientId)) {
                continue;
            }
            int copies = copies(session, p);
            boolean isCounted = copies > 0 && isJournaled(session) && mayRefuse(publisher, copies, p.size());
            boolean isFull = isCounted
                    && exceeds(session.certainCount() + copies, session.bytes(false) + (long) copies * p.size());
            AuditFailure.check(!isFull || drops.rejected() > 0, "what does not fit somebody is refused", p, session);
            mayBe |= isCounted && mayBeFull(session, copies, p.size());
        }
        for (ModelGroup group : groups.values()) {
            mayBe |= Topics.matches(Topics.topicFilter(group.filter), p.topic())
                    && mayRefuse(publisher, 1, p.size())
                    && mayBeFull(group, p.size());
        }
        AuditFailure.check(mayBe || drops.rejected() == 0, "only full queues refuse messages", p);
        return drops.rejected() > 0;
    }

    /** How often a message is queued for a session. */
    private int copies(ModelSession session, Publication p) {
        int copies = 0;
        for (Map.Entry<String, int[]> s : session.subscriptions.entrySet()) {
            boolean matches = !Topics.isShared(s.getKey()) && Topics.matches(s.getKey(), p.topic());
            copies += matches && granted(s.getValue()[0] & 3, p) > 0 ? 1 : 0;
        }
        return limits.isOn(Limit.DUPLICATES) ? copies : Math.min(copies, 1);
    }

    /** Before 5.0 a refusal would be repeated for ever where even an empty queue has no room. */
    private boolean mayRefuse(ModelSession publisher, int copies, int size) {
        return publisher.version >= 5 || !exceeds(copies, (long) copies * size);
    }

    private static boolean isJournaled(ModelSession session) {
        return !session.isVolatile || session.hasBeenMember();
    }

    private boolean mayBeFull(ModelSession session, int copies, int size) {
        return exceeds(
                session.certainCount() + session.uncertainCount() + copies, session.bytes(true) + (long) copies * size);
    }

    private boolean mayBeFull(ModelGroup group, int size) {
        long bytes = group.open().stream().mapToLong(d -> d.publication.size()).sum();
        return exceeds(group.open().size() + 1L, bytes + size);
    }

    private boolean exceeds(long count, long bytes) {
        long max = limits.of(Limit.QUEUED_MESSAGES);
        long maxBytes = limits.of(Limit.QUEUED_BYTES);
        return (max > 0 && count > max) || (maxBytes > 0 && bytes > maxBytes);
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
                sessions.forEach(session -> session.late.forEach(l -> l.offer(p)));
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
        if (mayBeFull(group, p.size())) {
            mayBeDropped = true;
            if (drops.newest() > 0) {
                delivery.excuse();
            }
            if (drops.oldest() > 0) {
                group.open().stream().filter(GroupDelivery::isFree).forEach(GroupDelivery::excuse);
            }
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
        if (isJournaled(session) && mayBeFull(session, 1, e.publication.size())) {
            mayBeDropped = true;
            if (!makeRoom(session, e)) {
                return;
            }
        }
        session.expect(e);
    }

    /** Drops as the policy says. False when the message is not queued. */
    private boolean makeRoom(ModelSession session, Expected e) {
        int size = e.publication.size();
        long maxBytes = limits.of(Limit.QUEUED_BYTES);
        if (is(FullQueue.DROP_OLDEST) && (maxBytes == 0 || size <= maxBytes) && drops.oldest() > 0) {
            boolean isSure = session.isOldestKnown() && !limits.isOn(Limit.DUPLICATES);
            while (isSure && isFull(session, size) && session.dropOldest()) {
                continue;
            }
            if (!isSure) {
                session.makeOldestOptional();
            }
        }
        boolean isFull = isFull(session, size);
        AuditFailure.check(!isFull || drops.newest() > 0, "what is dropped is counted", e);
        if (isFull && !session.makeOptional(commandNumber)) {
            return false;
        }
        if (drops.newest() > 0 && mayBeFull(session, 1, size)) {
            e.isOptional = true;
            session.makeOptional(commandNumber);
        }
        return true;
    }

    private boolean isFull(ModelSession session, int size) {
        return exceeds(session.certainCount() + 1, session.bytes(false) + size);
    }

    void deliverRetained(ModelSession session, String filter, int[] value, long nowMs) {
        Set<Publication> found = new LinkedHashSet<>();
        retained.values().stream()
                .filter(p -> Topics.matches(filter, p.topic()) && !p.isExpired(nowMs))
                .forEach(found::add);
        session.endLate(filter);
        if (mustWait(session, value, found)) {
            boolean isUpgraded = limits.isOn(Limit.UPGRADE_QOS);
            session.late.add(new LateRetained(session, filter, value, isUpgraded, commandNumber, found));
            return;
        }
        for (Publication p : found) {
            List<Integer> ids = new ArrayList<>();
            addId(ids, value[1]);
            Expected e = new Expected(session, p, granted(value[0] & 3, p), true, ids, commandNumber);
            if (isQueued(e)) {
                session.expect(e);
            } else {
                expectations.immediate(e);
            }
        }
    }

    /** Whether some of these messages may have to wait until the queue has room, or for others that wait already. */
    private boolean mustWait(ModelSession session, int[] value, Set<Publication> found) {
        if (session.late.stream().anyMatch(l -> !l.isOver)) {
            return true;
        }
        if ((value[0] & 3) > 0 && found.size() > PART_MAX) {
            return true;
        }
        int bytes = found.stream().mapToInt(Publication::size).sum();
        // A queue may end just at its limit.
        return (value[0] & 3) > 0
                && isJournaled(session)
                && exceeds(
                        session.certainCount() + session.uncertainCount() + found.size() + 1,
                        session.bytes(true) + bytes + 1);
    }
}
