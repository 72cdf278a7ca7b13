package io.tally.protocol.gateway;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.tally.protocol.listener.Listener;
import io.tally.protocol.listener.PemFile;
import io.tally.protocol.listener.PskSettings;
import io.tally.protocol.listener.TlsSettings;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Certificates, keys (pre-shared ones too) and what belongs to them, of all listeners with TLS. Read from their files
 * by the thread that starts the broker, and again when it is told to reload; the I/O loops use the newest for new
 * connections.
 */
public final class TlsContexts {
    /** Without TLS. */
    public static final TlsContexts NONE = new TlsContexts(List.of(), Map.of(), Map.of());

    /**
     * Each connection has so many bytes for what BoringSSL says while it is given nothing to write to; more of it waits
     * until it is. Alerts fit.
     */
    private static final int UNASKED_BYTES = 256;

    private static final String[] BOTH_VERSIONS = {"TLSv1.3", "TLSv1.2"};
    private static final String[] NEWEST_VERSION = {"TLSv1.3"};

    private static final List<String> TLS13_SUITES =
            List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

    private final List<Listener> listeners;
    private volatile Map<TlsSettings, SslContext> current;
    private volatile Map<PskSettings, PskKeys> currentKeys;

    /** Kept until the next reload: a connection may have got one of these just now. */
    private Map<TlsSettings, SslContext> before = Map.of();

    private TlsContexts(
            List<Listener> listeners, Map<TlsSettings, SslContext> current, Map<PskSettings, PskKeys> currentKeys) {
        this.listeners = listeners;
        this.current = current;
        this.currentKeys = currentKeys;
    }

    /**
     * Reads the files of all listeners.
     *
     * @throws IOException when one cannot be used; says which, where it is named, and why
     */
    public static TlsContexts load(List<Listener> listeners) throws IOException {
        return new TlsContexts(listeners, read(listeners), readKeys(listeners));
    }

    private static Map<TlsSettings, SslContext> read(List<Listener> listeners) throws IOException {
        Map<TlsSettings, SslContext> contexts = new HashMap<>();
        for (Listener listener : listeners) {
            TlsSettings tls = listener.carrier().tls();
            if (tls != null && !contexts.containsKey(tls)) {
                contexts.put(tls, newContext(tls));
            }
        }
        return contexts;
    }

    private static Map<PskSettings, PskKeys> readKeys(List<Listener> listeners) throws IOException {
        Map<PskSettings, PskKeys> keys = new HashMap<>();
        for (Listener listener : listeners) {
            PskSettings psk = listener.carrier().psk();
            if (psk != null) {
                keys.put(psk, PskKeys.read(psk));
            }
        }
        return keys;
    }

    /**
     * Reads all files again; the answer, when run, has new connections use what was read.
     *
     * @throws IOException as {@link #load}; nothing is changed then
     */
    public Runnable reload() throws IOException {
        Map<PskSettings, PskKeys> freshKeys = readKeys(listeners);
        Map<TlsSettings, SslContext> fresh = read(listeners);
        return () -> {
            before.values().forEach(ReferenceCountUtil::release);
            before = current;
            current = fresh;
            currentKeys = freshKeys;
        };
    }

