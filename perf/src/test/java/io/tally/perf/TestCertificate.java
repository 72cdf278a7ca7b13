package io.tally.perf;

import io.tally.perf.load.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate that is its own authority, and its key, in PEM files; made by the JDK's keytool.
 *
 * @param file of the certificate
 * @param keyFile of its key
 * @param store with both
 */
public record TestCertificate(Path file, Path keyFile, KeyStore store) {
    private static final String PASSWORD = "changeit";

    /**
     * Makes one, valid for a day.
     *
     * @param name of the files, and the common name
     * @param hosts such as {@code ip:127.0.0.1}
     */
    public static TestCertificate make(Path directory, String name, String hosts)
            throws IOException, InterruptedException, GeneralSecurityException {
        Path store = directory.resolve(name + ".p12");
        String line =
                "-genkeypair -alias own -keyalg EC -validity 1 -ext bc:c -storetype PKCS12 -storepass " + PASSWORD;
        String[] words = (System.getProperty("java.home") + "/bin/keytool " + line + " -dname CN=" + name + " -ext san="
                        + hosts + " -keystore " + store)
                .split(" ");
        Process keytool = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool: " + said);
        }
        KeyStore made = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            made.load(in, PASSWORD.toCharArray());
        }
        return new TestCertificate(
                write(store, "CERTIFICATE", made.getCertificate("own").getEncoded()),
                write(
                        store,
                        "PRIVATE KEY",
                        made.getKey("own", PASSWORD.toCharArray()).getEncoded()),
                made);
    }

    /** Of a server that shows it. */
    public SSLContext serverContext() throws GeneralSecurityException {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    /** Of clients that trust it. */
    public Tls trusting() throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", store.getCertificate("own"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        return new Tls(null, trust.getTrustManagers(), false);
    }

    private static Path write(Path store, String type, byte[] der) throws IOException {
        String body = Base64.getMimeEncoder().encodeToString(der);
        Path file = Path.of(store + "." + type.replace(' ', '-') + ".pem");
        return Files.writeString(file, "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n");
    }
}
