package io.tally.engine;

import io.tally.engine.delivery.Entry;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.egress.EffectWriter;
import io.tally.engine.retained.RetainedMessage;
import io.tally.engine.retained.RetainedScan;
import io.tally.engine.session.Former;
import io.tally.engine.session.RetainedWanted;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.protocol.Invariant;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.SubscribeCommand;
import io.tally.protocol.effect.EffectType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    private final Shares shares;
    private final SystemMessages system;
    private final RetainedScan scan;
    private final Map<String, Subscription> wanting = new LinkedHashMap<>();

    /** Sessions, by id, to which retained messages are to be delivered: all that may go on, perhaps others. */
    private final NavigableMap<Long, Session> waiting = new TreeMap<>();

    /** The same for those that go on as their client does, as their progress is not journaled: no part of the state. */
    private final NavigableMap<Long, Session> waitingUnjournaled = new TreeMap<>();

    Subscribes(BrokerState state, EffectWriter effects, Deliveries deliveries, Shares shares, SystemMessages system) {
        this.state = state;
        this.effects = effects;
        this.deliveries = deliveries;
        this.shares = shares;
        this.system = system;
        this.scan = new RetainedScan(state.retained);
    }

    void onSubscribe(Session session, SubscribeCommand command) {
        int[] reasonCodes = new int[command.filterCount()];
        List<String> joined = new ArrayList<>(0);
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
            shares.onSubscribed(subscription);
            reasonCodes[i] = subscription.qos();
            if (wantsRetained(subscription, existed)) {
                session.wantRetained(subscription.fullFilter(), new RetainedWanted(state.position, RetainedScan.START));
                wanting.put(subscription.fullFilter(), subscription);
            }
            if (subscription.shareName() != null) {
                joined.add(subscription.fullFilter());
            }
        }
        effects.suback(session.gateway, session.connection, EffectType.SUBACK, command.packetId(), reasonCodes);
        system.deliver(wanting.values());
        wanting.clear();
        if (session.isJournaled() || effects.isOn()) {
            deliverRetained(session, false);
        }
        joined.forEach(shares::dispatch);
    }

    /**
     * It could not be journaled, so everything stays as it is. What it asks for may be there already: clients that are
     * not told of their session (3.1) subscribe at each connection.
     */
    void refuseSubscribe(Session session, SubscribeCommand command) {
        int[] reasonCodes = new int[command.filterCount()];
        boolean isRefused = false;
        for (int i = 0; command.nextFilter(); i++) {
            reasonCodes[i] = command.refusal();
            if (command.refusal() == 0) {
                boolean isThere = isThere(session, command);
                reasonCodes[i] = isThere ? command.options() & Entry.QOS_MASK : ReasonCodes.QUOTA_EXCEEDED;
                isRefused |= !isThere;
            }
        }
        if (isRefused && session.protocolVersion == ProtocolVersion.V3_1) {
            close(session); // SUBACK cannot say it.
        } else {
            effects.suback(session.gateway, session.connection, EffectType.SUBACK, command.packetId(), reasonCodes);
        }
    }

    /** Whether the session has this very subscription, and gets nothing retained for it again. */
    private static boolean isThere(Session session, SubscribeCommand command) {
        Subscription asked = Subscription.of(session, command.filter(), command.options(), command.subscriptionId());
        Subscription present = session.subscriptions().get(command.filter());
        return present != null
                && present.options() == asked.options()
                && present.subscriptionId() == asked.subscriptionId()
                && (session.protocolVersion == ProtocolVersion.V3_1 || !wantsRetained(asked, true));
    }

    private void close(Session session) {
        effects.close(session.gateway, session.connection, ReasonCodes.QUOTA_EXCEEDED);
    }

    /** As {@link #refuseSubscribe}. UNSUBACK has no Quota exceeded (3.11.3), and says nothing before 5.0. */
    void refuseUnsubscribe(Session session, SubscribeCommand command) {
        int[] reasonCodes = new int[command.filterCount()];
        boolean isRefused = false;
        for (int i = 0; command.nextFilter(); i++) {
            reasonCodes[i] = command.refusal();
            if (command.refusal() == 0) {
                boolean isThere = session.subscriptions().containsKey(command.filter());
                reasonCodes[i] =
                        isThere ? ReasonCodes.IMPLEMENTATION_SPECIFIC_ERROR : ReasonCodes.NO_SUBSCRIPTION_EXISTED;
                isRefused |= isThere;
            }
        }
        if (isRefused && session.protocolVersion != ProtocolVersion.V5) {
            close(session);
        } else {
            effects.suback(session.gateway, session.connection, EffectType.UNSUBACK, command.packetId(), reasonCodes);
        }
    }

    private boolean hasRoom(Session session, Subscription subscription) {
        String filter = subscription.fullFilter();
        boolean isShared = subscription.shareName() != null;
        int shared = session.sharedSubscriptions().size();
        return session.subscriptions().containsKey(filter)
                || (!state.limits.isReached(
                                Limit.SUBSCRIPTIONS, session.subscriptions().size())
                        && !(isShared && state.limits.isReached(Limit.SHARED_SUBSCRIPTIONS, shared))
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

    /**
     * Delivers the next part of the retained messages that a session waits for.
     *
     * @param former those that it waited for before its progress began to be journaled
     */
    private void deliverRetained(Session session, boolean former) {
        Map<String, RetainedWanted> wanted = wanted(session, former);
        scan.begin(VISITS_MAX, BYTES_MAX);
        int left = FOUND_MAX;
        while (left > 0 && !scan.isSpent() && mayGoOn(session, former)) {
            Subscription subscription = firstWaiting(session, former);
            String filter = subscription.fullFilter();
            RetainedWanted from = Invariant.present(wanted.get(filter), "a filter waits");
            String next = scan.next(filter, from.after(), Math.min(left, room(session, subscription, former)));
            left -= scan.found().size();
            for (RetainedMessage message : scan.found()) {
                deliverRetained(subscription, message, former, from.since());
            }
            if (next != null) {
                wanted.replace(filter, from.goOnBehind(next));
            } else if (former) {
                wanted.remove(filter);
            } else {
                session.wantNoRetained(filter);
            }
        }
        state.dirty(session);
        goOnLater(session);
        if (former) {
            deliveries.push(session);
        }
    }

    private void deliverRetained(Subscription subscription, RetainedMessage message, boolean former, long since) {
        Session session = subscription.session();
        if (message.isExpired(state.timeMs)) {
            return;
        }
        int id = subscription.subscriptionId();
        int[] ids = id == 0 ? new int[0] : new int[] {id};
        boolean isUpgraded = state.limits.isOn(Limit.UPGRADE_QOS);
        int qos = isUpgraded ? subscription.qos() : Math.min(message.qos(), subscription.qos());
        if (qos == 0) {
            // What was retained since may have come live, or have found nobody connected: no queue is behind that.
            deliveries.deliverRetainedNow(session, message.position(), ids);
        } else if (message.retainedAt() <= since) {
            SessionQueue queue = queue(session, former);
            int meta = Entry.of(qos, true, true) | Entry.RETAINED;
            deliveries.enqueueRetained(session, queue, message.position(), message.size(), meta, ids);
        }
    }

    private static Map<String, RetainedWanted> wanted(Session session, boolean former) {
        return former ? present(session).retainedWanted : session.retainedWanted();
    }

    private static SessionQueue queue(Session session, boolean former) {
        return former ? present(session).queue : session.queue;
    }

    private static Former present(Session session) {
        return Invariant.present(session.former, "a session has something of before");
    }

    private static Subscription firstWaiting(Session session, boolean former) {
        String filter = wanted(session, former).keySet().iterator().next();
        return Invariant.present(session.subscriptions().get(filter), "retained messages have a subscription");
    }

    /** A function of the state alone where progress is journaled: replays have to go on where we did. */
    private boolean mayGoOn(Session session, boolean former) {
        return !session.isEnded
                && (!former || session.former != null)
                && !wanted(session, former).isEmpty()
                && room(session, firstWaiting(session, former), former) > 0;
    }

    /** Those beyond the limits of a queue wait; the last one may exceed the limit in bytes. */
    private int room(Session session, Subscription subscription, boolean former) {
        if (subscription.qos() == 0) {
            return Integer.MAX_VALUE;
        }
        SessionQueue queue = queue(session, former);
        long count = queue.count();
        long bytes = queue.bytes();
        long room = bytes >= QUEUED_BYTES_MAX ? 0 : QUEUED_MAX - count;
        Limits limits = state.limits;
        if (queue.isDurable() && limits.of(Limit.QUEUED_MESSAGES) > 0) {
            room = Math.min(room, limits.of(Limit.QUEUED_MESSAGES) - count);
        }
        if (queue.isDurable() && limits.of(Limit.QUEUED_BYTES) > 0) {
            room = Math.min(room, limits.isReached(Limit.QUEUED_BYTES, bytes) ? 0 : 1);
        }
        return (int) Math.max(0, room);
    }

    /** The queue of a session may have room again for retained messages that it waits for. */
    void goOnLater(Session session) {
        if (mayGoOn(session, false)) {
            (session.isJournaled() ? waiting : waitingUnjournaled).put(session.id, session);
        }
        if (mayGoOn(session, true)) {
            waitingUnjournaled.put(session.id, session);
        }
    }

    /** The sessions have come from the store, or the limits have changed. */
    void onLimits() {
        state.sessionsById.values().forEach(this::goOnLater);
    }

    boolean isWorkLeft() {
        return !waiting.isEmpty() || !waitingUnjournaled.isEmpty();
    }

    /** The time of commands has moved on: another part for one session of each kind. */
    void onTime() {
        // Anybody's turn, but everywhere the same: who asks again and again must not keep the others waiting.
        long from = ((state.timeMs * TURN_FACTOR) >>> 1) % state.nextSessionId;
        deliverRetainedToOne(waiting, from, true);
        deliverRetainedToOne(waitingUnjournaled, from, false);
    }

    private void deliverRetainedToOne(NavigableMap<Long, Session> sessions, long from, boolean journaled) {
        while (!sessions.isEmpty()) {
            Map.Entry<Long, Session> next = sessions.ceilingEntry(from);
            Session session = (next == null ? sessions.firstEntry() : next).getValue();
            sessions.remove(session.id);
            boolean former = session.isJournaled() != journaled;
            if (mayGoOn(session, former)) {
                deliverRetained(session, former);
                return;
            }
        }
    }

    void onUnsubscribe(Session session, SubscribeCommand command) {
        int[] reasonCodes = new int[command.filterCount()];
        for (int i = 0; command.nextFilter(); i++) {
            if (command.refusal() != 0) {
                reasonCodes[i] = command.refusal();
                continue;
            }
            String filter = command.filter();
            if (!state.unsubscribe(session, filter)) {
                reasonCodes[i] = ReasonCodes.NO_SUBSCRIPTION_EXISTED;
            }
            shares.dispatch(filter);
        }
        goOnLater(session);
        effects.suback(session.gateway, session.connection, EffectType.UNSUBACK, command.packetId(), reasonCodes);
        deliveries.push(session);
    }
}
