package io.tally.ops.launch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * A publisher and a subscriber of 3.1.1 that nobody must disturb: all that they get is known byte by byte. Their client
 * ids and their topic are drawn, so that no input names them.
 */
final class GoodClients implements AutoCloseable {
    static final int CONNECTIONS = 2;

    private static final int TURNS_MAX = 2_000;
    private static final int MESSAGES = 3;

    private final HandDrivenBroker broker;
    private final SocketChannel publisher;
    private final SocketChannel subscriber;
    private final String topic;
    private int sent;
    private int delivered;

    GoodClients(HandDrivenBroker broker, SplittableRandom random) throws IOException {
        this.broker = broker;
        String name = HexFormat.of().toHexDigits(random.nextLong());
        topic = "good/" + name;
        publisher = connect("p" + name);
        subscriber = connect("s" + name);
        ByteArrayOutputStream filter = new ByteArrayOutputStream();
        filter.writeBytes(new byte[] {0, 1});
        filter.writeBytes(text(topic));
        filter.write(2);
        send(subscriber, packet(0x82, filter.toByteArray()));
        expect(subscriber, "9003000102");
    }

    private SocketChannel connect(String clientId) throws IOException {
        SocketChannel channel = SocketChannel.open(broker.address());
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        ByteArrayOutputStream connect = new ByteArrayOutputStream();
        connect.writeBytes(text("MQTT"));
        connect.writeBytes(new byte[] {4, 2, 0, 0});
        connect.writeBytes(text(clientId));
        send(channel, packet(0x10, connect.toByteArray()));
        expect(channel, "20020000");
        return channel;
    }

    /** One message of each QoS, all the way and exactly once. */
    void exchange() throws IOException {
        for (int i = 0; i < MESSAGES; i++) {
            int qos = sent++ % 3;
            byte[] payload = ByteBuffer.allocate(4).putInt(sent).array();
            String id = qos == 0 ? "" : HexFormat.of().toHexDigits((short) (sent % 60_000 + 1));
            send(publisher, publish(qos, id, payload));
            if (qos == 1) {
                expect(publisher, "4002" + id);
            } else if (qos == 2) {
                expect(publisher, "5002" + id);
                send(publisher, HexFormat.of().parseHex("6202" + id));
                expect(publisher, "7002" + id);
            }
            String given = qos == 0 ? "" : HexFormat.of().toHexDigits((short) (delivered++ % 65_535 + 1));
            expect(subscriber, HexFormat.of().formatHex(publish(qos, given, payload)));
            if (qos == 1) {
                send(subscriber, HexFormat.of().parseHex("4002" + given));
            } else if (qos == 2) {
                send(subscriber, HexFormat.of().parseHex("5002" + given));
                expect(subscriber, "6202" + given);
                send(subscriber, HexFormat.of().parseHex("7002" + given));
            }
        }
    }

    private byte[] publish(int qos, String id, byte[] payload) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(text(topic));
        body.writeBytes(HexFormat.of().parseHex(id));
        body.writeBytes(payload);
        return packet(0x30 | qos << 1, body.toByteArray());
    }

    private static byte[] packet(int first, byte[] body) {
        byte[] packet = new byte[body.length + 2];
        packet[0] = (byte) first;
        packet[1] = (byte) body.length;
        System.arraycopy(body, 0, packet, 2, body.length);
        return packet;
    }

    private static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(bytes.length + 2)
                .putShort((short) bytes.length)
                .put(bytes)
                .array();
    }

    private static void send(SocketChannel channel, byte[] bytes) throws IOException {
        channel.write(ByteBuffer.wrap(bytes));
    }

    /** Exactly these bytes come next. */
    private void expect(SocketChannel channel, String hexadecimal) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(hexadecimal.length() / 2);
        for (int turns = 0; in.hasRemaining(); turns++) {
            boolean isEnded = channel.read(in) < 0;
            if (isEnded || turns == TURNS_MAX) {
                String got = HexFormat.of().formatHex(in.array(), 0, in.position());
                throw new AssertionError(
                        "a good client got " + got + (isEnded ? " and the end" : "") + " instead of " + hexadecimal);
            }
            if (in.hasRemaining()) {
                broker.turn();
            }
        }
        String got = HexFormat.of().formatHex(in.array());
        if (!got.equals(hexadecimal)) {
            throw new AssertionError("a good client got " + got + " instead of " + hexadecimal);
        }
    }

    @Override
    public void close() throws IOException {
        publisher.close();
        subscriber.close();
    }
}
