package io.tally.ops.launch;

import io.tally.ops.log.Logs;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayEvents;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Clients coming and going, for people. Called by the I/O loops. */
final class ConnectionLog implements GatewayEvents {
    private static final Logger LOG = LoggerFactory.getLogger("connection");

    @Override
    public void onConnect(String address, String clientId, int protocolVersion, int keepAliveSeconds) {
        LOG.info(
                Logs.NOTICE,
                "New client connected from {} as {} (p{}, k{}).",
                address,
                clientId,
                protocolVersion,
                keepAliveSeconds);
    }

    @Override
    public void onDisconnect(String address, String clientId, ReasonCode reason) {
        LOG.info(Logs.NOTICE, "Client {} disconnected: {}.", clientId, reason.text());
    }

    @Override
    public void onRefused(String address, ReasonCode reason) {
        LOG.info(Logs.NOTICE, "Connection from {} refused: {}.", address, reason.text());
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
