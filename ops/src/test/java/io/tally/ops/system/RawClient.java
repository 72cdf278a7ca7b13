package io.tally.ops.system;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A blocking socket that sends any bytes it is told to and reads packets one by one. Used by one thread. */
final class RawClient implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private final Socket socket;
    private final DataInputStream in;
    private final int version;

    /** Opens a connection and sends nothing. */
    RawClient(int port, int version) throws IOException {
        this.version = version;
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5_000);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Connects with a clean session and reads the CONNACK. */
    static RawClient connected(int port, int version, String clientId) throws IOException {
        return connected(port, version, new ConnectPacket(version, clientId));
    }

    static RawClient connected(int port, int version, ConnectPacket connect) throws IOException {
        RawClient client = new RawClient(port, version);
        client.send(connect.bytes());
        Packet connack = client.expect(Packets.CONNACK);
        if (connack.connackCode() != 0) {
            throw new IOException("CONNACK with code " + connack.connackCode());
        }
        return client;
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void publish(String topic, int qos, int id, byte[] payload) throws IOException {
        send(Packets.publish(version, topic, qos, 0, id, payload));
    }

    /** Sends a SUBSCRIBE and returns the code of the SUBACK; PUBLISH packets before it are passed over. */
    int subscribe(String filter, int qos) throws IOException {
        send(Packets.subscribe(version, 1, filter, qos));
        Packet packet = read(PATIENCE);
        while (packet != null && packet.type() == Packets.PUBLISH) {
            packet = read(PATIENCE);
        }
        if (packet == null || packet.type() != Packets.SUBACK) {
            throw new IOException("SUBACK expected, but " + describe(packet));
        }
        return packet.lastCode();
    }

    /** Waits until the broker has handled all that was sent; the next packet must be the answer to that. */
    void ping() throws IOException {
        send(Packets.pingreq());
        expect(Packets.PINGRESP);
    }

    /** The next packet, which must be of this type. */
    Packet expect(int type) throws IOException {
        Packet packet = read(PATIENCE);
        if (packet == null || packet.type() != type) {
            throw new IOException("packet type " + type + " expected, but " + describe(packet));
        }
        return packet;
    }

    /**
     * The next packet, or null when the peer has closed the connection.
     *
     * @throws SocketTimeoutException when neither comes in time
     */
    @Nullable
    Packet read(Duration patience) throws IOException {
        socket.setSoTimeout((int) patience.toMillis());
        try {
            int first = in.read();
            if (first < 0) {
                return null;
            }
            byte[] body = new byte[remainingLength()];
            in.readFully(body);
            return new Packet(first, ByteBuffer.wrap(body));
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return null;
        }
    }

    /** Reads on until the peer closes; the last packet before that, if any. */
    @Nullable
    Packet lastPacketBeforeClose() throws IOException {
        Packet last = null;
        Packet packet = read(PATIENCE);
        while (packet != null) {
            last = packet;
            packet = read(PATIENCE);
        }
        return last;
    }

    Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private int remainingLength() throws IOException {
        int value = 0;
        int shift = 0;
        int digit;
        do {
            digit = in.readUnsignedByte();
            value |= (digit & 127) << shift;
            shift += 7;
        } while ((digit & 128) != 0);
        return value;
    }

    private static String describe(@Nullable Packet packet) {
        return packet == null ? "the connection was closed" : "type " + packet.type() + " came";
    }
}
