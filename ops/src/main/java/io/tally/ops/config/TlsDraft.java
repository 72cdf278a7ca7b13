package io.tally.ops.config;

import io.tally.protocol.listener.AccessFiles;
import io.tally.protocol.listener.PskSettings;
import io.tally.protocol.listener.TlsSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the lines read so far say of a listener's TLS. */
final class TlsDraft {
    /** Of options that name a file, a directory or ciphers. */
    private final Map<String, String> values = new LinkedHashMap<>();

    /** FILE:LINE of every option. */
    private final Map<String, String> places = new LinkedHashMap<>();

    private static final List<String> OF_CERTIFICATES =
            List.of("certfile", "keyfile", "cafile", "capath", "crlfile", "require_certificate");

    boolean isOnlyTls13;
    boolean certificateRequired;
    boolean datesIgnored;

    /** A later line replaces an earlier one, as in Mosquitto. */
    void put(ConfigLine line) throws ConfigException {
        values.put(line.name(), line.string());
        places.put(line.name(), line.place());
    }

    void stands(ConfigLine line) {
        places.put(line.name(), line.place());
    }

    /**
     * The settings with pre-shared keys, null when there are none.
     *
     * @param keys the file with them, null = none is named
     */
    @Nullable
    PskSettings buildPsk(AccessFiles.@Nullable Named keys) throws ConfigException {
        String hint = values.get("psk_hint");
        if (hint == null) {
            return null;
        }
        for (String option : OF_CERTIFICATES) {
            if (places.containsKey(option)) {
                throw new ConfigException(places.get(option) + ": '" + option + "' and 'psk_hint' exclude each other:"
                        + " a listener has certificates or pre-shared keys; make two listeners");
            }
        }
        if (keys == null) {
            throw new ConfigException(
                    places.get("psk_hint") + ": 'psk_hint' needs 'psk_file': nobody would have a key");
        }
        Map<String, String> all = new LinkedHashMap<>(places);
        all.put("psk_file", keys.place());
        return new PskSettings(hint, keys.path().toString(), values.get("ciphers"), isOnlyTls13, all);
    }

    boolean hasHint() {
        return values.containsKey("psk_hint");
    }

    /** Whether nothing but a client's certificate is asked for, and none is ours. */
    boolean isProxysOnly() {
        return Set.of("require_certificate").containsAll(places.keySet());
    }

    /**
     * The settings with certificates, null when there is no certificate and nothing that needs one.
     *
     * @param isIdentity whether the user name comes from the client's certificate
     * @param isProxied whether a proxy may tell of a certificate
     */
    @Nullable
    TlsSettings build(boolean isIdentity, boolean isProxied) throws ConfigException {
        if (hasHint() || (isProxied && isProxysOnly())) {
            return null;
        }
        String certFile = values.get("certfile");
        String keyFile = values.get("keyfile");
        if (certFile == null || keyFile == null) {
            if (places.isEmpty()) {
                return null;
            }
            Map.Entry<String, String> first = places.entrySet().iterator().next();
            String missing = certFile == null ? "certfile" : "keyfile";
            throw new ConfigException(first.getValue() + ": '" + first.getKey() + "' needs '" + missing
                    + "' for the same listener; TLS takes both certfile and keyfile");
        }
        boolean hasAuthority = values.containsKey("cafile") || values.containsKey("capath");
        if (certificateRequired && !hasAuthority) {
            throw new ConfigException(places.get("require_certificate")
                    + ": 'require_certificate' needs 'cafile' or 'capath': nobody's certificate would be trusted");
        }
        return new TlsSettings(
                certFile,
                keyFile,
                values.get("cafile"),
                values.get("capath"),
                values.get("crlfile"),
                values.get("ciphers"),
                isOnlyTls13,
                certificateRequired || (isIdentity && hasAuthority),
                certificateRequired,
                datesIgnored,
                places);
    }
}
