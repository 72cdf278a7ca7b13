package io.tally.ops.system;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** TLS of a client in this process: one authority that it trusts, and its own certificate if it has one. */
final class ClientTls {
    private final TrustManagerFactory trust;
    private final @Nullable KeyManagerFactory key;
    private final SSLContext context;

    ClientTls(X509Certificate authority, TestAuthority.@Nullable Issued own) throws IOException {
        try {
            trust = TrustManagerFactory.getInstance("PKIX");
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", authority);
            trust.init(trusted);
            key = own == null ? null : keyManager(own);
            context = SSLContext.getInstance("TLS");
            context.init(key == null ? null : key.getKeyManagers(), trust.getTrustManagers(), null);
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static KeyManagerFactory keyManager(TestAuthority.Issued own) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("own", own.privateKey(), new char[0], new Certificate[] {own.certificate()});
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, new char[0]);
        return factory;
    }

    TrustManagerFactory trust() {
        return trust;
    }

    @Nullable
    KeyManagerFactory key() {
        return key;
    }

    SSLSocketFactory socketFactory() {
        return context.getSocketFactory();
    }
}
