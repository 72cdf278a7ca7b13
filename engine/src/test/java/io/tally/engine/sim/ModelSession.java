package io.tally.engine.sim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What must be remembered of a client, as the model has it. */
final class ModelSession {
    static final long NEVER = Long.MAX_VALUE;

    /** A gateway holds so many. */
    private static final int PUSHED_MAX = 4_096;

    final String clientId;

    /** Filter to the options byte and the subscription identifier. */
    final Map<String, int[]> subscriptions = new TreeMap<>();

    /** Its places in shared groups, those of before included. */
    final List<ModelGroup.Membership> memberships = new ArrayList<>();

    /** When a connection of it ended last and nobody knows how much was sent. */
    long lostCommand = -1;

    final Set<Integer> inboundQos2 = new HashSet<>();
    boolean isResumed;
    boolean isVolatile;
    long connection;
    int gateway;
    int version;
    long expirySeconds;
    long expiryDeadlineMs = NEVER;

    @Nullable
    Publication will;

    long willDelaySeconds;
    long willDeadlineMs = NEVER;
    boolean isEnded;

    /** Retained messages that have to wait, those of subscriptions of before included. */
    final List<LateRetained> late = new ArrayList<>();

    /** What its client has received, by publisher, topic and QoS. */
    final Map<String, Message.Order> orders = new HashMap<>();

    /** Not yet given a packet id, in order. */
    private final LinkedHashSet<Expected> waiting = new LinkedHashSet<>();

    private final Map<Integer, Expected> byPacketId = new LinkedHashMap<>();

    /** The delivery that had this packet id last, though it may be done. */
    private final Map<Integer, Expected> lastByPacketId = new HashMap<>();

    private long lastCommandPushed;
    private long lastCommandAssigned;
    private long assignedCount;
    private int lastPacketId;
    private boolean isSequenceKnown = true;

    ModelSession(String clientId) {
        this.clientId = clientId;
    }

    @Override
    public String toString() {
        return "session " + clientId;
    }

    // ---- the queue ----

    void expect(Expected expected) {
        waiting.add(expected);
        isSequenceKnown &= !expected.isOptional;
    }

    // ---- shared groups ----

    void join(ModelGroup group, int[] value, long command) {
        leave(group.filter, command);
        group.members.add(this);
        memberships.add(new ModelGroup.Membership(group, value[0], value[1], command, Long.MAX_VALUE));
        isSequenceKnown = false;
    }

    void leave(String filter, long command) {
        memberships.replaceAll(
                m -> m.group().filter.equals(filter) && m.until() == Long.MAX_VALUE ? m.endedAt(command) : m);
    }

    boolean hasBeenMember() {
        return !memberships.isEmpty();
    }

    /** What was pushed, if it is this message of a shared group. */
    @Nullable
    Expected findIn(GroupDelivery delivery, Pushed pushed) {
        for (ModelGroup.Membership m : memberships) {
            if (m.group() == delivery.group && m.until() >= delivery.commandNumber) {
                Expected e = delivery.expectedBy(this, m);
                if (pushed.isLike(e)) {
                    return e;
                }
            }
        }
        return null;
    }

    private @Nullable Expected findShared(Pushed pushed) {
        Set<ModelGroup> groups = new LinkedHashSet<>();
        memberships.forEach(m -> groups.add(m.group()));
        Expected found = null;
        boolean mayBeDup = false;
        for (ModelGroup group : groups) {
            for (GroupDelivery delivery : group.open()) {
                Expected e = delivery.isFree() ? findIn(delivery, pushed) : null;
                if (e != null && e.publication.position() == pushed.position) {
                    return e;
                }
                // Messages with one content may be taken for each other, but not for one that may be lost.
                mayBeDup |= e != null && e.mayBeDup;
                if (e != null && (found == null || isExcused(found))) {
                    e.isAlike = true;
                    found = e;
                }
            }
        }
        if (found != null) {
            found.mayBeDup = mayBeDup;
        }
        return found;
    }

