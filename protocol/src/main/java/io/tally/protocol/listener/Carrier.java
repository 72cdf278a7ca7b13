package io.tally.protocol.listener;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What carries MQTT on a listener.
 *
 * @param tls null = not encrypted, or with pre-shared keys
 * @param psk null = not encrypted, or with certificates
 * @param identity what the user name is taken from, if not from CONNECT
 * @param isWebSocket whether MQTT comes in WebSocket frames
 * @param origins pages that may open WebSockets, empty = any
 * @param proxyVersion version of the PROXY header that comes first: 1, 2, or 0 without one
 * @param proxyTlsRequired whether the header must say that the client came by TLS
 * @param proxyCertificateRequired whether it must say that the client has a certificate which the proxy trusts
 */
public record Carrier(
        @Nullable TlsSettings tls,
        @Nullable PskSettings psk,
        Identity identity,
        boolean isWebSocket,
        List<String> origins,
        int proxyVersion,
        boolean proxyTlsRequired,
        boolean proxyCertificateRequired) {
    /** The user name of a client whose certificate, or pre-shared key, is known. */
    public enum Identity {
        /** That of its CONNECT. */
        NONE,
        /** The common name of the certificate's subject, or the identity of the key. */
        COMMON_NAME,
        /** The whole subject, as RFC 2253 writes it. */
        SUBJECT
    }

    /** Nothing between TCP and MQTT. */
    public static final Carrier PLAIN = new Carrier(null, null, Identity.NONE, false, List.of(), 0, false, false);

    public Carrier {
        origins = List.copyOf(origins);
        if (proxyVersion < 0 || proxyVersion > 2) {
            throw new IllegalArgumentException("proxyVersion is " + proxyVersion + ", must be 0 to 2");
        }
    }
}
