package io.tally.engine;

import io.tally.engine.delivery.Entry;
import io.tally.engine.egress.EffectWriter;
import io.tally.engine.retained.RetainedMessage;
import io.tally.engine.retained.RetainedScan;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.SubscribeCommand;
import io.tally.protocol.effect.EffectType;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** SUBSCRIBE and UNSUBSCRIBE, and the retained messages that follow a SUBSCRIBE. Owned by the engine thread. */
final class Subscribes {
    /** Nodes of topics visited for retained messages at a time: what one SUBSCRIBE may cost the others. */
    static final int VISITS_MAX = 2_048;

    /** Bytes of retained messages delivered at a time; one is in any case. */
    static final long BYTES_MAX = 1 << 20;

    /** Retained messages delivered at a time: each is read from the journal or the state store. */
    static final int FOUND_MAX = 256;

    /** Further retained messages with QoS > 0 come once the queue is shorter than this. */
    static final int QUEUED_MAX = 4_096;

    /** Its bytes; as above. */
    static final long QUEUED_BYTES_MAX = 4 << 20;

    /** Bytes of all filters of a session; a subscription beyond them is refused. */
    static final long FILTER_BYTES_MAX = 4 << 20;

    private static final long TURN_FACTOR = 0x9E37_79B9_7F4A_7C15L;

    private final BrokerState state;
    private final EffectWriter effects;
    private final Deliveries deliveries;
    private final RetainedScan scan;

    /** Sessions, by id, to which retained messages are to be delivered: all that may go on, perhaps others. */
    private final NavigableMap<Long, Session> waiting = new TreeMap<>();

    /** The same for volatile sessions, which go on as their client does: no part of the state. */
    private final NavigableMap<Long, Session> waitingVolatile = new TreeMap<>();

    Subscribes(BrokerState state, EffectWriter effects, Deliveries deliveries) {
        this.state = state;
        this.effects = effects;
        this.deliveries = deliveries;
        this.scan = new RetainedScan(state.retained);
    }

    void onSubscribe(Session session, SubscribeCommand command) {
        int[] reasonCodes = new int[command.filterCount()];
        for (int i = 0; command.nextFilter(); i++) {
            if (command.refusal() != 0) {
                reasonCodes[i] = command.refusal();
                continue;
            }
            Subscription subscription =
                    Subscription.of(session, command.filter(), command.options(), command.subscriptionId());
            if (!hasRoom(session, subscription)) {
                reasonCodes[i] = ReasonCodes.QUOTA_EXCEEDED;
                continue;
            }
            boolean existed = state.subscribe(subscription);
            reasonCodes[i] = subscription.qos();
            if (wantsRetained(subscription, existed)) {
                session.wantRetained(subscription.fullFilter(), RetainedScan.START);
            }
        }
        effects.suback(session.gateway, session.connection, EffectType.SUBACK, command.packetId(), reasonCodes);
        if (!session.isVolatile || effects.isOn()) {
            deliverRetained(session);
        }
    }

    private boolean hasRoom(Session session, Subscription subscription) {
        String filter = subscription.fullFilter();
        return session.subscriptions.containsKey(filter)
                || (!state.limits.isReached(Limit.SUBSCRIPTIONS, session.subscriptions.size())
                        && session.filterBytes() + filter.length() <= FILTER_BYTES_MAX);
    }

    /**
     * Shared subscriptions get no retained messages; otherwise as Retain Handling says [MQTT-3.3.1-9] to
     * [MQTT-3.3.1-11].
     */
    private static boolean wantsRetained(Subscription subscription, boolean existed) {
        if (subscription.shareName() != null) {
            return false;
        }
        int handling = subscription.retainHandling();
        return handling == 0 || (handling == 1 && !existed);
    }

    /** Delivers the next part of the retained messages that a session waits for. */
    private void deliverRetained(Session session) {
        scan.begin(VISITS_MAX, BYTES_MAX);
        int left = FOUND_MAX;
        while (left > 0 && !scan.isSpent() && mayGoOn(session)) {
            Subscription subscription = firstWaiting(session);
            String filter = subscription.fullFilter();
            String after = Invariant.present(session.retainedWanted().get(filter), "a filter waits");
            String next = scan.next(filter, after, Math.min(left, room(session, subscription)));
            left -= scan.found().size();
            for (RetainedMessage message : scan.found()) {
                deliverRetained(subscription, message);
            }
            if (next == null) {
                session.wantNoRetained(filter);
            } else {
                session.goOnBehind(filter, next);
            }
        }
        state.dirty(session);
        goOnLater(session);
    }