    private static boolean isExcused(Expected e) {
        return e.group != null && e.group.isExcused();
    }

    /** Its connection has ended, and its gateway cannot be asked what it has sent. */
    void onSentUnknown(long command) {
        lostCommand = command;
        sentUnknown();
        byPacketId.values().forEach(e -> e.mayBeSent |= !e.isLoose);
        for (ModelGroup.Membership m : memberships) {
            for (GroupDelivery d : m.group().open()) {
                boolean mayHaveIt = d.isFree() && Math.min(m.options() & 3, d.qos) == 2;
                if (mayHaveIt && m.until() >= d.commandNumber) {
                    d.excuse();
                }
            }
        }
    }

    private void loosen() {
        memberships.forEach(m -> m.group().hasMoved = true);
        for (Expected e : byPacketId.values()) {
            if (e.group != null && (e.isReleased || (e.qos == 2 && (e.mayBeSent || e.wasSurelySent)))) {
                e.group.finish();
                e.group = null;
            }
            e.isLoose = e.group != null;
        }
    }

    // ---- the queue, once more ----

    /** One message of this command did not fit, and which is not said: false when it was the first. */
    boolean makeOptional(long commandNumber) {
        boolean found = false;
        for (Expected e : waiting) {
            if (e.commandNumber == commandNumber) {
                e.isOptional = true;
                isSequenceKnown = false;
                found = true;
            }
        }
        return found;
    }

    void strike(Expected expected) {
        byPacketId.remove(expected.packetId, expected);
    }

    Collection<Expected> waiting() {
        return waiting;
    }

    Collection<Expected> inFlight() {
        return byPacketId.values();
    }

    boolean isEmpty() {
        return waiting.isEmpty() && byPacketId.isEmpty();
    }

    /** Messages queued or in flight that are so for certain. */
    long certainCount() {
        if (isVolatile && hasBeenMember()) {
            return 0; // What it had before it became a member does not count.
        }
        return byPacketId.values().stream()
                        .filter(e -> !e.isLoose && !e.isOptional)
                        .count()
                + waiting.stream().filter(e -> !e.isOptional).count();
    }

    /** Which messages of shared groups it has is not known until they are sent. */
    long uncertainCount() {
        return hasBeenMember()
                ? Integer.MAX_VALUE
                : waiting.stream().filter(e -> e.isOptional).count()
                        + byPacketId.values().stream().filter(e -> e.isOptional).count()
                        + late.stream().mapToLong(l -> l.may.size()).sum();
    }

    /** Bytes of commands; certain ones only, or all. */
    long bytes(boolean all) {
        if (isVolatile && hasBeenMember() && !all) {
            return 0;
        }
        long inFlight = byPacketId.values().stream()
                .filter(e -> !e.isReleased && !e.isLoose && (all || !e.isOptional))
                .mapToLong(e -> e.publication.size())
                .sum();
        long queued = waiting.stream()
                .filter(e -> all || !e.isOptional)
                .mapToLong(e -> e.publication.size())
                .sum();
        long waitingForRoom = !all
                ? 0
                : late.stream()
                        .flatMap(l -> l.may.stream())
                        .mapToLong(Publication::size)
                        .sum();
        return inFlight + queued + waitingForRoom + (all && hasBeenMember() ? Integer.MAX_VALUE : 0);
    }

    void onConnected() {
        lastCommandPushed = 0;
    }

    /** The gateway has sent all up to the one with this packet id; 0 = none is in flight. */
    void onSent(int packetId) {
        Expected last = lastByPacketId.get(packetId);
        for (Expected e : byPacketId.values()) {
            e.wasSurelySent |= last != null && e.number <= last.number && !e.isLoose;
            e.maySent |= e.wasSurelySent;
        }
    }

    /** The connection is gone, nobody knows what was sent on it. */
    private void sentUnknown() {
        waiting.forEach(e -> e.mayBeDup = true);
        waiting.forEach(e -> e.maySent = true);
        byPacketId.values().forEach(e -> e.maySent = true);
    }

