package io.tally.ops.launch;

import io.tally.ops.log.Logs;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayEvents;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clients coming and going, for people and for tools that know Mosquitto's log. Of those that are not let in it writes
 * a bounded number of lines a second: they cost an attacker nothing. Called by one I/O loop.
 */
final class ConnectionLog implements GatewayEvents {
    static final int REFUSALS_PER_SECOND = 100;

    private static final Logger LOG = LoggerFactory.getLogger("connection");
    private static final long SECOND_NS = 1_000_000_000;

    private final NanoClock clock;
    private long secondNs;
    private int refusals;
    private long banToldNs;
    private int untoldBans;

    ConnectionLog(NanoClock clock) {
        this.clock = clock;
        this.secondNs = clock.nanoTime();
        this.banToldNs = secondNs - SECOND_NS;
    }

    /** Whether one more refusal is written. What was left out of a second is told when the next refusal comes. */
    private boolean mayTellRefusal() {
        long nowNs = clock.nanoTime();
        if (nowNs - secondNs >= SECOND_NS) {
            if (refusals > REFUSALS_PER_SECOND) {
                LOG.info(Logs.NOTICE, "{} more connections were refused or failed.", refusals - REFUSALS_PER_SECOND);
            }
            secondNs = nowNs;
            refusals = 0;
        }
        return ++refusals <= REFUSALS_PER_SECOND;
    }

    @Override
    public void onConnect(
            String address, String clientId, int protocolVersion, boolean cleanStart, int keepAliveSeconds) {
        LOG.info(
                Logs.NOTICE,
                "New client connected from {} as {} (p{}, c{}, k{}).",
                address,
                clientId,
                protocolVersion == 5 ? 5 : protocolVersion - 2, // Mosquitto counts 3.1 as 1, 3.1.1 as 2
                cleanStart ? 1 : 0,
                keepAliveSeconds);
    }

    @Override
    public void onDisconnect(String address, String clientId, ReasonCode reason) {
        if (reason == ReasonCode.SUCCESS) {
            LOG.info(Logs.NOTICE, "Client {} [{}] disconnected.", clientId, address);
        } else {
            LOG.info(Logs.NOTICE, "Client {} [{}] disconnected: {}.", clientId, address, words(reason));
        }
    }

    @Override
    public void onRefused(String address, ReasonCode reason) {
        if (mayTellRefusal()) {
            LOG.info(Logs.NOTICE, "Connection from {} refused: {}.", address, words(reason));
        }
    }

    /** One line a second at most. */
    @Override
    public void onBanned(String address, int seconds) {
        long nowNs = clock.nanoTime();
        if (nowNs - banToldNs < SECOND_NS) {
            untoldBans++;
            return;
        }
        LOG.warn(
                "Too many failed logins: nobody may log in from the address of {} for {} s ({} more since the last such"
                        + " line). If it is a proxy's, its clients need enable_proxy_protocol; max_failed_logins 0 bans"
                        + " nobody.",
                address,
                seconds,
                untoldBans);
        banToldNs = nowNs;
        untoldBans = 0;
    }

    /** The gateway ends a connection without a reason only when its peer has. */
    private static String words(ReasonCode reason) {
        return reason == ReasonCode.UNSPECIFIED_ERROR ? "connection closed by client" : reason.text();
    }

    @Override
    public void onTransportFailed(String address, String what, Throwable cause) {
        if (mayTellRefusal()) {
            LOG.info(Logs.NOTICE, "{} with {} failed: {}.", what, address, reasons(cause));
        }
    }

    /** What each of the causes says that those above do not. */
    private static String reasons(Throwable cause) {
        StringBuilder reasons = new StringBuilder();
        for (Throwable t = cause; t != null; t = t.getCause()) {
            String message = t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage();
            if (reasons.indexOf(message) < 0) {
                reasons.append(reasons.length() == 0 ? "" : ": ").append(message);
            }
        }
        return reasons.toString();
    }

    @Override
    public void onAcceptFailed(Throwable cause) {
        LOG.error("cannot accept connections just now: {}", cause.toString());
    }

    @Override
    public void onConnectionFailed(String address, String clientId, Throwable cause) {
        LOG.error("connection of {} from {} failed", clientId, address, cause);
    }
}
