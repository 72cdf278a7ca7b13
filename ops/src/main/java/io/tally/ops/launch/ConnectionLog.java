package io.tally.ops.launch;

import io.tally.ops.log.Logs;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayEvents;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Clients coming and going, for people and for tools that know Mosquitto's log. Called by the I/O loops. */
final class ConnectionLog implements GatewayEvents {
    private static final Logger LOG = LoggerFactory.getLogger("connection");

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
        LOG.info(Logs.NOTICE, "Connection from {} refused: {}.", address, words(reason));
    }

    /** The gateway ends a connection without a reason only when its peer has. */
    private static String words(ReasonCode reason) {
        return reason == ReasonCode.UNSPECIFIED_ERROR ? "connection closed by client" : reason.text();
    }

    @Override
    public void onTransportFailed(String address, String what, Throwable cause) {
        LOG.info(Logs.NOTICE, "{} with {} failed: {}.", what, address, reasons(cause));
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