    /** Gives up the oldest message that cannot have been sent; false when there is none. */
    boolean dropOldest() {
        if (connection != 0) {
            return false; // No queue here is longer than what its gateway may hold.
        }
        List<Expected> all = new ArrayList<>(byPacketId.values());
        all.sort(Comparator.comparingLong(e -> e.number));
        all.addAll(waiting);
        for (Expected e : all) {
            if (isDroppable(e)) {
                isSequenceKnown = false;
                waiting.remove(e);
                byPacketId.remove(e.packetId, e);
                return true;
            }
        }
        return false;
    }

    private static boolean isDroppable(Expected e) {
        boolean maySent = e.isLate ? e.wasSurelySent : e.maySent; // What was late is queued nobody knows when.
        return !maySent && !e.isReleased && e.group == null && (e.session.connection == 0 || e.pushedTo == 0);
    }

    /** Whether it is known which message is the oldest. */
    boolean isOldestKnown() {
        return connection == 0
                && uncertainCount() == 0
                && Stream.concat(waiting.stream(), byPacketId.values().stream()).noneMatch(e -> e.isLate);
    }

    /** Some of the oldest have been given up, and which is not said. */
    void makeOldestOptional() {
        if (connection != 0 && byPacketId.size() + waiting.size() < PUSHED_MAX) {
            return;
        }
        isSequenceKnown = false;
        waiting.stream().filter(ModelSession::isDroppable).forEach(e -> e.isOptional = true);
        byPacketId.values().stream().filter(ModelSession::isDroppable).forEach(e -> e.isOptional = true);
        late.forEach(l -> l.must.clear());
    }

    /** The subscription has changed: what waits for it comes as it says now. */
    void changeLate(String filter, int[] value, long command) {
        for (LateRetained l : List.copyOf(late)) {
            if (!l.isOver && l.filter.equals(filter)) {
                late.add(l.changed(value, command));
            }
        }
    }

    /** The subscription is no more: what waits for it need not come any more. */
    void endLate(String filter) {
        late.stream().filter(l -> l.filter.equals(filter)).forEach(LateRetained::end);
    }

    /** A retained message that had to wait for its turn; null when this is none. */
    @Nullable
    Expected takeLate(Pushed pushed) {
        if (!pushed.retain || pushed.position != 0) {
            return null;
        }
        Expected found = null;
        LateRetained of = null;
        boolean isAlike = false;
        for (LateRetained l : late) {
            for (Publication p : l.may) {
                if (!p.hasContent(pushed.topic, pushed.payload) || !l.mayCome(p)) {
                    continue;
                }
                Expected e = l.expected(p);
                boolean isBetter =
                        found == null || of == null || (l.must.contains(p) && !of.must.contains(found.publication));
                isAlike |= found != null && !found.publication.equals(p) && pushed.isLike(e);
                if (isBetter && pushed.isLike(e)) {
                    found = e;
                    of = l;
                }
            }
        }
        if (found == null || of == null) {
            return null;
        }
        // What is the same for the eye: nobody can say which of the two has come, so either may be next. If both are
        // to come, the one that had to wait is left: it need not come when another message is retained in its place.
        Expected same = waiting.stream().filter(pushed::isLike).findFirst().orElse(null);
        if (same != null) {
            same.isLate = true;
        }
        if (same != null && (!same.isOptional || !of.must.contains(found.publication))) {
            return same;
        }
        of.take(found.publication);
        found.isAlike = isAlike;
        return found;
    }

    /** The connection or the process is gone: what was pushed may have been sent. */
    void onConnectionLost() {
        for (Expected e : byPacketId.values()) {
            e.mayBeDup = true;
        }
        loosen();
    }

