package io.tally.ops.conformance;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A WebSocket, frame by frame (RFC 6455), with what is in its frames in {@link Notation}. Used by one thread. */
final class WebSocketClient implements AutoCloseable {
    private static final int PATIENCE_MS = 10_000;
    private static final byte[] MASK = {0x12, (byte) 0xA5, 0x00, (byte) 0xFF};
    private final Socket socket;
    private final OutputStream out;
    private final DataInputStream in;
    private byte[] came = {};

    WebSocketClient(int port) {
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MS);
            out = socket.getOutputStream();
            in = new DataInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks for a WebSocket with these sub-protocols; answers the status line and headers that come, as text. */
    String upgrade(String subProtocols) {
        String request = "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: " + subProtocols + "\r\n\r\n";
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        try {
            out.write(request.getBytes(StandardCharsets.US_ASCII));
            while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
                head.write(in.readUnsignedByte());
            }
        } catch (IOException e) {
            throw new AssertionError("no answer to the request, only " + head, e);
        }
        return head.toString(StandardCharsets.US_ASCII);
    }

    /** Sends a masked frame; first byte: 82 binary, 81 text, 02 then 00 and at last 80 for parts of a binary one. */
    WebSocketClient send(int first, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(first);
        if (payload.length < 126) {
            frame.write(0x80 | payload.length);
        } else {
            frame.write(0x80 | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        }
        frame.writeBytes(MASK);
        for (int i = 0; i < payload.length; i++) {
            frame.write(payload[i] ^ MASK[i % 4]);
        }
        try {
            out.write(frame.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** One packet in one frame. */
    WebSocketClient send(String packet) {
        return send(0x82, Notation.bytes(packet));
    }

    /** The next frame is this control frame, with this payload. */
    WebSocketClient expectControl(int first, String payload) {
        try {
            if (in.readUnsignedByte() != first || !Arrays.equals(readPayload(), Notation.bytes(payload))) {
                throw new AssertionError("another frame than %02x %s".formatted(first, payload));
            }
        } catch (IOException e) {
            throw new AssertionError("no frame", e);
        }
        return this;
    }

    /** The next packet of the binary frames is this one. */
    WebSocketClient expect(String packet) {
        int length = packetLength();
        while (length > came.length) {
            if (!readBinaryFrame()) {
                throw new AssertionError("the connection was closed before " + packet);
            }
            length = packetLength();
        }
        byte[] next = Arrays.copyOf(came, length);
        came = Arrays.copyOfRange(came, length, came.length);
        if (!Notation.matches(packet, next)) {
            throw new AssertionError("expected " + packet + ", but came " + Notation.hex(next));
        }
        return this;
    }

    /** No packet comes any more but the end, with a Close frame or without. */
    void expectClosed() {
        if (came.length > 0 || readBinaryFrame()) {
            throw new AssertionError("expected the end of the connection, but came " + Notation.hex(came));
        }
    }

    private int packetLength() {
        int start = came.length < 2 ? -1 : Varint.end(came, 1, came.length);
        return start < 0 ? Integer.MAX_VALUE : start + Varint.value(came, 1);
    }

    /** False at the end. */
    private boolean readBinaryFrame() {
        try {
            int first = in.read();
            if (first == 0x88) {
                readPayload();
                return false;
            }
            if (first < 0) {
                return false;
            }
            if (first != 0x82) {
                throw new AssertionError("frame %02x, a binary one was expected".formatted(first));
            }
            byte[] payload = readPayload();
            byte[] all = Arrays.copyOf(came, came.length + payload.length);
            System.arraycopy(payload, 0, all, came.length, payload.length);
            came = all;
            return true;
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing came within " + PATIENCE_MS + " ms", e);
        } catch (IOException e) {
            return false;
        }
    }

    /** A server does not mask. */
    private byte[] readPayload() throws IOException {
        int length = in.readUnsignedByte();
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length > 126) {
            throw new AssertionError("a frame that is masked or too long");
        }
        byte[] payload = new byte[length];
        in.readFully(payload);
        return payload;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
