package io.tally.protocol.gateway;

import org.jspecify.annotations.Nullable;

/** A user name and a password that a client came with; each is another one. Immutable, for any thread. */
public final class LoginAttempt {
    private final String userName;
    private final byte @Nullable [] password;
    private final byte[] host;

    /**
     * @param password null = none was sent
     * @param host where the client's machine is, of IPv6 the network; empty = not known
     */
    public LoginAttempt(String userName, byte @Nullable [] password, byte[] host) {
        this.userName = userName;
        this.password = password;
        this.host = host;
    }

    public String userName() {
        return userName;
    }

    /** Null when none was sent. */
    public byte @Nullable [] password() {
        return password;
    }

    /** Where the client's machine is, of IPv6 the network; empty when it is not known. */
    public byte[] host() {
        return host;
    }
}
