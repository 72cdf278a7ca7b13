package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.tally.protocol.listener.Carrier;
import io.tally.protocol.listener.Listener;
import io.tally.protocol.listener.TlsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is chosen for TLS that nobody asks for in the configuration. */
class TlsContextsTest {
    private static final String CERTIFICATE = """
            -----BEGIN CERTIFICATE-----
            MIIBeTCCAR+gAwIBAgIUVJvWus0XrPlVJ2j5nNHXaLjkqB8wCgYIKoZIzj0EAwIw
            ETEPMA0GA1UEAwwGc2VydmVyMCAXDTI2MTEyMTE1MTEzNVoYDzIxMjYxMDI4MTUx
            MTM1WjARMQ8wDQYDVQQDDAZzZXJ2ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
            AARoO/E52olTgRG8tWDPmMHAPUWq3geYBXAC4d1NNK00yaUfr7/jOBy67MHnXs2v
            4Hkbg4DH/QMS5K2QKoug5eHlo1MwUTAdBgNVHQ4EFgQUbZ8jMIprus92X0dqVb6H
            Og+omJQwHwYDVR0jBBgwFoAUbZ8jMIprus92X0dqVb6HOg+omJQwDwYDVR0TAQH/
            BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA1P6x1FtdIOkbkkPX2evdb3fLdZrs
            +z5fLBp7aUTyie8CIBJJqt7ZjBZ+dVqgJNEbT6320JF0OwsXN3ncGF/hQJo6
            -----END CERTIFICATE-----
            """;

    private static final String KEY = """
            -----BEGIN EC PRIVATE KEY-----
            MHcCAQEEIIg6c8VfA5l+sWaYuAYIAt9AY2qAgz+7UptYsgehKnz6oAoGCCqGSM49
            AwEHoUQDQgAEaDvxOdqJU4ERvLVgz5jBwD1Fqt4HmAVwAuHdTTStNMmlH6+/4zgc
            uuzB517Nr+B5G4OAx/0DEuStkCqLoOXh5Q==
            -----END EC PRIVATE KEY-----
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void connectionsKeepNothingThatTheyCanDoWithout() throws IOException {
        assertTrue(TlsContexts.isNative(), "NOT RUN, BoringSSL is needed");
        String certificate =
                Files.writeString(dir.resolve("a.pem"), CERTIFICATE).toString();
        String key = Files.writeString(dir.resolve("a.key"), KEY).toString();
        TlsSettings tls =
                new TlsSettings(certificate, key, null, null, null, null, false, false, false, false, Map.of());
        Listener listener = Listener.tcp("", 0)
                .withCarrier(new Carrier(tls, null, Carrier.Identity.NONE, false, List.of(), 0, false, false));
        TlsContexts contexts = TlsContexts.load(List.of(listener));
        ReferenceCountedOpenSslContext context = (ReferenceCountedOpenSslContext) contexts.of(listener);
        assertEquals(256, context.getBioNonApplicationBufferSize());
        assertEquals(false, context.sessionContext().isSessionCacheEnabled());
    }
}
