package io.tally.engine.sim;

import io.tally.engine.DropCounts;
import io.tally.engine.sim.Packet.AckKind;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.DisconnectedCommand;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.command.RestartedCommand;
import io.tally.protocol.command.SubscribeCommand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A second broker, slow and simple, written from the standard: it takes the commands that the engine takes and says
 * what must come of them. It never sees a crash: commands that a replay applies again are given to it once.
 */
final class Model {
    private static final int TAKEN_OVER = 0x8E;
    private static final int IMPLEMENTATION_SPECIFIC_ERROR = 0x83;
    private static final int SERVER_BUSY = 0x89;
    private static final int QUOTA_EXCEEDED = 0x97;
    private static final int FILTER_BYTES_MAX = 4 << 20;
    private static final List<Integer> OK = List.of(0);
    private static final List<Integer> OK_OR_NO_SUBSCRIBERS = List.of(0, 0x10);

    private final Map<String, ModelSession> sessions = new LinkedHashMap<>();
    private final Map<Long, ModelSession> byConnection = new HashMap<>();

    /** Connections that the last command has ended: what it routed before may have gone to them. */
    private final Map<Long, ModelSession> detached = new HashMap<>();

    private final ModelRouting routing;
    private Limits limits = Limits.NONE;

    /** Of the last journaled command. */
    private long timeMs;

    private int takeOverCount;

    Model(ModelRouting.Observer observer) {
        routing = new ModelRouting(sessions.values(), observer);
    }

    Collection<ModelSession> sessions() {
        return sessions.values();
    }

    Collection<ModelGroup> groups() {
        return routing.groups();
    }

    Collection<Publication> retained() {
        return routing.retained();
    }

    @Nullable
    ModelSession session(long connection) {
        return byConnection.get(connection);
    }

    /** Whose connection this was when the last command came, if that has ended it. */
    @Nullable
    ModelSession detached(long connection) {
        return detached.get(connection);
    }

    @Nullable
    ModelSession session(String clientId) {
        return sessions.get(clientId);
    }

    /** Whether this is what is retained on its topic, and is to be queued. */
    boolean isDue(LateRetained late, Publication p) {
        return routing.retained().contains(p) && late.qos(p) > 0;
    }

    /** By the last command. */
    int takeOverCount() {
        return takeOverCount;
    }

    /** What the last command must answer, immediate deliveries included. */
    Expectations expectations() {
        return routing.expectations();
    }

    /** When time alone will change something; {@link Long#MAX_VALUE} = never. */
    long nextDeadlineMs() {
        long next = Long.MAX_VALUE;
        for (ModelSession s : sessions.values()) {
            next = Math.min(next, Math.min(s.expiryDeadlineMs, s.willDeadlineMs));
        }
        for (Publication p : routing.retained()) {
            next = Math.min(next, Math.max(timeMs + 1, p.expiresAtMs()));
        }
        return next;
    }

    /** @param drops what the engine says that full queues have cost */
    void apply(long position, long timeMs, DirectBuffer b, DropCounts drops) {
        routing.begin(position, drops);
        detached.clear();
        takeOverCount = 0;
        if (CommandHeader.type(b, 0) == CommandType.RESTARTED) {
            onRestarted(RestartedCommand.limits(b, 0), timeMs);
        }
        if (position != 0) {
            this.timeMs = timeMs;
            onTime(timeMs);
            routing.onTime(timeMs);
        }
        switch (CommandHeader.type(b, 0)) {
            case CommandType.CONNECT -> onConnect(position, timeMs, b);
            case CommandType.TICK, CommandType.RESTARTED, CommandType.CLEAN -> {}
            default -> {
                ModelSession session = byConnection.get(CommandHeader.connection(b, 0));
                if (session != null) {
                    applyOf(session, position, timeMs, b);
                }
            }
        }
        routing.checkDrops();
    }

    private void applyOf(ModelSession session, long position, long timeMs, DirectBuffer b) {
        switch (CommandHeader.type(b, 0)) {
            case CommandType.PUBLISH -> onPublish(session, position, timeMs, b);
            case CommandType.ACKS -> onAcks(session, b);
            case CommandType.SUBSCRIBE -> onSubscribe(session, timeMs, b);
            case CommandType.UNSUBSCRIBE -> onUnsubscribe(session, b);
            case CommandType.DISCONNECTED -> onDisconnected(session, timeMs, b);
            default -> throw new AuditFailure("a command has a known type: " + CommandHeader.type(b, 0));
        }
    }

