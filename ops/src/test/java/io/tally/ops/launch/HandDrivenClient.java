package io.tally.ops.launch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** A client of 5.0 that speaks in hexadecimal digits, and turns the broker while it waits. */
final class HandDrivenClient implements AutoCloseable {
    private static final int TURNS_MAX = 20_000;
    private static final int CLEAN_START = 2;
    private static final int WILL = 4;

    private final HandDrivenBroker broker;
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 16);

    private HandDrivenClient(HandDrivenBroker broker) throws IOException {
        this.broker = broker;
        channel = SocketChannel.open(broker.address());
        channel.configureBlocking(false);
        in.limit(0);
    }

    /** With a session that outlives the connection by so many seconds, and a will unless that is empty. */
    static HandDrivenClient begin(HandDrivenBroker broker, String id, int expirySeconds, String will)
            throws IOException {
        HandDrivenClient client = connect(broker, id, CLEAN_START | (will.isEmpty() ? 0 : WILL), expirySeconds, will);
        client.next();
        return client;
    }

    /** Comes back to the session, which goes on without end; the next packet is the CONNACK. */
    static HandDrivenClient resume(HandDrivenBroker broker, String id) throws IOException {
        return connect(broker, id, 0, -1, "");
    }

    private static HandDrivenClient connect(HandDrivenBroker broker, String id, int flags, int expiry, String will)
            throws IOException {
        HandDrivenClient client = new HandDrivenClient(broker);
        HexFormat hex = HexFormat.of();
        client.send(
                "10",
                text("MQTT") + "05" + hex.toHexDigits((byte) flags) + "0000" + "0511" + hex.toHexDigits(expiry)
                        + text(id) + will);
        return client;
    }

    /** A string of MQTT. */
    static String text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().toHexDigits((short) bytes.length) + HexFormat.of().formatHex(bytes);
    }

    void send(String first, String body) throws IOException {
        String length = HexFormat.of().toHexDigits((byte) (body.length() / 2));
        channel.write(ByteBuffer.wrap(HexFormat.of().parseHex(first + length + body)));
    }

    /** The next packet, all of it. */
    String next() throws IOException {
        for (int turns = 0; turns < TURNS_MAX; turns++) {
            String packet = poll();
            if (!packet.isEmpty()) {
                return packet;
            }
            broker.turn();
        }
        throw new AssertionError("the packet does not come");
    }

    /** The next packet if it has come, else nothing. */
    String poll() throws IOException {
        in.compact();
        channel.read(in);
        in.flip();
        if (in.remaining() < 2 || in.remaining() < 2 + in.get(in.position() + 1)) {
            return "";
        }
        byte[] packet = new byte[2 + in.get(in.position() + 1)];
        in.get(packet);
        return HexFormat.of().formatHex(packet);
    }

    @Override
    public void close() throws IOException {
        int count = broker.connectionCount();
        channel.close();
        for (int turns = 0; broker.connectionCount() == count; turns++) {
            if (turns == TURNS_MAX) {
                throw new AssertionError("the connection does not end");
            }
            broker.turn();
        }
    }
}
