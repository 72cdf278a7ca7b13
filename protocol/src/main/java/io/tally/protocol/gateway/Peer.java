package io.tally.protocol.gateway;

import io.tally.protocol.listener.Listener;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Who is at the other end of a connection, as far as the transport can tell. Owned by the I/O loop's thread. */
final class Peer {
    private final Listener listener;
    private @Nullable SocketAddress address;
    private @Nullable String identity;

    /** @param address null if the socket is gone already */
    Peer(Listener listener, @Nullable SocketAddress address) {
        this.listener = listener;
        this.address = address;
    }

    /** Where it came in. */
    Listener listener() {
        return listener;
    }

    /** Its address, for people. */
    String address() {
        String path = listener.address().path();
        if (path != null && !hasHost()) {
            return path;
        }
        return address == null ? "an unknown address" : Addresses.text(address);
    }

    /** Whether its machine is known. */
    boolean hasHost() {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null;
    }

    /** The address of its machine; empty when it is not known. */
    byte[] host() {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getAddress()
                : new byte[0];
    }

    void address(SocketAddress other) {
        address = other;
    }

    /** The user name that a certificate or a pre-shared key proves, before CONNECT; null = none. */
    @Nullable
    String identity() {
        return identity;
    }

    void identity(String proved) {
        identity = proved;
    }
}
