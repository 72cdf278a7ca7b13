package io.tally.ops.config;

import java.util.List;

/**
 * One address that clients connect to.
 *
 * @param host name or address to bind, empty = all addresses of the machine
 * @param port TCP port, 0 = any free one
 * @param connectionsMax connections at a time, {@link #UNLIMITED} = no limit; further ones are closed at once
 * @param required false if the broker may start without it because the machine has no such address (::1 without IPv6)
 * @param place FILE:LINE where it was asked for; empty if not in a file
 */
public record ListenerConfig(String host, int port, int connectionsMax, boolean required, String place) {
    /** No limit on connections. */
    public static final int UNLIMITED = -1;

    public ListenerConfig {
        Range.check(port, 0, 65_535, "port");
        Range.check(connectionsMax >= UNLIMITED, "max_connections is negative");
    }

    /** This machine only: 127.0.0.1, and ::1 where there is IPv6. Any free port (0) is taken on 127.0.0.1 alone. */
    static List<ListenerConfig> local(int port, int connectionsMax) {
        ListenerConfig four = new ListenerConfig("127.0.0.1", port, connectionsMax, true, "");
        return port == 0 ? List.of(four) : List.of(four, new ListenerConfig("::1", port, connectionsMax, false, ""));
    }
}
