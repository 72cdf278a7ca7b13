package io.tally.protocol.gateway;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;

/**
 * One address that clients connect to.
 *
 * @param address port 0 takes a free one
 * @param connectionsMax open connections at a time, 0 = no limit; further ones are closed right after accepting
 * @param required whether it is an error when the machine has no such address; else it is left out
 * @param place where a person has asked for it, for errors; may be empty
 */
public record Listener(InetSocketAddress address, int connectionsMax, boolean required, String place) {
    /** The address as a person writes it: {@code 127.0.0.1:1883}, {@code [::1]:1883}, {@code *:1883} for all. */
    public static String text(InetSocketAddress address) {
        return address.getAddress().isAnyLocalAddress()
                ? "*:" + address.getPort()
                : NetUtil.toSocketAddressString(address);
    }
}
