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
import org.jspecify.annotations.Nullable;

/** What must be remembered of a client, as the model has it. */
final class ModelSession {
    static final long NEVER = Long.MAX_VALUE;

    final String clientId;

    /** Filter to the options byte and the subscription identifier. */
    final Map<String, int[]> subscriptions = new TreeMap<>();

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

    /** Filters for which retained messages have waited for room: they may come at any time. */
    final Map<String, int[]> lateFilters = new TreeMap<>();

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
        isSequenceKnown &= expected.group == null && !expected.isOptional;
    }

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
        waiting.remove(expected);
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
        return byPacketId.size() + waiting.stream().filter(e -> !isUncertain(e)).count();
    }

    long uncertainCount() {
        return waiting.stream().filter(ModelSession::isUncertain).count();
    }

    private static boolean isUncertain(Expected e) {
        return e.isOptional || e.group != null;
    }

    /** Bytes of commands; certain ones only, or all. */
    long bytes(boolean all) {
        long inFlight = byPacketId.values().stream()
                .filter(e -> !e.isReleased)
                .mapToLong(e -> e.publication.size())
                .sum();
        long queued = waiting.stream()
                .filter(e -> all || !isUncertain(e))
                .mapToLong(e -> e.publication.size())
                .sum();
        return inFlight + queued;
    }

    void onConnected() {
        lastCommandPushed = 0;
    }

    /** The gateway has sent all up to the one with this packet id; 0 = none is in flight. */
    void onSent(int packetId) {
        Expected last = lastByPacketId.get(packetId);
        for (Expected e : byPacketId.values()) {
            e.wasSurelySent |= last != null && e.number <= last.number;
            e.maySent |= e.wasSurelySent;
        }
    }

    /** The connection is gone, nobody knows what was sent on it. */
    void sentUnknown() {
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
            if (!e.maySent && !e.isReleased) {
                isSequenceKnown = false;
                waiting.remove(e);
                byPacketId.remove(e.packetId, e);
                return true;
            }
        }
        return false;
    }

    /** The subscription has changed: what waits for it need not come any more. */
    void forgetLate(String filter) {
        for (Expected e : waiting) {
            if (filter.equals(e.lateFilter)) {
                e.lateFilter = null;
            }
        }
    }

    /** A retained message at QoS 0 that had to wait for its turn. */
    Expected takeLate(Pushed pushed) {
        for (Expected e : waiting) {
            if (e.isLate && e.qos == 0 && pushed.isLike(e)) {
                waiting.remove(e);
                return e;
            }
        }
        throw new AuditFailure("nothing is delivered that is not due: " + pushed + " to " + clientId);
    }

    /** The connection or the process is gone: what was pushed may have been sent. */
    void onConnectionLost() {
        for (Expected e : byPacketId.values()) {
            e.mayBeDup = true;
        }
    }

    /**
     * Finds what the engine delivers here, and checks that its turn has come. To a connection that the same command
     * has ended goes only what it routed before.
     */
    Expected onPushed(Pushed pushed, long to, long nowMs, long serial) {
        Expected known = byPacketId.get(pushed.packetId);
        Expected expected = known != null ? known : firstAssignable(pushed, nowMs);
        AuditFailure.check(pushed.isLike(expected), "a delivery is what was published", pushed, expected);
        AuditFailure.check(expected.pushedTo != serial, "a message is delivered once per connection", expected);
        AuditFailure.check(!expected.isReleased, "a released message is not delivered again", expected);
        if (expected.isLate) {
            AuditFailure.check(to == connection, "nothing is sent to a connection that is gone", pushed, expected);
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
                    && (position == 0 || position == p.position());
        }
    }

    private Expected firstAssignable(Pushed pushed, long nowMs) {
        Expected overtaken = null;
        for (Expected e : waiting) {
            // A queue keeps its order: what a later one has overtaken was never in it.
            if ((e.isLate || e.commandNumber >= lastCommandAssigned) && pushed.isLike(e)) {
                boolean inOrder = overtaken == null || overtaken.commandNumber == e.commandNumber;
                AuditFailure.check(inOrder, "no message overtakes another", overtaken, e);
                if (e.isOptional) {
                    excuseOneLike(pushed, e);
                }
                return e;
            }
            if (overtaken == null && e.isRequired(nowMs)) {
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
            if (e != taken && !e.isOptional && e.group == null && pushed.isLike(e)) {
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
        lastCommandAssigned = expected.isLate ? lastCommandAssigned : expected.commandNumber;
        expected.packetId = packetId;
        GroupDelivery group = expected.group;
        if (group != null) {
            group.take(expected);
        }
        expected.isOptional = false;
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
    }
}
