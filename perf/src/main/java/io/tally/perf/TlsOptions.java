package io.tally.perf;

import io.tally.perf.load.Tls;
import io.tally.protocol.listener.PemFile;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How the broker is spoken to over TLS, in the words of {@code tally pub}; without these options it is not. */
final class TlsOptions {
    private static final char[] NO_PASSWORD = {};

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--cafile", paramLabel = "FILE", description = "TLS, trusting the authorities in this PEM file.")
    private @Nullable Path caFile;

    @Option(names = "--tls-use-os-certs", description = "TLS, trusting the authorities that the JDK trusts.")
    private boolean systemTrusted;

    @Option(names = "--cert", paramLabel = "FILE", description = "TLS: the clients' certificate, PEM.")
    private @Nullable Path certFile;

    @Option(names = "--key", paramLabel = "FILE", description = "TLS: the key of the clients' certificate, PEM.")
    private @Nullable Path keyFile;

    @Option(names = "--insecure", description = "TLS: the broker's certificate need not be that of the host.")
    private boolean anyHostTaken;

    /** What they say; null = no TLS. Throws ParameterException when a file cannot be used. */
    @Nullable
    Tls tls() {
        require((certFile == null) == (keyFile == null), "--cert and --key go together");
        require(caFile == null || !systemTrusted, "--cafile and --tls-use-os-certs exclude each other");
        boolean isTls = caFile != null || systemTrusted;
        require(
                isTls || (certFile == null && !anyHostTaken),
                "--cert, --key and --insecure need --cafile or --tls-use-os-certs");
        if (!isTls) {
            return null;
        }
        try {
            KeyManagerFactory own = own();
            return new Tls(own == null ? null : own.getKeyManagers(), trust().getTrustManagers(), anyHostTaken);
        } catch (GeneralSecurityException | IOException e) {
            throw failure("TLS cannot be set up: " + e.getMessage());
        }
    }

    private TrustManagerFactory trust() throws GeneralSecurityException, IOException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        if (caFile == null) {
            factory.init((KeyStore) null);
            return factory;
        }
        KeyStore store = emptyStore();
        for (X509Certificate authority : read("--cafile", caFile, PemFile::certificates)) {
            store.setCertificateEntry(Integer.toString(store.size()), authority);
        }
        factory.init(store);
        return factory;
    }

    /** The clients' certificate, one for all; null = they have none. */
    private @Nullable KeyManagerFactory own() throws GeneralSecurityException, IOException {
        if (certFile == null || keyFile == null) {
            return null;
        }
        List<X509Certificate> chain = read("--cert", certFile, PemFile::certificates);
        PrivateKey key = read("--key", keyFile, PemFile::privateKey);
        require(
                PemFile.isKeyOf(key, chain.get(0)),
                "--key " + keyFile + " is not the key of the certificate " + certFile);
        KeyStore store = emptyStore();
        store.setKeyEntry("own", key, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory;
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /** One kind of thing to be found in a PEM file. */
    @FunctionalInterface
    private interface Content<T> {
        T of(PemFile file) throws GeneralSecurityException;
    }

    private <T> T read(String option, Path file, Content<T> content) {
        try {
            return content.of(new PemFile(file));
        } catch (GeneralSecurityException e) {
            throw failure(option + " " + file + " " + e.getMessage());
        } catch (IOException e) {
            throw failure(option + " " + file + " cannot be read");
        }
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw failure(message);
        }
    }

    private ParameterException failure(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
