package io.tally.protocol.gateway;

import io.tally.protocol.listener.Listener;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Who is at the other end of a connection, as far as the transport can tell. Owned by the I/O loop's thread. */
final class Peer {
    private static final int IPV6_LENGTH = 16;
    private static final int IPV6_NETWORK_LENGTH = 8;

    /** What stands in front of an IPv4 address that is written as one of IPv6. */
    private static final byte[] IPV4_MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

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

    /**
     * Where its machine is, for what is counted by address; empty when it is not known. Of an IPv6 address these are
     * the first 64 bits: the others are the client's to choose.
     */
    byte[] host() {
        if (!(address instanceof InetSocketAddress inet) || inet.getAddress() == null) {
            return new byte[0];
        }
        byte[] bytes = inet.getAddress().getAddress();
        if (bytes.length != IPV6_LENGTH) {
            return bytes;
        }
        return Arrays.mismatch(bytes, IPV4_MAPPED) == IPV4_MAPPED.length
                ? Arrays.copyOfRange(bytes, IPV4_MAPPED.length, IPV6_LENGTH)
                : Arrays.copyOf(bytes, IPV6_NETWORK_LENGTH);
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
