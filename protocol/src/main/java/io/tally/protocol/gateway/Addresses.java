package io.tally.protocol.gateway;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import io.tally.protocol.listener.ListenAddress;
import io.tally.protocol.listener.ListenAddress.Family;
import io.tally.protocol.listener.Listener;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Addresses of sockets, from and for people. */
public final class Addresses {
    private Addresses() {}

    /** The address as a person writes it: {@code 127.0.0.1:1883}, {@code [::1]:1883}, {@code *:1883} for all. */
    public static String text(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            return address.toString();
        }
        InetAddress host = inet.getAddress();
        return host == null || host.isAnyLocalAddress() ? "*:" + inet.getPort() : NetUtil.toSocketAddressString(inet);
    }

    /**
     * What is to be bound, at least one.
     *
     * @throws IOException when the name has no address of that kind
     */
    static List<SocketAddress> resolve(Listener listener) throws IOException {
        ListenAddress wanted = listener.address();
        String path = wanted.path();
        if (path != null) {
            return List.of(new DomainSocketAddress(path));
        }
        if (wanted.host().isEmpty()) {
            return List.of(new InetSocketAddress(wanted.port()));
        }
        List<SocketAddress> result = new ArrayList<>();
        try {
            for (InetAddress address : InetAddress.getAllByName(wanted.host())) {
                boolean isIpv4 = address instanceof Inet4Address;
                if (wanted.family() == Family.ANY || isIpv4 == (wanted.family() == Family.IPV4)) {
                    result.add(new InetSocketAddress(address, wanted.port()));
                }
            }
        } catch (UnknownHostException e) {
            throw unusable(listener, "the host name " + wanted.host() + " cannot be resolved", e);
        }
        if (result.isEmpty()) {
            throw unusable(listener, wanted.host() + " has no address of the kind that socket_domain names", null);
        }
        return result;
    }

    /** An error that says where the listener was asked for. */
    static IOException unusable(Listener listener, String why, @Nullable Throwable cause) {
        return new IOException(listener.place().isEmpty() ? why : listener.place() + ": " + why, cause);
    }
}
