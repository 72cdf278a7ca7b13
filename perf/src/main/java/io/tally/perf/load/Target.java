package io.tally.perf.load;

import org.jspecify.annotations.Nullable;

/**
 * The broker under load.
 *
 * @param version MQTT protocol level: 3, 4 (3.1.1) or 5
 * @param userName with the password, or null
 */
public record Target(
        String host,
        int port,
        int version,
        @Nullable String userName,
        @Nullable String password) {}
