package io.tally.protocol.listener;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a listener, certificates and keys in PEM files.
 *
 * @param certFile the server's certificate, those of its issuers behind it
 * @param keyFile its private key, not encrypted
 * @param caFile whoever these certificates have signed is a client to be trusted; null = none
 * @param caPath directory with more of them, *.pem or *.crt
 * @param crlFile certificates that are revoked, signed by their issuers
 * @param ciphers for TLS 1.2, as OpenSSL writes them; null = BoringSSL's
 * @param isOnlyTls13 whether TLS 1.2 is refused
 * @param certificateWanted whether clients are asked for a certificate; one that is not trusted is refused
 * @param certificateRequired whether a client without one is refused, too
 * @param datesIgnored whether certificates of clients may be out of date
 * @param places FILE:LINE by option, for errors
 */
public record TlsSettings(
        String certFile,
        String keyFile,
        @Nullable String caFile,
        @Nullable String caPath,
        @Nullable String crlFile,
        @Nullable String ciphers,
        boolean isOnlyTls13,
        boolean certificateWanted,
        boolean certificateRequired,
        boolean datesIgnored,
        Map<String, String> places) {
    public TlsSettings {
        places = Map.copyOf(places);
    }
}
