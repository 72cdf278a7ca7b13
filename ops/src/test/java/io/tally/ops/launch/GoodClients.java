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
 * A publisher and a subscriber of 5.0 that nobody must disturb: all that they get is known byte by byte, topic aliases
 * included. Their client ids and their topic are drawn, so that no input names them.
 */
final class GoodClients implements AutoCloseable {
    static final int CONNECTIONS = 2;

    private static final int TURNS_MAX = 2_000;
    private static final int MESSAGES = 3;
    private static final String NO_PROPERTIES = "00";

    /** Topic Alias Maximum 10. */
    private static final String TAKES_ALIASES = "0322000a";

    /** Topic Alias 5: the one that most hostile packets name, too. */
    private static final String ALIAS_OF_PUBLISHER = "03230005";

    /** The first one that the broker gives. */
    private static final String ALIAS_OF_BROKER = "03230001";

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
        publisher = connect("p" + name, NO_PROPERTIES);
        subscriber = connect("s" + name, TAKES_ALIASES);
        ByteArrayOutputStream filter = new ByteArrayOutputStream();
        filter.writeBytes(new byte[] {0, 1, 0});
        filter.writeBytes(text(topic));
        filter.write(2);
        send(subscriber, packet(0x82, filter.toByteArray()));
        expect(subscriber, "900400010002");
    }

    private SocketChannel connect(String clientId, String properties) throws IOException {
        SocketChannel channel = SocketChannel.open(broker.address());
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        ByteArrayOutputStream connect = new ByteArrayOutputStream();
        connect.writeBytes(text("MQTT"));
        connect.writeBytes(new byte[] {5, 2, 0, 0});
        connect.writeBytes(HexFormat.of().parseHex(properties));
        connect.writeBytes(text(clientId));
        send(channel, packet(0x10, connect.toByteArray()));
        byte[] header = read(channel, 4, "a CONNACK");
        if (header[0] != 0x20 || header[2] != 0 || header[3] != 0) {
            throw new AssertionError(
                    "a good client is not let in: " + HexFormat.of().formatHex(header));
        }
        read(channel, header[1] - 2, "its rest");
        return channel;
    }

    /** One message of each QoS, all the way and exactly once. */
    void exchange() throws IOException {
        for (int i = 0; i < MESSAGES; i++) {
            int qos = sent++ % 3;
            byte[] payload = ByteBuffer.allocate(4).putInt(sent).array();
            String id = qos == 0 ? "" : HexFormat.of().toHexDigits((short) (sent % 60_000 + 1));
            send(publisher, publish(qos, sent == 1 ? topic : "", id, ALIAS_OF_PUBLISHER, payload));
            if (qos == 1) {
                expect(publisher, "4002" + id);
            } else if (qos == 2) {
                expect(publisher, "5002" + id);
                send(publisher, HexFormat.of().parseHex("6202" + id));
                expect(publisher, "7002" + id);
            }
            String given = qos == 0 ? "" : HexFormat.of().toHexDigits((short) (delivered++ % 65_535 + 1));
            byte[] delivery = publish(qos, sent == 1 ? topic : "", given, ALIAS_OF_BROKER, payload);
            expect(subscriber, HexFormat.of().formatHex(delivery));
            if (qos == 1) {
                send(subscriber, HexFormat.of().parseHex("4002" + given));
            } else if (qos == 2) {
                send(subscriber, HexFormat.of().parseHex("5002" + given));
                expect(subscriber, "6202" + given);
                send(subscriber, HexFormat.of().parseHex("7002" + given));
            }
        }
    }

    private static byte[] publish(int qos, String topic, String id, String properties, byte[] payload) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(text(topic));
        body.writeBytes(HexFormat.of().parseHex(id + properties));
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
        String got = HexFormat.of().formatHex(read(channel, hexadecimal.length() / 2, hexadecimal));
        if (!got.equals(hexadecimal)) {
            throw new AssertionError("a good client got " + got + " instead of " + hexadecimal);
        }
    }

    private byte[] read(SocketChannel channel, int length, String what) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(length);
        for (int turns = 0; in.hasRemaining(); turns++) {
            boolean isEnded = channel.read(in) < 0;
            if (isEnded || turns == TURNS_MAX) {
                String got = HexFormat.of().formatHex(in.array(), 0, in.position());
                throw new AssertionError(
                        "a good client got " + got + (isEnded ? " and the end" : "") + " instead of " + what);
            }
            if (in.hasRemaining()) {
                broker.turn();
            }
        }
        return in.array();
    }

    @Override
    public void close() throws IOException {
        publisher.close();
        subscriber.close();
    }
}
