package io.tally.protocol.gateway;

import java.net.InetSocketAddress;

/**
 * One address that clients connect to.
 *
 * @param address port 0 takes a free one
 * @param connectionsMax open connections at a time, 0 = no limit; further ones are closed right after accepting
 * @param required whether it is an error when the machine has no such address; else it is left out
 */
public record Listener(InetSocketAddress address, int connectionsMax, boolean required) {}
