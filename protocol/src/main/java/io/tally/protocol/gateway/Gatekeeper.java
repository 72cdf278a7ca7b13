package io.tally.protocol.gateway;

import io.tally.protocol.listener.Listener;
import org.jspecify.annotations.Nullable;

/** Who may connect through which listener, and what they may do. Called by all I/O loops; must not block. */
public interface Gatekeeper {
    /** Knows nobody and forbids nothing. */
    Gatekeeper NONE = new Gatekeeper() {};

    /**
     * Who knows the users of a listener; null = nobody, so that a user name proves nothing: with or without one,
     * clients
     * are anonymous.
     */
    default @Nullable Authenticator authenticator(Listener listener) {
        return null;
    }

    /** The rules of a listener; null = everything is allowed. */
    default @Nullable AccessControl accessControl(Listener listener) {
        return null;
    }

    /** The rules with this {@link AccessControl#name}, or those that have taken their place; null = all is allowed. */
    default @Nullable AccessControl accessControl(String name) {
        return null;
    }
}
