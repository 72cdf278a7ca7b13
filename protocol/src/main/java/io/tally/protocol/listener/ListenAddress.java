package io.tally.protocol.listener;

import org.jspecify.annotations.Nullable;

/**
 * Where a listener listens: on a TCP port, or on a unix socket.
 *
 * @param host name or address to bind, empty = all addresses of the machine
 * @param port TCP port, 0 = any free one
 * @param path of the unix socket; null = TCP
 * @param device network interface that alone is listened on, null = all
 * @param family what a host name is resolved to, and which addresses an empty host means
 */
public record ListenAddress(
        String host,
        int port,
        @Nullable String path,
        @Nullable String device,
        Family family) {
    /** Kinds of addresses. */
    public enum Family {
        ANY,
        IPV4,
        IPV6
    }

    public ListenAddress {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port is " + port + ", must be 0 to 65535");
        }
    }

    public static ListenAddress tcp(String host, int port) {
        return new ListenAddress(host, port, null, null, Family.ANY);
    }

    public static ListenAddress unix(String path) {
        return new ListenAddress("", 0, path, null, Family.ANY);
    }
}