    // ---- sessions ----

    private void onConnect(long position, long timeMs, DirectBuffer b) {
        ConnectCommand c = new ConnectCommand().wrap(b, 0);
        if (CommandHeader.isRefused(b, 0)) {
            turnAway(c);
            return;
        }
        ModelSession session = sessions.get(c.clientId());
        boolean goesOn = session != null && !c.cleanStart() && !isOver(session);
        if (session != null) {
            giveUp(session, goesOn, timeMs);
        }
        if (!goesOn && limits.isReached(Limit.SESSIONS, sessions.size())) {
            turnAway(c);
            return;
        }
        if (session == null || !goesOn) {
            session = new ModelSession(c.clientId());
            sessions.put(c.clientId(), session);
        }
        session.isResumed = goesOn;
        session.isVolatile = c.isVolatile();
        session.connection = c.connection();
        session.gateway = c.gateway();
        session.version = c.protocolVersion();
        session.expirySeconds = Math.min(c.sessionExpirySeconds(), limits.of(Limit.SESSION_EXPIRY_SECONDS));
        session.expiryDeadlineMs = ModelSession.NEVER;
        session.willDeadlineMs = ModelSession.NEVER;
        session.will =
                c.willLength() == 0 ? null : Publication.of(c.clientId(), position, timeMs, c.buffer(), c.willOffset());
        session.willDelaySeconds = c.willDelaySeconds();
        session.onConnected();
        byConnection.put(c.connection(), session);
        String what = "CONNACK " + (goesOn ? "present" : "new") + ", expiry " + session.expirySeconds;
        expectations().reply(c.connection(), what, OK);
    }

    private void turnAway(ConnectCommand c) {
        expectations().reply(c.connection(), "CONNACK new, expiry 0", List.of(SERVER_BUSY));
    }

    /** A session that ends with its connection is not taken over: its connection ends first. */
    private static boolean isOver(ModelSession session) {
        return session.connection != 0 && session.expirySeconds == 0;
    }

    /** The client comes back, or a second time: what becomes of the session and of the connection of before. */
    private void giveUp(ModelSession session, boolean goesOn, long timeMs) {
        if (session.connection != 0) {
            expectations().reply(session.connection, "CLOSE", List.of(TAKEN_OVER));
            takeOverCount++;
            session.onSentUnknown(routing.commandNumber());
            detach(session);
            if (goesOn && session.willDelaySeconds == 0) {
                publishWill(session, timeMs);
            }
        }
        if (goesOn) {
            session.will = null;
            session.willDeadlineMs = ModelSession.NEVER;
        } else {
            end(session, timeMs);
        }
    }

    private void detach(ModelSession session) {
        byConnection.remove(session.connection);
        detached.put(session.connection, session);
        session.connection = 0;
        session.onConnectionLost();
    }

    private void onDisconnected(ModelSession session, long timeMs, DirectBuffer b) {
        if (DisconnectedCommand.hasExpiry(b, 0)) {
            session.expirySeconds =
                    Math.min(DisconnectedCommand.expirySeconds(b, 0), limits.of(Limit.SESSION_EXPIRY_SECONDS));
        }
        session.onSent(DisconnectedCommand.lastSentPacketId(b, 0));
        if (!DisconnectedCommand.will(b, 0)) {
            session.will = null;
        }
        detach(session);
        leave(session, timeMs);
    }

    private void leave(ModelSession session, long timeMs) {
        if (session.expirySeconds == 0) {
            end(session, timeMs);
            return;
        }
        if (session.expirySeconds != ConnectCommand.EXPIRY_NEVER) {
            session.expiryDeadlineMs = timeMs + session.expirySeconds * 1000;
        }
        if (session.will == null) {
            return;
        }
        if (session.willDelaySeconds == 0) {
            publishWill(session, timeMs);
        } else {
            session.willDeadlineMs = timeMs + session.willDelaySeconds * 1000;
        }
    }

    private void end(ModelSession session, long timeMs) {
        publishWill(session, timeMs);
        sessions.remove(session.clientId);
        session.subscriptions.keySet().forEach(filter -> routing.leave(session, filter));
        session.isEnded = true;
    }

    private void publishWill(ModelSession session, long timeMs) {
        Publication will = session.will;
        session.will = null;
        session.willDeadlineMs = ModelSession.NEVER;
        if (will != null) {
            routing.route(will.at(timeMs), session);
        }
    }

