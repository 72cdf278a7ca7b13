package io.tally.perf.load;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * How TLS is spoken to the broker under load: whom its clients trust, and who they say they are. Each connection has a
 * context of its own, since those of one would resume the TLS sessions of one another: so all shake hands in full, as
 * clients on machines of their own would. For any thread.
 */
public final class Tls {
    private final KeyManager @Nullable [] own;
    private final TrustManager[] trusted;
    private final boolean anyHostTaken;

    /**
     * With these managers, which must be good for several threads as the JDK's are.
     *
     * @param own null = clients have no certificate
     * @param anyHostTaken whether the broker's certificate may be that of another host
     */
    public Tls(KeyManager @Nullable [] own, TrustManager[] trusted, boolean anyHostTaken) {
        this.own = own;
        this.trusted = trusted;
        this.anyHostTaken = anyHostTaken;
    }

    /** For one connection. */
    SSLEngine newEngine(String host, int port) throws IOException {
        SSLEngine engine = newContext().createSSLEngine(host, port);
        engine.setUseClientMode(true);
        engine.setSSLParameters(checkingHost(engine.getSSLParameters()));
        return engine;
    }

    /** On a socket that is connected; it begins with what is written first. */
    Socket over(Socket plain, String host, int port) throws IOException {
        SSLSocket socket = (SSLSocket) newContext().getSocketFactory().createSocket(plain, host, port, true);
        socket.setSSLParameters(checkingHost(socket.getSSLParameters()));
        return socket;
    }

    private SSLContext newContext() throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own, trusted, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS: " + e.getMessage(), e);
        }
    }

    private SSLParameters checkingHost(SSLParameters parameters) {
        parameters.setEndpointIdentificationAlgorithm(anyHostTaken ? "" : "HTTPS");
        return parameters;
    }

    /** Says for a person why TLS has failed. */
    static IOException failure(SSLException e) {
        String reason = String.valueOf(e.getMessage());
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathBuilderException) {
                reason = "the broker's certificate is of no authority that is trusted here; see --cafile";
            } else if (cause instanceof CertificateException && cause.getCause() == null) {
                reason = "the broker's certificate is refused: " + cause.getMessage();
            }
        }
        return new IOException("TLS: " + reason, e);
    }
}
