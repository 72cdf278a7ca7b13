package io.tally.protocol.gateway;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Decides who may connect through a listener. Called by all I/O loops; must not block. */
public interface Authenticator {
    /**
     * Judges a user name and its password; SUCCESS or a failure.
     *
     * @param answer to be called once, by any thread, maybe at once; needs none after {@link #abandon}
     */
    void check(LoginAttempt attempt, Consumer<AuthStep> answer);

    /** The client is gone, judged or not: nothing of the attempt is kept, and nothing need be computed. */
    void abandon(LoginAttempt attempt);

    /** Begins an enhanced authentication (section 4.12 of MQTT 5.0); null when the method is unknown. */
    @Nullable
    Exchange begin(String method);

    /** One enhanced authentication. Owned by one I/O loop. */
    interface Exchange {
        /**
         * Judges what the client has sent: Continue authentication, SUCCESS or a failure.
         *
         * @param data empty when the client sent none
         * @param answer to be called once, by any thread, maybe at once
         */
        void next(byte[] data, Consumer<AuthStep> answer);
    }
}