    private void onRestarted(Limits newLimits, long timeMs) {
        limits = newLimits;
        routing.limits(newLimits);
        List<ModelSession> connected =
                sessions.values().stream().filter(s -> s.connection != 0).toList();
        for (ModelSession session : connected) {
            session.onSentUnknown(routing.commandNumber());
            detach(session);
        }
        for (ModelSession session : connected) {
            leave(session, timeMs);
        }
    }

    private void onTime(long timeMs) {
        List<ModelSession> due = new ArrayList<>(sessions.values());
        due.removeIf(s -> Math.min(s.expiryDeadlineMs, s.willDeadlineMs) > timeMs);
        due.sort(Comparator.comparingLong(s -> Math.min(s.expiryDeadlineMs, s.willDeadlineMs)));
        for (ModelSession session : due) {
            if (session.expiryDeadlineMs <= timeMs) {
                end(session, timeMs);
            } else {
                publishWill(session, timeMs);
            }
        }
    }

    // ---- messages ----

    private void onPublish(ModelSession session, long position, long timeMs, DirectBuffer b) {
        Publication p = Publication.of(session.clientId, position, timeMs, b, 0);
        int packetId = new PublishCommand().wrap(b, 0).packetId();
        boolean refused = CommandHeader.isRefused(b, 0);
        boolean known = p.qos() == 2 && session.inboundQos2.contains(packetId);
        List<Integer> codes = known ? OK_OR_NO_SUBSCRIBERS : refused ? List.of(QUOTA_EXCEEDED) : OK;
        if (!refused && !known && routing.isRefused(p, session)) {
            if (session.version < 5) {
                closeRefused(session, timeMs);
                return;
            }
            codes = List.of(QUOTA_EXCEEDED);
        } else if (!refused && !known) {
            if (p.qos() == 2) {
                session.inboundQos2.add(packetId);
            }
            codes = routing.route(p, session) ? OK : OK_OR_NO_SUBSCRIBERS;
        }
        if (p.qos() > 0) {
            AckKind kind = p.qos() == 1 ? AckKind.PUBACK : AckKind.PUBREC;
            expectations().reply(session.connection, kind + " " + packetId, codes);
        }
    }

    /** Its connection ends, for MQTT before 5.0 has no other refusal. */
    private void closeRefused(ModelSession session, long now) {
        expectations().reply(session.connection, "CLOSE", List.of(QUOTA_EXCEEDED));
        session.onSentUnknown(routing.commandNumber());
        detach(session);
        leave(session, now);
    }

    private void onAcks(ModelSession session, DirectBuffer b) {
        boolean isRefused = CommandHeader.isRefused(b, 0);
        for (int i = 0; i < AcksCommand.count(b, 0); i++) {
            int packetId = AcksCommand.packetId(b, 0, i);
            int kind = AcksCommand.kind(b, 0, i);
            AuditFailure.check(!isRefused || kind == AcksCommand.PUBREL, "only PUBREL is refused", kind);
            if (isRefused && session.inboundQos2.contains(packetId)) {
                expectations().reply(session.connection, "PUBREL again " + packetId, OK);
                continue;
            }
            if (kind == AcksCommand.PUBREL) {
                boolean known = session.inboundQos2.remove(packetId);
                int code = known || session.isResumed ? 0 : 0x92;
                expectations().reply(session.connection, "PUBCOMP " + packetId, List.of(code));
                continue;
            }
            Expected e = session.byPacketId(packetId);
            if (e != null) {
                onAck(session, e, kind, AcksCommand.reasonCode(b, 0, i) >= 0x80);
            } else if (kind == AcksCommand.PUBREC) {
                expectations().optionalReply(session.connection, "PUBREL " + packetId);
            }
        }
    }

    private void onAck(ModelSession session, Expected e, int kind, boolean failed) {
        boolean received = e.qos == 2 && kind == AcksCommand.PUBREC;
        if (received && !failed) {
            e.isReleased = true;
            expectations().reply(session.connection, "PUBREL " + e.packetId, OK);
            return;
        }
        boolean over = kind == AcksCommand.DROPPED
                || (e.qos == 1 && kind == AcksCommand.PUBACK)
                || (received && !e.isReleased)
                || (e.isReleased && kind == AcksCommand.PUBCOMP);
        if (over) {
            session.finish(e);
        }
    }

    // ---- subscriptions ----

