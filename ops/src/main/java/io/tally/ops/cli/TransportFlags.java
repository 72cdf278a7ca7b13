package io.tally.ops.cli;

import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttClientSslConfigBuilder;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import io.tally.protocol.listener.PemFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags that say what MQTT goes over: TLS, WebSockets, a unix socket. */
final class TransportFlags {
    static final int PORT = 1883;
    static final int TLS_PORT = 8883;

    @Option(names = "--unix", paramLabel = "PATH", description = "Connect to this unix socket, not over TCP.")
    private @Nullable Path unixPath;

    @Option(names = "--ws", description = "Connect by WebSocket.")
    private boolean isWebSocket;

    @Option(names = "--cafile", paramLabel = "FILE", description = "TLS: trust the authorities in this PEM file.")
    private @Nullable Path caFile;

    @Option(names = "--capath", paramLabel = "DIR", description = "TLS: trust the authorities in *.pem and *.crt here.")
    private @Nullable Path caPath;

    @Option(names = "--tls-use-os-certs", description = "TLS: trust the authorities that the JDK trusts.")
    private boolean systemTrusted;

    @Option(names = "--no-tls", description = "No TLS, although the port is 8883.")
    private boolean tlsDenied;

    @Option(names = "--cert", paramLabel = "FILE", description = "TLS: the client's certificate, PEM.")
    private @Nullable Path certFile;

    @Option(names = "--key", paramLabel = "FILE", description = "TLS: the key of the client's certificate, PEM.")
    private @Nullable Path keyFile;

    @Option(names = "--insecure", description = "TLS: the certificate need not be that of the host.")
    private boolean anyHostTaken;

    @Option(names = "--tls-version", paramLabel = "VERSION", description = "TLS: tlsv1.3 or tlsv1.2 (both).")
    private @Nullable String tlsVersion;

    /** Takes the scheme of a URL; false if it is not one of MQTT's. */
    boolean tryScheme(String scheme) {
        boolean isOfTls = scheme.equals("mqtts") || scheme.equals("wss");
        boolean isOfWebSocket = scheme.equals("ws") || scheme.equals("wss");
        systemTrusted |= isOfTls;
        isWebSocket |= isOfWebSocket;
        return isOfTls || isOfWebSocket || scheme.equals("mqtt");
    }

    /**
     * Checks what goes together; throws IllegalArgumentException with a message for a person.
     *
     * @param port as given, below 0 = not given
     */
    void check(int port) {
        Checks.require((certFile == null) == (keyFile == null), "--cert and --key go together");
        Checks.require(unixPath == null || !isWebSocket, "--unix and WebSockets exclude each other");
        Checks.require(
                tlsVersion == null || tlsVersion.equals("tlsv1.3") || tlsVersion.equals("tlsv1.2"),
                "--tls-version must be tlsv1.3 or tlsv1.2");
        boolean isTls = isTls(port);
        Checks.require(unixPath == null || !isTls, "--unix and TLS exclude each other");
        Checks.require(
                !tlsDenied || (caFile == null && caPath == null && !systemTrusted), "--no-tls goes with no TLS flag");
        Checks.require(
                isTls || (certFile == null && tlsVersion == null && !anyHostTaken),
                "--cert, --key, --tls-version and --insecure need --cafile, --capath, --tls-use-os-certs, mqtts:// or"
                        + " port 8883");
    }

    /** @param port as given, below 0 = not given */
    boolean isTls(int port) {
        return caFile != null || caPath != null || systemTrusted || (port == TLS_PORT && !tlsDenied);
    }

    @Nullable
    Path unixPath() {
        return unixPath;
    }

    /** The builder of a client that connects this way. */
    MqttClientBuilder applyTo(MqttClientBuilder builder, int port) throws ToolFailure {
        MqttClientBuilder result = builder;
        if (isWebSocket) {
            result = result.webSocketConfig(
                    MqttWebSocketConfig.builder().serverPath("mqtt").build());
        }
        return isTls(port) ? result.sslConfig(tls()) : result;
    }

    private MqttClientSslConfig tls() throws ToolFailure {
        MqttClientSslConfigBuilder tls =
                MqttClientSslConfig.builder().trustManagerFactory(trust()).keyManagerFactory(own());
        if (tlsVersion != null) {
            tls = tls.protocols(List.of(tlsVersion.replace("tls", "TLS")));
        }
        return (anyHostTaken ? tls.hostnameVerifier((host, session) -> true) : tls).build();
    }

    /** Null = whom the JDK trusts. */
    private @Nullable TrustManagerFactory trust() throws ToolFailure {
        List<X509Certificate> authorities = new ArrayList<>();
        if (caFile != null) {
            authorities.addAll(read(caFile, PemFile::certificates));
        }
        if (caPath != null) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(caPath, "*.{pem,crt}")) {
                for (Path file : files) {
                    authorities.addAll(read(file, PemFile::certificates));
                }
            } catch (IOException e) {
                throw failure(caPath + " cannot be read");
            }
            if (authorities.isEmpty()) {
                throw failure(caPath + " holds no certificates in files *.pem or *.crt");
            }
        }
        if (authorities.isEmpty()) {
            return null;
        }
        try {
            KeyStore store = emptyStore();
            for (X509Certificate authority : authorities) {
                store.setCertificateEntry(Integer.toString(store.size()), authority);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory;
        } catch (GeneralSecurityException | IOException e) {
            throw failure("the authorities cannot be used: " + e.getMessage());
        }
    }

    /** The client's certificate; null = it has none. */
    private @Nullable KeyManagerFactory own() throws ToolFailure {
        if (certFile == null || keyFile == null) {
            return null;
        }
        List<X509Certificate> chain = read(certFile, PemFile::certificates);
        PrivateKey key = read(keyFile, PemFile::privateKey);
        try {
            KeyStore store = emptyStore();
            store.setKeyEntry("own", key, new char[0], chain.toArray(X509Certificate[]::new));
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, new char[0]);
            return factory;
        } catch (GeneralSecurityException | IOException e) {
            throw failure(keyFile + " cannot be used with " + certFile + ": " + e.getMessage());
        }
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

    private static <T> T read(Path file, Content<T> content) throws ToolFailure {
        try {
            return content.of(new PemFile(file));
        } catch (GeneralSecurityException e) {
            throw failure(file + " " + e.getMessage());
        } catch (IOException e) {
            throw failure(file + " cannot be read");
        }
    }

    private static ToolFailure failure(String message) {
        return new ToolFailure(UsageErrors.EXIT_CODE, message);
    }
}