    /** For a person: what may be unsafe in the files. */
    public List<String> notices() {
        return currentKeys.values().stream()
                .map(PskKeys::notice)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /** Whether TLS is BoringSSL's; otherwise it is the JDK's, which takes more memory and processor time. */
    public static boolean isNative() {
        return OpenSsl.isAvailable();
    }

    /** Why it is not. */
    public static String whyNotNative() {
        return String.valueOf(OpenSsl.unavailabilityCause());
    }

    @Nullable
    SslContext of(Listener listener) {
        TlsSettings tls = listener.carrier().tls();
        return tls == null ? null : current.get(tls);
    }

    @Nullable
    PskKeys keysOf(Listener listener) {
        PskSettings psk = listener.carrier().psk();
        return psk == null ? null : currentKeys.get(psk);
    }

    private static SslContext newContext(TlsSettings tls) throws IOException {
        List<X509Certificate> authorities = authorities(tls);
        List<X509Certificate> chain =
                Certificates.chain(read(tls, "certfile", tls.certFile(), PemFile::certificates), authorities);
        PrivateKey key = read(tls, "keyfile", tls.keyFile(), PemFile::privateKey);
        if (!PemFile.isKeyOf(key, chain.get(0))) {
            throw error(tls, "keyfile", tls.keyFile() + " is not the key of the certificate in " + tls.certFile());
        }
        SslContextBuilder builder = SslContextBuilder.forServer(key, chain.toArray(X509Certificate[]::new))
                .sslProvider(isNative() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
                .protocols(tls.isOnlyTls13() ? NEWEST_VERSION : BOTH_VERSIONS)
                .endpointIdentificationAlgorithm(null);
        if (tls.certificateWanted()) {
            builder.clientAuth(tls.certificateRequired() ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL)
                    .trustManager(clientTrust(tls, authorities));
        }
        String ciphers = tls.ciphers();
        if (ciphers != null) {
            builder.ciphers(select(tls, ciphers));
        }
        try {
            SslContext context = builder.build();
            if (context instanceof ReferenceCountedOpenSslContext boring) {
                boring.sessionContext().setSessionCacheEnabled(false);
                boring.setBioNonApplicationBufferSize(UNASKED_BYTES);
            }
            return context;
        } catch (SSLException | IllegalArgumentException e) {
            String option = ciphers == null ? "certfile" : "ciphers";
            throw error(tls, option, "cannot be used: TLS cannot be set up: " + e.getMessage());
        }
    }

    private static List<String> select(TlsSettings tls, String ciphers) throws IOException {
        Set<String> available = new LinkedHashSet<>(OpenSsl.availableOpenSslCipherSuites());
        available.removeIf(name -> name.startsWith("TLS_") || name.startsWith("AEAD-"));
        List<String> selected = CipherList.select(ciphers, available);
        if (selected.isEmpty()) {
            throw error(tls, "ciphers", "'" + ciphers + "' names no cipher of " + available);
        }
        selected.addAll(TLS13_SUITES); // Without them there would be no TLS 1.3; which is used is BoringSSL's choice.
        return selected;
    }

    private static List<X509Certificate> authorities(TlsSettings tls) throws IOException {
        List<X509Certificate> authorities = new ArrayList<>();
        String caFile = tls.caFile();
        if (caFile != null) {
            authorities.addAll(read(tls, "cafile", caFile, PemFile::certificates));
        }
        String caPath = tls.caPath();
        if (caPath != null) {
            authorities.addAll(authoritiesIn(tls, Path.of(caPath)));
        }
        return authorities;
    }

    private static ClientTrust clientTrust(TlsSettings tls, List<X509Certificate> authorities) throws IOException {
        String crlFile = tls.crlFile();
        List<CRL> revocations = crlFile == null ? List.of() : read(tls, "crlfile", crlFile, PemFile::revocations);
        return new ClientTrust(authorities, revocations, tls.datesIgnored());
    }

    private static List<X509Certificate> authoritiesIn(TlsSettings tls, Path directory) throws IOException {
        List<X509Certificate> authorities = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.{pem,crt}")) {
            for (Path file : files) {
                authorities.addAll(read(tls, "capath", file.toString(), PemFile::certificates));
            }
        } catch (NoSuchFileException | java.nio.file.NotDirectoryException | AccessDeniedException e) {
            throw error(tls, "capath", directory + " cannot be read; check the path and its permissions");
        }
        if (authorities.isEmpty()) {
            throw error(tls, "capath", directory + " holds no certificates in files *.pem or *.crt");
        }
        return authorities;
    }

    /** One kind of thing to be found in a PEM file. */
    @FunctionalInterface
    private interface Content<T> {
        T of(PemFile file) throws GeneralSecurityException;
    }

    private static <T> T read(TlsSettings tls, String option, String file, Content<T> content) throws IOException {
        try {
            return content.of(new PemFile(Path.of(file)));
        } catch (GeneralSecurityException e) {
            throw error(tls, option, file + " " + e.getMessage());
        } catch (NoSuchFileException e) {
            throw error(tls, option, file + " does not exist");
        } catch (IOException e) {
            throw error(tls, option, file + " cannot be read; check the path and its permissions");
        }
    }

    private static IOException error(TlsSettings tls, String option, String why) {
        String place = tls.places().get(option);
        return new IOException((place == null ? "" : place + ": ") + option + " " + why);
    }
}
