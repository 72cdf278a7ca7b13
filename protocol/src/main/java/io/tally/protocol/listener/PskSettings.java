package io.tally.protocol.listener;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a listener with keys that both ends have beforehand, instead of certificates.
 *
 * @param hint told to clients of TLS 1.2, for their choice of an identity
 * @param keyFile identities and their keys, {@code IDENTITY:HEX} a line
 * @param ciphers for TLS 1.2, as OpenSSL writes them; null = all that are safe
 * @param isOnlyTls13 whether TLS 1.2 is refused
 * @param places FILE:LINE by option, for errors
 */
public record PskSettings(
        String hint, String keyFile, @Nullable String ciphers, boolean isOnlyTls13, Map<String, String> places) {
    public PskSettings {
        places = Map.copyOf(places);
    }
}