    private void onSubscribe(ModelSession session, long timeMs, DirectBuffer b) {
        SubscribeCommand c = new SubscribeCommand().wrap(b, 0);
        if (CommandHeader.isRefused(b, 0)) {
            onRefusedSubscribe(session, c);
            return;
        }
        List<Integer> codes = new ArrayList<>();
        Set<String> wanted = new LinkedHashSet<>();
        while (c.nextFilter()) {
            if (c.refusal() != 0) {
                codes.add(c.refusal());
                continue;
            }
            if (!session.subscriptions.containsKey(c.filter()) && isFull(session, c.filter())) {
                codes.add(QUOTA_EXCEEDED);
                continue;
            }
            int[] value = {c.options(), c.subscriptionId()};
            boolean isNew = session.subscriptions.put(c.filter(), value) == null;
            routing.join(session, c.filter(), value);
            codes.add(c.options() & 3);
            int handling = c.options() >> 4 & 3;
            session.changeLate(c.filter(), value, routing.commandNumber());
            if (!Topics.isShared(c.filter()) && (handling == 0 || (handling == 1 && isNew))) {
                // The same filter again in one packet: the last one says how and when.
                wanted.remove(c.filter());
                wanted.add(c.filter());
            }
        }
        expectations().reply(session.connection, "SUBACK " + c.packetId() + " " + codes, OK);
        wanted.forEach(f -> routing.deliverRetained(session, f, session.subscriptions.get(f), timeMs));
    }

    /** What changes nothing, not even by retained messages, is granted. */
    private void onRefusedSubscribe(ModelSession session, SubscribeCommand c) {
        List<Integer> codes = new ArrayList<>();
        boolean isV31 = session.version == ProtocolVersion.V3_1;
        boolean closes = false;
        while (c.nextFilter()) {
            int[] present = session.subscriptions.get(c.filter());
            boolean repeats = Arrays.equals(present, new int[] {c.options(), c.subscriptionId()});
            boolean getsRetained = !Topics.isShared(c.filter()) && (c.options() >> 4 & 3) == 0 && !isV31;
            boolean isGranted = repeats && !getsRetained;
            closes |= isV31 && !isGranted && c.refusal() == 0;
            codes.add(c.refusal() != 0 ? c.refusal() : isGranted ? c.options() & 3 : QUOTA_EXCEEDED);
        }
        String answer = closes ? "CLOSE" : "SUBACK " + c.packetId() + " " + codes;
        expectations().reply(session.connection, answer, closes ? List.of(QUOTA_EXCEEDED) : OK);
    }

    private boolean isFull(ModelSession session, String filter) {
        int length = filter.length();
        for (String other : session.subscriptions.keySet()) {
            length += other.length();
        }
        long shared =
                session.subscriptions.keySet().stream().filter(Topics::isShared).count();
        return length > FILTER_BYTES_MAX
                || (Topics.isShared(filter) && limits.isReached(Limit.SHARED_SUBSCRIPTIONS, shared))
                || limits.isReached(Limit.SUBSCRIPTIONS, session.subscriptions.size());
    }

    private void onUnsubscribe(ModelSession session, DirectBuffer b) {
        SubscribeCommand c = new SubscribeCommand().wrap(b, 0);
        if (CommandHeader.isRefused(b, 0)) {
            onRefusedUnsubscribe(session, c);
            return;
        }
        List<Integer> codes = new ArrayList<>();
        while (c.nextFilter()) {
            routing.leave(session, c.filter());
            boolean had = session.subscriptions.remove(c.filter()) != null;
            session.endLate(c.filter());
            codes.add(had ? 0 : 0x11);
        }
        expectations().reply(session.connection, "UNSUBACK " + c.packetId() + " " + codes, OK);
    }

    private void onRefusedUnsubscribe(ModelSession session, SubscribeCommand c) {
        List<Integer> codes = new ArrayList<>();
        while (c.nextFilter()) {
            codes.add(session.subscriptions.containsKey(c.filter()) ? IMPLEMENTATION_SPECIFIC_ERROR : 0x11);
        }
        boolean closes = session.version < ProtocolVersion.V5 && codes.contains(IMPLEMENTATION_SPECIFIC_ERROR);
        String answer = closes ? "CLOSE" : "UNSUBACK " + c.packetId() + " " + codes;
        expectations().reply(session.connection, answer, closes ? List.of(QUOTA_EXCEEDED) : OK);
    }
}
