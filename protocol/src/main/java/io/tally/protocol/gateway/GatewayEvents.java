package io.tally.protocol.gateway;

import io.tally.protocol.codec.ReasonCode;

/** What happens to connections, for logs. Called on the I/O loop's thread: must not block. */
public interface GatewayEvents {
    /** Tells nobody. */
    GatewayEvents NONE = new GatewayEvents() {};

    /** A CONNECT was passed on to the engine. */
    default void onConnect(
            String address, String clientId, int protocolVersion, boolean cleanStart, int keepAliveSeconds) {}

    /**
     * A connection that had sent an acceptable CONNECT has ended.
     *
     * @param reason of the DISCONNECT of either side, or as if there had been one
     */
    default void onDisconnect(String address, String clientId, ReasonCode reason) {}

    /** A connection has ended before its CONNECT was accepted. */
    default void onRefused(String address, ReasonCode reason) {}

    /** After too many failed logins nobody may log in from the client's address for so long. */
    default void onBanned(String address, int seconds) {}

    /** What carries MQTT, {@code what} of it, has failed; that connection is closed. */
    default void onTransportFailed(String address, String what, Throwable cause) {}

    /** Connections cannot be accepted just now (too many open files, for example); it is tried again. */
    default void onAcceptFailed(Throwable cause) {}

    /** The code for one connection has failed; that connection is closed, the others go on. */
    default void onConnectionFailed(String address, String clientId, Throwable cause) {}
}