    private void deliverRetained(Subscription subscription, RetainedMessage message) {
        Session session = subscription.session();
        if (message.isExpired(state.timeMs)) {
            return;
        }
        int id = subscription.subscriptionId();
        int[] ids = id == 0 ? new int[0] : new int[] {id};
        boolean isUpgraded = state.limits.isOn(Limit.UPGRADE_QOS);
        int qos = isUpgraded ? subscription.qos() : Math.min(message.qos(), subscription.qos());
        if (qos == 0) {
            deliveries.deliverKeptNow(session, message.position(), true, ids);
        } else {
            deliveries.enqueueRetained(session, message.position(), message.size(), Entry.of(qos, true, true), ids);
        }
    }

    private static Subscription firstWaiting(Session session) {
        String filter = session.retainedWanted().keySet().iterator().next();
        return Invariant.present(session.subscriptions.get(filter), "retained messages have a subscription");
    }

    /** A function of the state alone (but for volatile sessions): replays have to go on where we did. */
    private boolean mayGoOn(Session session) {
        return !session.isEnded && !session.retainedWanted().isEmpty() && room(session, firstWaiting(session)) > 0;
    }

    /** Those beyond the limits of a queue wait; the last one may exceed the limit in bytes. */
    private int room(Session session, Subscription subscription) {
        if (subscription.qos() == 0) {
            return Integer.MAX_VALUE;
        }
        long count = session.queue.count();
        long bytes = session.queue.bytes();
        long room = bytes >= QUEUED_BYTES_MAX ? 0 : QUEUED_MAX - count;
        Limits limits = state.limits;
        if (!session.isVolatile && limits.of(Limit.QUEUED_MESSAGES) > 0) {
            room = Math.min(room, limits.of(Limit.QUEUED_MESSAGES) - count);
        }
        if (!session.isVolatile && limits.of(Limit.QUEUED_BYTES) > 0) {
            room = Math.min(room, limits.isReached(Limit.QUEUED_BYTES, bytes) ? 0 : 1);
        }
        return (int) Math.max(0, room);
    }

    /** The queue of a session may have room again for retained messages that it waits for. */
    void goOnLater(Session session) {
        if (mayGoOn(session)) {
            waitingIn(session).put(session.id, session);
        }
    }

    private NavigableMap<Long, Session> waitingIn(Session session) {
        return session.isVolatile ? waitingVolatile : waiting;
    }

    /** The sessions have come from the store, or the limits have changed. */
    void onLimits() {
        state.sessionsById.values().forEach(this::goOnLater);
    }

    boolean isWorkLeft() {
        return !waiting.isEmpty() || !waitingVolatile.isEmpty();
    }

    /** The time of commands has moved on: another part for one session of each kind. */
    void onTime() {
        // Anybody's turn, but everywhere the same: who asks again and again must not keep the others waiting.
        long from = ((state.timeMs * TURN_FACTOR) >>> 1) % state.nextSessionId;
        deliverRetainedToOne(waiting, from);
        deliverRetainedToOne(waitingVolatile, from);
    }

    private void deliverRetainedToOne(NavigableMap<Long, Session> sessions, long from) {
        while (!sessions.isEmpty()) {
            Map.Entry<Long, Session> next = sessions.ceilingEntry(from);
            Session session = (next == null ? sessions.firstEntry() : next).getValue();
            sessions.remove(session.id);
            if (mayGoOn(session)) {
                deliverRetained(session);
                return;
            }
        }
    }

    void onUnsubscribe(Session session, SubscribeCommand command) {
        int[] reasonCodes = new int[command.filterCount()];
        for (int i = 0; command.nextFilter(); i++) {
            if (command.refusal() != 0) {
                reasonCodes[i] = command.refusal();
            } else if (!state.unsubscribe(session, command.filter())) {
                reasonCodes[i] = ReasonCodes.NO_SUBSCRIPTION_EXISTED;
            }
        }
        goOnLater(session);
        effects.suback(session.gateway, session.connection, EffectType.UNSUBACK, command.packetId(), reasonCodes);
    }
}
