package io.tally.engine;

import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.egress.EffectWriter;
import io.tally.engine.session.Session;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.DisconnectedCommand;
import io.tally.protocol.command.Limit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Connections come and go; sessions begin, are taken over and end; wills. Owned by the engine thread. */
final class Connects {
    private final BrokerState state;
    private final EffectWriter effects;
    private final Deliveries deliveries;
    private final Publishes publishes;
    private final Shares shares;

    Connects(BrokerState state, EffectWriter effects, Deliveries deliveries, Publishes publishes, Shares shares) {
        this.state = state;
        this.effects = effects;
        this.deliveries = deliveries;
        this.publishes = publishes;
        this.shares = shares;
    }

    void onConnect(ConnectCommand connect, long position) {
        Session session = state.sessionsByClientId.get(connect.clientId());
        if (session != null) {
            session = takeOver(session, connect.cleanStart());
        }
        boolean present = session != null;
        if (session == null) {
            if (isFull()) {
                turnAway(connect);
                return;
            }
            session = state.newSession(connect.clientId(), connect.isVolatile());
        }
        session.isResumed = present;
        attach(session, connect, position);
        effects.connack(session.gateway, session.connection, ReasonCodes.SUCCESS, present, session.expirySeconds);
        deliveries.push(session);
        shares.dispatch(session);
    }

    /** Nobody is connected: no session comes of it, and none ends. */
    void turnAway(ConnectCommand connect) {
        effects.connack(connect.gateway(), connect.connection(), ReasonCodes.SERVER_BUSY, false, 0);
    }

    private boolean isFull() {
        return state.limits.isReached(Limit.SESSIONS, state.sessionsById.size());
    }

    /** Answers the session if the new connection goes on with it, null if a new one has to be made. */
    private @Nullable Session takeOver(Session session, boolean cleanStart) {
        // With an expiry of 0 the session ends with the connection that is closed here.
        boolean isOver = session.isConnected() && session.expirySeconds == 0;
        boolean goesOn = !cleanStart && !isOver;
        if (session.isConnected()) {
            effects.close(session.gateway, session.connection, ReasonCodes.SESSION_TAKEN_OVER);
            session.queue.sentUnknown(Deliveries.PUSHED_COUNT_MAX);
            detach(session);
            // A will with a delay is not published when the session goes on [MQTT-3.1.3-9].
            if (!goesOn || session.willDelaySeconds == 0) {
                publishWill(session);
            }
        } else if (!goesOn) {
            publishWill(session);
        }
        if (goesOn) {
            dropWill(session);
            return session;
        }
        end(session);
        return null;
    }

    private void attach(Session session, ConnectCommand connect, long position) {
        session.connection = connect.connection();
        session.gateway = connect.gateway();
        session.protocolVersion = connect.protocolVersion();
        session.receiveMaximum = connect.receiveMaximum();
        session.expirySeconds = Math.min(connect.sessionExpirySeconds(), state.limits.of(Limit.SESSION_EXPIRY_SECONDS));
        state.expiresAt(session, Session.NEVER);
        state.willDueAt(session, Session.NEVER);
        if (connect.willLength() > 0) {
            session.willPosition = position;
            session.willDelaySeconds = connect.willDelaySeconds();
            state.kept.add(position);
        }
        session.queue.restartPushing();
        state.sessionsByConnection.put(session.connection, session);
        shares.onAttached(session);
        state.dirty(session);
    }

    private void detach(Session session) {
        state.sessionsByConnection.remove(session.connection);
        session.connection = 0;
        shares.onDetached(session);
        state.dirty(session);
    }

    /** Its will has been dealt with. */
    private void end(Session session) {
        state.leaveAll(session);
        shares.onLeft(session, true);
        state.end(session);
    }

    void onDisconnected(Session session, DirectBuffer buffer, int offset) {
        if (DisconnectedCommand.hasExpiry(buffer, offset)) {
            long wish = DisconnectedCommand.expirySeconds(buffer, offset);
            session.expirySeconds = Math.min(wish, state.limits.of(Limit.SESSION_EXPIRY_SECONDS));
        }
        if (session.isJournaled()) {
            session.queue.sent(DisconnectedCommand.lastSentPacketId(buffer, offset));
        }
        detach(session);
        if (!DisconnectedCommand.will(buffer, offset)) {
            dropWill(session);
        }
        leave(session);
    }

    /**
     * A PUBLISH before 5.0 is refused: its connection ends, so that nothing behind it is accepted before the client has
     * sent it again.
     */
    void refuse(Session session) {
        effects.close(session.gateway, session.connection, ReasonCodes.QUOTA_EXCEEDED);
        session.queue.sentUnknown(Deliveries.PUSHED_COUNT_MAX);
        detach(session);
        leave(session);
    }

    /** A session has lost its connection and is on its own from now on. */
    private void leave(Session session) {
        if (session.isVolatile || session.expirySeconds == 0) {
            publishWill(session);
            end(session);
            return;
        }
        shares.onLeft(session, false);
        if (session.expirySeconds != ConnectCommand.EXPIRY_NEVER) {
            state.expiresAt(session, state.timeMs + session.expirySeconds * 1000);
        }
        if (session.willPosition == 0) {
            return;
        }
        if (session.willDelaySeconds == 0) {
            publishWill(session);
        } else {
            state.willDueAt(session, state.timeMs + session.willDelaySeconds * 1000);
        }
    }

    /** Publishes the will if there is one; it is gone then [MQTT-3.1.2-10]. */
    private void publishWill(Session session) {
        if (session.willPosition != 0) {
            publishes.publishWill(session);
            dropWill(session);
        }
    }

    private void dropWill(Session session) {
        if (session.willPosition != 0) {
            state.kept.remove(session.willPosition);
            session.willPosition = 0;
        }
        state.willDueAt(session, Session.NEVER);
    }

    /** Their ends are commands, as if they had gone by themselves. */
    void closeVolatile(int file) {
        for (Session session : state.sessionsByConnection.values()) {
            SessionQueue queue = session.former == null ? session.queue : session.former.queue;
            if (!queue.isDurable() && queue.refersTo(file)) {
                effects.close(session.gateway, session.connection, ReasonCodes.QUOTA_EXCEEDED);
            }
        }
    }

    /** Every connection of the process before is gone. */
    void onRestarted() {
        List<Session> connected = new ArrayList<>(state.sessionsByConnection.values());
        connected.sort(Comparator.comparingLong(s -> s.id));
        for (Session session : connected) {
            session.queue.sentUnknown(Deliveries.PUSHED_COUNT_MAX);
            detach(session);
        }
        for (Session session : connected) {
            leave(session);
        }
    }

    /** Ends sessions and publishes wills that are due. */
    void onTime() {
        for (long id = state.deadlines.pollDue(state.timeMs); id > 0; id = state.deadlines.pollDue(state.timeMs)) {
            Session session = Invariant.present(state.sessionsById.get(id), "a deadline has a session");
            publishWill(session);
            state.dirty(session);
            if (session.expiryDeadlineMs <= state.timeMs) {
                end(session);
            }
        }
    }
}
