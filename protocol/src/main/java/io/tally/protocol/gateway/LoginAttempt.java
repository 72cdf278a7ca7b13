package io.tally.protocol.gateway;

import org.jspecify.annotations.Nullable;

/** A user name and a password that a client came with. Any thread. */
public final class LoginAttempt {
    private final String userName;
    private final byte @Nullable [] password;
    private final byte[] host;
    private volatile boolean wanted = true;

    /**
     * @param password null = none was sent
     * @param host the address of the client's machine, empty = not known
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

    /** The address of the client's machine; empty when it is not known. */
    public byte[] host() {
        return host;
    }

    /** Whether the client is there still: for one that is gone nothing need be computed. */
    public boolean isWanted() {
        return wanted;
    }

    /** The client is gone. */
    public void abandon() {
        wanted = false;
    }
}
