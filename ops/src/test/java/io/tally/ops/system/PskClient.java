package io.tally.ops.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.bouncycastle.tls.PSKTlsClient;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;

/** A client of TLS 1.2 with a pre-shared key, on a blocking socket. Used by one thread. */
final class PskClient implements AutoCloseable {
    private static final int PATIENCE_MS = 20_000;

    private final Socket socket;
    private final TlsClientProtocol tls;

    /** @param before goes out in front of TLS */
    PskClient(int port, byte[] before, String identity, String key) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MS);
        socket.getOutputStream().write(before);
        tls = new TlsClientProtocol(socket.getInputStream(), socket.getOutputStream());
        byte[] name = identity.getBytes(StandardCharsets.UTF_8);
        tls.connect(new PSKTlsClient(
                new BcTlsCrypto(new SecureRandom()), name, HexFormat.of().parseHex(key)));
    }

    InputStream in() {
        return tls.getInputStream();
    }

    OutputStream out() {
        return tls.getOutputStream();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
