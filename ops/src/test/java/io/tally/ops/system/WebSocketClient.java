package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** A WebSocket by hand: any frames, byte for byte. Used by one thread. */
final class WebSocketClient implements AutoCloseable {
    /** With the key of RFC 6455's example. */
    static final String REQUEST = "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";

    private static final byte[] MASK = {0x11, 0x22, 0x33, (byte) 0x84};

    private final Socket socket;
    private final InputStream in;

    private WebSocketClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(10_000);
        in = socket.getInputStream();
    }

    static WebSocketClient open(int port) throws IOException {
        WebSocketClient client = new WebSocketClient(port);
        client.write(REQUEST.getBytes(StandardCharsets.US_ASCII));
        String answer = client.head();
        assertTrue(answer.startsWith("HTTP/1.1 101 "), answer);
        return client;
    }

    /** The head of the answer to a request. */
    static String answerTo(int port, String request) throws IOException {
        try (WebSocketClient client = new WebSocketClient(port)) {
            client.write(request.getBytes(StandardCharsets.US_ASCII));
            return client.head();
        }
    }

    static String statusOf(int port, String request) throws IOException {
        return answerTo(port, request).split(" ")[1];
    }

    private String head() throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            assertTrue(next >= 0, () -> "ended after: " + head);
            head.append((char) next);
        }
        return head.toString();
    }

    /** @param first FIN, reserved bits and opcode */
    void frame(int first, byte[] payload) throws IOException {
        assertTrue(payload.length <= 125);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(first);
        out.write(0x80 | payload.length);
        out.writeBytes(MASK);
        for (int i = 0; i < payload.length; i++) {
            out.write(payload[i] ^ MASK[i & 3]);
        }
        write(out.toByteArray());
    }

    void raw(String hex) throws IOException {
        write(HexFormat.of().parseHex(hex));
    }

    private void write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    String read(int length) throws IOException {
        return HexFormat.of().formatHex(in.readNBytes(length));
    }

    void expectEnd() throws IOException {
        assertEquals(-1, in.read());
    }

    /** @param pattern of hexadecimal digits */
    void expectInTheEnd(String pattern) throws IOException {
        String all = HexFormat.of().formatHex(in.readAllBytes());
        assertTrue(all.matches(".*" + pattern), all);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
