package io.tally.ops.conformance;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection on which a test says byte by byte what is sent and what must come, in {@link Notation}. Every
 * expectation takes the next packet, whatever it is: nothing is passed over. Used by one thread.
 */
final class Wire implements AutoCloseable {
    private static final int PATIENCE_MS = 10_000;
    private final Socket socket;
    private final OutputStream out;
    private final DataInputStream in;
    private final int version;
    private final Deque<byte[]> held = new ArrayDeque<>();
    private byte[] last = {};
    private int largest;
    private int nextId = 0x7000;

    /** Opens a connection and sends nothing; the version is that of the packets which helpers write. */
    Wire(int port, int version) {
        this(connect(port), version);
    }

    /** On a socket that is connected already. */
    Wire(Socket socket, int version) {
        this.socket = socket;
        this.version = version;
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MS);
            out = socket.getOutputStream();
            in = new DataInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- any packet ----

    /** Sends these packets in one write. */
    Wire send(String... packets) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String packet : packets) {
            all.writeBytes(Notation.bytes(packet));
        }
        return send(all.toByteArray());
    }

    Wire send(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            throw new AssertionError("the connection was closed before " + Notation.hex(bytes), e);
        }
        return this;
    }

    /** The next packet is this one. */
    Wire expect(String packet) {
        byte[] came = read();
        if (came == null) {
            throw new AssertionError("expected " + packet + ", but the connection was closed");
        }
        if (!Notation.matches(packet, came)) {
            throw new AssertionError("expected " + packet + ", but came " + Notation.hex(came));
        }
        return this;
    }

    /** The next packet is one of these. */
    Wire expectOneOf(String... packets) {
        byte[] came = read();
        if (came == null || firstMatch(List.of(packets), came).isEmpty()) {
            throw new AssertionError("expected one of " + List.of(packets) + ", but came "
                    + (came == null ? "the end of the connection" : Notation.hex(came)));
        }
        return this;
    }

    /** The next packets are these, in any order. */
    Wire expectInAnyOrder(String... packets) {
        List<String> left = new ArrayList<>(List.of(packets));
        while (!left.isEmpty()) {
            byte[] came = read();
            if (came == null || !left.remove(firstMatch(left, came))) {
                throw new AssertionError("expected one of " + left + ", but came "
                        + (came == null ? "the end of the connection" : Notation.hex(came)));
            }
        }
        return this;
    }

    private static String firstMatch(List<String> packets, byte[] came) {
        return packets.stream()
                .filter(p -> Notation.matches(p, came))
                .findFirst()
                .orElse("");
    }

    /** The broker closes without another packet. */
    void expectClosed() {
        byte[] came = read();
        if (came != null) {
            throw new AssertionError("expected the end of the connection, but came " + Notation.hex(came));
        }
    }

    /** DISCONNECT of MQTT 5 with this reason code, and the connection is closed behind it. */
    void expectDisconnect(int reasonCode) {
        expect(reasonCode == 0 ? "e0 00" : "e0 # %02x ..".formatted(reasonCode));
        expectClosed();
    }

    /** CONNACK of MQTT 5 with this reason code and no session, and the connection is closed behind it. */
    void expectConnectRefused(int reasonCode) {
        expect("20 # 00 %02x {}".formatted(reasonCode));
        expectClosed();
    }

    /** The broker closes; it may send this packet before that, and no other. */
    void expectClosedAfterAtMost(String packet) {
        byte[] came = read();
        if (came != null) {
            if (!Notation.matches(packet, came)) {
                throw new AssertionError("expected at most " + packet + ", but came " + Notation.hex(came));
            }
            expectClosed();
        }
    }

    /** A refusal as the version has it: 5.0 the DISCONNECT with this reason code; both close. */
    void expectRefused(int reasonCode) {
        if (version == 5) {
            expectDisconnect(reasonCode);
        } else {
            expectClosed();
        }
    }

    /** Nothing waits for this client: what the broker answers next is what is asked now. */
    Wire expectNothing() {
        String empty = version == 5 ? "[]" : "";
        send("a2 # 7ff0 " + empty + " 'nothing/of/that/name'", "c0 00");
        return expectInAnyOrder(version == 5 ? "b0 # 7ff0 [] 11" : "b0 02 7ff0", "d0 00");
    }

    /** The next packet; null when the broker has closed the connection. */
    byte @Nullable [] read() {
        if (!held.isEmpty()) {
            last = held.remove();
            return last;
        }
        try {
            int first = in.read();
            if (first < 0) {
                return null;
            }
            ByteArrayOutputStream packet = new ByteArrayOutputStream();
            packet.write(first);
            byte[] body = new byte[remainingLength(packet)];
            in.readFully(body);
            packet.writeBytes(body);
            last = packet.toByteArray();
            largest = Math.max(largest, last.length);
            return last;
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing came within " + PATIENCE_MS + " ms", e);
        } catch (IOException e) {
            return null;
        }
    }

    /** The packet that came last. */
    byte[] last() {
        return last;
    }

    /** Bytes of the largest packet that came. */
    int largest() {
        return largest;
    }

    /** The packet identifier, as hexadecimal digits, of the packet that came last. */
    String id() {
        int at = Varint.end(last, 1, last.length);
        if ((last[0] & 0xF0) == 0x30) {
            at += 2 + ((last[at] & 0xFF) << 8 | last[at + 1] & 0xFF);
        }
        return "%02x%02x".formatted(last[at], last[at + 1]);
    }

    /** The value, in hexadecimal digits, of a property of the CONNACK that came last; fails when it is not there. */
    String property(int id) {
        for (byte[] property : connackProperties()) {
            if (property[0] == id) {
                return Notation.hex(property).substring(2).replace(" ", "");
            }
        }
        throw new AssertionError("no property %02x in %s".formatted(id, Notation.hex(last)));
    }

    /** The value of a numeric property of the CONNACK that came last, or this one when it is not there. */
    int numberOr(int id, int otherwise) {
        for (byte[] property : connackProperties()) {
            if (property[0] == id) {
                return Integer.parseUnsignedInt(property(id), 16);
            }
        }
        return otherwise;
    }

    /** The CONNACK that came last does not have this property. */
    Wire noProperty(int id) {
        for (byte[] property : connackProperties()) {
            if (property[0] == id) {
                throw new AssertionError("property %02x in %s".formatted(id, Notation.hex(last)));
            }
        }
        return this;
    }

    private List<byte[]> connackProperties() {
        int at = Varint.end(last, 1, last.length) + 2;
        return Properties.split(last, Varint.end(last, at, last.length), last.length);
    }

    // ---- usual exchanges, where they are not what is tested ----

    /** Subscribes and has it granted; options as in the packet (3.1.1: the QoS). Nothing else may come. */
    Wire subscribe(String filter, int options) {
        return subscribe(filter, options, "");
    }

    /** The same with these properties. */
    Wire subscribe(String filter, int options, String properties) {
        if (version == 5) {
            send("82 # 7ff1 [%s] '%s' %02x".formatted(properties, filter, options));
            return expect("90 # 7ff1 {} %02x".formatted(options & 3));
        }
        return send("82 # 7ff1 '%s' %02x".formatted(filter, options)).expect("90 03 7ff1 %02x".formatted(options));
    }

    /** Publishes, and completes the exchange of its QoS. */
    Wire publish(String topic, int qos, String payload) {
        return publish(topic, qos, "", payload);
    }

    /** The same with these properties and in {@link Notation} any flags: 0 to 2 is the QoS, 8 DUP, 16 RETAIN. */
    Wire publish(String topic, int flags, String properties, String payload) {
        int qos = flags & 3;
        int header = 0x30 | qos << 1 | flags & 8 | (flags & 16) >> 4;
        String id = qos == 0 ? "" : "%04x".formatted(nextId);
        nextId = nextId == 0x7FEF ? 0x7000 : nextId + 1;
        String section = version == 5 ? "[" + properties + "]" : "";
        send("%02x # '%s' %s %s <%s>".formatted(header, topic, id, section, payload));
        if (qos == 1) {
            expectAck("40", id);
        } else if (qos == 2) {
            expectAck("50", id);
            send("62 02 " + id).expect("70 02 " + id);
        }
        return this;
    }

    /** PUBACK or PUBREC of success, with or without subscribers. */
    private void expectAck(String type, String id) {
        byte[] came = read();
        String shown = came == null ? "the end of the connection" : Notation.hex(came);
        if (came == null
                || !(Notation.matches(type + " 02 " + id, came)
                        || Notation.matches(type + " # " + id + " 10 ..", came))) {
            throw new AssertionError("expected " + type + " # " + id + " .., but came " + shown);
        }
    }

    /** A PUBLISH with no flags but its QoS, and any properties; its exchange is not completed. */
    Wire expectPublish(String topic, int qos, String payload) {
        String id = qos == 0 ? "" : "????";
        String section = version == 5 ? "{}" : "";
        return expect("%02x # '%s' %s %s <%s>".formatted(0x30 | qos << 1, topic, id, section, payload));
    }

    /** Completes the exchange of the PUBLISH that came last; what comes in between waits to be expected. */
    Wire acknowledge() {
        int qos = last[0] >> 1 & 3;
        if (qos == 1) {
            return send("40 02 " + id());
        }
        if (qos == 2) {
            String id = id();
            send("50 02 " + id);
            List<byte[]> between = new ArrayList<>();
            while (!Notation.matches("62 02 " + id, expect("..").last)) {
                between.add(last);
            }
            between.addAll(held);
            held.clear();
            held.addAll(between);
            return send("70 02 " + id);
        }
        return this;
    }

    /** DISCONNECT without a will, and the broker closes. */
    void disconnect() {
        send("e0 00").expectClosed();
        close();
    }

    // ---- the connection ----

    Socket socket() {
        return socket;
    }

    /** Closes as when a process dies: no DISCONNECT. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int remainingLength(ByteArrayOutputStream packet) throws IOException {
        int value = 0;
        int shift = 0;
        int digit;
        do {
            digit = in.readUnsignedByte();
            packet.write(digit);
            value |= (digit & 127) << shift;
            shift += 7;
        } while ((digit & 128) != 0);
        return value;
    }

    private static Socket connect(int port) {
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MS);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
