package io.tally.perf.load;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The broker under load.
 *
 * @param version MQTT protocol level: 3, 4 (3.1.1) or 5
 * @param userName with the password, or null
 * @param tls null = without
 */
public record Target(
        String host,
        int port,
        int version,
        @Nullable String userName,
        @Nullable String password,
        @Nullable Tls tls) {

    /** Without user name and TLS. */
    public Target(String host, int port, int version) {
        this(host, port, version, null, null, null);
    }

    /** For a new connection; null = it has no TLS. */
    @Nullable
    TlsSession newTls() throws IOException {
        return tls == null ? null : new TlsSession(tls.newEngine(host, port));
    }
}
