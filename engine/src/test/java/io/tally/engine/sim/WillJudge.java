package io.tally.engine.sim;

import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.DisconnectedCommand;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.RestartedCommand;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.agrona.DirectBuffer;

/**
 * Says for each will when it must be published, if at all, from nothing but what became of its connection and of its
 * client id afterwards: a second opinion on the wills of the {@link Model}, which is held to the engine's.
 *
 * <p>A connection ends at E, with a delay D and a session expiry S (that of its DISCONNECT, if it says one). After
 * DISCONNECT 0x00 the will is never published. Otherwise it is at E + min(D, S), unless the client id connects
 * before: at once when that begins a new session, else never [MQTT-3.1.3-9]. A connection that another takes over ends
 * with S = 0 when the session does not go on.
 */
final class WillJudge {
    private final Map<Long, Connection> open = new HashMap<>();
    private final Map<String, Connection> current = new HashMap<>();

    /** Wills of connections that have ended, by client id, which are still to come. */
    private final Map<String, Connection> waiting = new HashMap<>();

    /** Positions of the CONNECTs whose wills this command must publish. */
    private final Set<Long> due = new TreeSet<>();

    private long expirySecondsMax = Limits.NONE.of(Limit.SESSION_EXPIRY_SECONDS);

    private static final class Connection {
        final long number;
        final String clientId;
        final long willPosition;
        final long delaySeconds;
        long expirySeconds;
        long dueMs;

        Connection(ConnectCommand c, long position, long expirySeconds) {
            this.number = c.connection();
            this.clientId = c.clientId();
            this.willPosition = c.willLength() == 0 ? 0 : position;
            this.delaySeconds = c.willDelaySeconds();
            this.expirySeconds = expirySeconds;
        }
    }

    /**
     * Judges a command.
     *
     * @param published positions of the CONNECTs whose wills it has published
     * @param isAccepted whether the connection stands: a CONNECT is accepted, a PUBLISH not refused by closing
     */
    void judge(long position, long timeMs, DirectBuffer b, Set<Long> published, boolean isAccepted) {
        due.clear();
        if (CommandHeader.type(b, 0) == CommandType.RESTARTED) {
            expirySecondsMax = RestartedCommand.limits(b, 0).of(Limit.SESSION_EXPIRY_SECONDS);
            open.values().forEach(c -> end(c, timeMs));
            open.clear();
            current.clear();
        }
        if (position != 0) {
            for (Connection c : Set.copyOf(waiting.values())) {
                if (c.dueMs <= timeMs) {
                    waiting.remove(c.clientId);
                    due.add(c.willPosition);
                }
            }
        }
        switch (CommandHeader.type(b, 0)) {
            case CommandType.CONNECT -> {
                if (!CommandHeader.isRefused(b, 0)) {
                    onConnect(new ConnectCommand().wrap(b, 0), position, isAccepted);
                }
            }
            case CommandType.DISCONNECTED -> onDisconnected(timeMs, b);
            case CommandType.PUBLISH -> {
                Connection refused = isAccepted ? null : open.remove(CommandHeader.connection(b, 0));
                if (refused != null) {
                    current.remove(refused.clientId);
                    end(refused, timeMs);
                }
            }
            default -> {}
        }
        AuditFailure.check(due.equals(published), "wills are published when they must be", due, published);
    }

    private void onConnect(ConnectCommand command, long position, boolean isAccepted) {
        Connection before = current.remove(command.clientId());
        if (before != null) {
            open.remove(before.number);
            boolean isNewSession = command.cleanStart() || before.expirySeconds == 0;
            publishIf(before, isNewSession || before.delaySeconds == 0);
        }
        Connection late = waiting.remove(command.clientId());
        if (late != null) {
            publishIf(late, command.cleanStart());
        }
        if (isAccepted) {
            long expirySeconds = Math.min(command.sessionExpirySeconds(), expirySecondsMax);
            Connection connection = new Connection(command, position, expirySeconds);
            open.put(connection.number, connection);
            current.put(connection.clientId, connection);
        }
    }

    private void publishIf(Connection connection, boolean condition) {
        if (condition && connection.willPosition != 0) {
            due.add(connection.willPosition);
        }
    }

    private void onDisconnected(long timeMs, DirectBuffer b) {
        Connection connection = open.remove(CommandHeader.connection(b, 0));
        if (connection == null) {
            return; // Taken over before.
        }
        current.remove(connection.clientId);
        if (DisconnectedCommand.hasExpiry(b, 0)) {
            connection.expirySeconds = Math.min(DisconnectedCommand.expirySeconds(b, 0), expirySecondsMax);
        }
        if (DisconnectedCommand.will(b, 0)) {
            end(connection, timeMs);
        }
    }

    private void end(Connection connection, long timeMs) {
        boolean hasEnd = connection.expirySeconds != ConnectCommand.EXPIRY_NEVER;
        long seconds = hasEnd ? Math.min(connection.delaySeconds, connection.expirySeconds) : connection.delaySeconds;
        connection.dueMs = timeMs + seconds * 1000;
        if (seconds == 0) {
            publishIf(connection, true);
        } else if (connection.willPosition != 0) {
            waiting.put(connection.clientId, connection);
        }
    }
}