    /**
     * Finds what the engine delivers here, and checks that its turn has come. To a connection that the same command
     * has ended goes only what it routed before.
     */
    Expected onPushed(Pushed pushed, long to, long nowMs, long serial) {
        Expected known = byPacketId.get(pushed.packetId);
        Expected shared = known != null ? null : findShared(pushed);
        Expected late = known != null || shared != null ? null : takeLate(pushed);
        Expected expected =
                known != null ? known : shared != null ? shared : late != null ? late : firstAssignable(pushed, nowMs);
        AuditFailure.check(pushed.isLike(expected), "a delivery is what was published", pushed, expected);
        AuditFailure.check(expected.pushedTo != serial, "a message is delivered once per connection", expected);
        AuditFailure.check(!expected.isReleased, "a released message is not delivered again", expected);
        if (expected.isShared) {
            expected.isLoose = expected.group != null && to != connection;
        } else if (expected.isLate) {
            expected.maySent |= to != connection;
            expected.mayBeDup |= to != connection;
            expected.mayBeSent |= to != connection;
        } else if (to == connection) {
            AuditFailure.check(
                    expected.commandNumber >= lastCommandPushed, "deliveries keep their order on resume", expected);
            lastCommandPushed = expected.commandNumber;
        } else {
            AuditFailure.check(
                    expected.connection == to, "nothing is sent to a connection that is gone", pushed, expected);
        }
        if (known == null) {
            assign(expected, pushed.packetId);
        }
        expected.isOptional = false; // What is pushed is in the queue, so it has not been given up.
        expected.pushedTo = serial;
        return expected;
    }

    /** What a DELIVER effect says. */
    record Pushed(
            int packetId, long position, String topic, String payload, int qos, boolean retain, List<Integer> ids) {
        boolean isLike(Expected e) {
            Publication p = e.publication;
            return p.hasContent(topic, payload)
                    && e.qos == qos
                    && e.retain == retain
                    && e.subscriptionIds.equals(ids)
                    && (position == 0 || e.isShared || position == p.position());
        }
    }

    private Expected firstAssignable(Pushed pushed, long nowMs) {
        Expected overtaken = null;
        for (Expected e : waiting) {
            // A queue keeps its order: what a later one has overtaken was never in it.
            if ((e.isLate || e.commandNumber >= lastCommandAssigned) && pushed.isLike(e)) {
                boolean inOrder = overtaken == null || overtaken.commandNumber == e.commandNumber;
                AuditFailure.check(inOrder, "no message overtakes another", overtaken, e);
                lastCommandAssigned = e.isLate ? lastCommandAssigned : e.commandNumber;
                if (e.isOptional) {
                    excuseOneLike(pushed, e);
                }
                return e;
            }
            if (overtaken == null && !e.isLate && e.isRequired(nowMs)) {
                overtaken = e;
            }
        }
        throw new AuditFailure("nothing is delivered that is not due: " + pushed + " to " + clientId
                + "; its queue begins with "
                + waiting.stream().limit(5).toList());
    }

    /** What is delivered may be the next copy of the same, which had room: then that one will not come again. */
    private void excuseOneLike(Pushed pushed, Expected taken) {
        for (Expected e : waiting) {
            if (e != taken && !e.isOptional && pushed.isLike(e)) {
                e.isOptional = true;
                return;
            }
        }
    }

    private void assign(Expected expected, int packetId) {
        AuditFailure.check(packetId >= 1 && packetId <= 65_535, "a packet id is 1 to 65,535", packetId, expected);
        if (isSequenceKnown) {
            int next = lastPacketId % 65_535 + 1;
            AuditFailure.check(packetId == next, "packet ids follow the order of the queue", next, packetId, expected);
        }
        lastPacketId = packetId;
        expected.packetId = packetId;
        GroupDelivery group = expected.group;
        if (group != null) {
            group.take(expected);
        }
        waiting.remove(expected);
        byPacketId.put(packetId, expected);
        lastByPacketId.put(packetId, expected);
        expected.number = ++assignedCount;
    }

    @Nullable
    Expected byPacketId(int packetId) {
        return byPacketId.get(packetId);
    }

    void finish(Expected expected) {
        expected.isDone = true;
        byPacketId.remove(expected.packetId);
        if (expected.group != null) {
            expected.group.finish();
        }
    }
}
