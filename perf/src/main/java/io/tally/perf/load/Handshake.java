package io.tally.perf.load;

import io.tally.protocol.codec.ConnackDecoder;
import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.DisconnectEncoder;
import io.tally.protocol.codec.FrameDecoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.codec.SubackDecoder;
import io.tally.protocol.codec.SubscribeEncoder;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** What happens on a connection before the load: CONNECT and SUBSCRIBE, one by one, blocking. Used by one thread. */
final class Handshake {
    static final int TIMEOUT_MS = 30_000;
    private static final long EXPIRY_SECONDS = 3600;
    private static final int FAILURE = 0x80;

    /** A SUBSCRIBE that has come to so many bytes takes no more filters. */
    private static final int SUBSCRIBE_LENGTH = 4 << 10;

    private final Target target;
    private final UnsafeBuffer packet = new UnsafeBuffer(new byte[64 << 10]);
    private final Records records = new Records();
    private String security = "";
    private int receiveMaximum;
    private int keepAliveSeconds;

    Handshake(Target target) {
        this.target = target;
    }

    /** Opens a connection; a session that is not persistent begins empty. */
    Wire connect(String clientId, boolean isPersistent) throws IOException {
        Wire wire = Wire.open(target, TIMEOUT_MS, records);
        security = wire.tls == null ? "" : wire.tls.description();
        connect(wire.in, wire.out, clientId, isPersistent);
        return wire;
    }

    /** Lets a client in on a connection that is open. */
    void connect(InputStream in, OutputStream out, String clientId, boolean isPersistent) throws IOException {
        write(out, encodeConnect(clientId, isPersistent));
        readConnack(in);
    }

    /** The packet that lets a client in. */
    byte[] connectPacket(String clientId, boolean isPersistent) {
        return Arrays.copyOf(packet.byteArray(), encodeConnect(clientId, isPersistent));
    }

    private int encodeConnect(String clientId, boolean isPersistent) {
        ConnectEncoder connect = new ConnectEncoder().begin(target.version(), clientId);
        connect.cleanStart(!isPersistent);
        if (isPersistent && target.version() == ProtocolVersion.V5) {
            connect.properties(new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, EXPIRY_SECONDS));
        }
        if (target.userName() != null) {
            connect.userName(target.userName());
        }
        if (target.password() != null) {
            connect.password(target.password().getBytes(StandardCharsets.UTF_8));
        }
        return connect.encode(packet, 0);
    }

    private void readConnack(InputStream in) throws IOException {
        int length = read(in, PacketType.CONNACK);
        ConnackDecoder connack = new ConnackDecoder();
        ReasonCode reason = connack.wrap(target.version(), packet.getByte(0) & 0xF, packet, 1, length);
        if (reason != ReasonCode.SUCCESS || connack.reasonCode() != 0) {
            throw new BrokerError("the connection was refused: 0x%02X".formatted(connack.reasonCode()));
        }
        receiveMaximum = (int) connack.properties().number(Property.RECEIVE_MAXIMUM, 65_535);
        keepAliveSeconds = (int) connack.properties().number(Property.SERVER_KEEP_ALIVE, 0);
    }

    /** The TLS of the connection opened last, for a person; empty = it has none. */
    String security() {
        return security;
    }

    /** What the broker has said about the connection opened last. */
    int receiveMaximum() {
        return receiveMaximum;
    }

    /** The same: how long the client may be silent; 0 = any time, as its CONNECT said. */
    int keepAliveSeconds() {
        return keepAliveSeconds;
    }

    void subscribe(Wire wire, List<String> filters, int qos) throws IOException {
        SubscribeEncoder subscribe = new SubscribeEncoder();
        int from = 0;
        while (from < filters.size()) {
            subscribe.begin(target.version(), PacketType.SUBSCRIBE, 1);
            int to = from;
            do {
                subscribe.filter(filters.get(to), qos);
                to++;
            } while (to < filters.size() && subscribe.encodedLength() < SUBSCRIBE_LENGTH);
            write(wire.out, subscribe.encode(packet, 0));
            int length = read(wire.in, PacketType.SUBACK);
            SubackDecoder suback = new SubackDecoder();
            ReasonCode reason = suback.wrap(target.version(), packet.getByte(0), packet, 1, length);
            for (int i = from; i < to; i++) {
                if (reason != ReasonCode.SUCCESS || suback.reasonCode(i - from) >= FAILURE) {
                    throw new BrokerError("the subscription to " + filters.get(i) + " was refused");
                }
            }
            from = to;
        }
    }

    /** Says goodbye and waits until the broker has closed: a session with an expiry stays. */
    void leave(Wire wire) throws IOException {
        write(wire.out, DisconnectEncoder.encode(target.version(), 0, packet, 0));
        while (wire.in.read(packet.byteArray()) >= 0) {
            // What was on its way to the client.
        }
    }

    /** Ends the session for good, whatever is in it. */
    void endSession(String clientId) throws IOException {
        try (Wire wire = connect(clientId, false)) {
            write(wire.out, DisconnectEncoder.encode(target.version(), 0, packet, 0));
        }
    }

    /** Where {@link #read} has put it. */
    UnsafeBuffer packet() {
        return packet;
    }

    private void write(OutputStream out, int length) throws IOException {
        out.write(packet.byteArray(), 0, length);
    }

    /** Reads up to a packet of this type; its first byte is put at 0, what follows the fixed header at 1. */
    int read(InputStream in, int type) throws IOException {
        while (true) {
            int available = 0;
            long frame = FrameDecoder.NEED_MORE;
            while (frame == FrameDecoder.NEED_MORE) {
                packet.putByte(available++, (byte) readByte(in));
                frame = FrameDecoder.decode(packet, 0, available);
            }
            int length = frame == FrameDecoder.MALFORMED ? -1 : FrameDecoder.remainingLength(frame);
            if (length < 0 || length >= packet.capacity()) {
                throw new BrokerError("not an MQTT broker, or a packet too long");
            }
            if (in.readNBytes(packet.byteArray(), 1, length) < length) {
                throw new EOFException("the broker has closed the connection");
            }
            if (PacketType.of(packet.getByte(0)) == type) {
                return length;
            }
        }
    }

    private static int readByte(InputStream in) throws IOException {
        int value = in.read();
        if (value < 0) {
            throw new EOFException("the broker has closed the connection");
        }
        return value;
    }
}
