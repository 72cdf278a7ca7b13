package io.tally.protocol.gateway;

import org.jspecify.annotations.Nullable;

/** The rules for the clients of a listener. Called by all I/O loops; must not block. */
public interface AccessControl {
    /**
     * The rules that are in force for a client.
     *
     * @param userName null = anonymous
     */
    AccessRules rulesFor(@Nullable String userName, String clientId);

    /** The same over restarts; empty = nothing is to be remembered of who has published a retained message. */
    String name();

    /** Changes with the rules; read for each message. */
    int generation();
}
