package io.tally.ops.system;

import org.jspecify.annotations.Nullable;

/**
 * How a client reaches the broker on this machine.
 *
 * @param isWebSocket whether MQTT goes in WebSocket frames
 * @param tls whom the client trusts and who it is; null = not encrypted
 */
record Route(int port, boolean isWebSocket, @Nullable ClientTls tls) {
    static Route tcp(int port) {
        return new Route(port, false, null);
    }

    /** As Eclipse Paho takes it. */
    String uri() {
        String scheme = isWebSocket ? (tls == null ? "ws" : "wss") : (tls == null ? "tcp" : "ssl");
        return scheme + "://127.0.0.1:" + port + (isWebSocket ? "/mqtt" : "");
    }
}
