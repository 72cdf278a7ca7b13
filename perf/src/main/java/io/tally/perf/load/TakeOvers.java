package io.tally.perf.load;

import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Connections at a fixed rate, all with the same client id: the broker ends each when the next one comes. Runs on a
 * thread of its own, so that the load beside it keeps its times.
 */
final class TakeOvers {
    private static final long NS_PER_SECOND = 1_000_000_000;
    private static final int SELECT_MS = 1;
    private static final long LAST_ANSWERS_NS = TimeUnit.SECONDS.toNanos(5);
    private static final int CONNACK_LENGTH_MIN = 4;

    private final InetSocketAddress address;
    private final ByteBuffer connect;
    private final double rate;
    private final ByteBuffer in = ByteBuffer.allocate(256);
    private final Thread thread = new Thread(this::run, "take-overs");
    private volatile long stopNs = Long.MAX_VALUE;
    private long startNs;

    /** Written by the thread, read when it has ended. */
    private long begun;

    private long accepted;

    TakeOvers(Target target, String clientId, double rate) {
        this.rate = rate;
        address = new InetSocketAddress(target.host(), target.port());
        ConnectEncoder encoder = new ConnectEncoder().begin(target.version(), clientId);
        if (target.userName() != null) {
            encoder.userName(target.userName());
        }
        if (target.password() != null) {
            encoder.password(target.password().getBytes(StandardCharsets.UTF_8));
        }
        UnsafeBuffer packet = new UnsafeBuffer(new byte[1 << 16]);
        connect = ByteBuffer.wrap(packet.byteArray(), 0, encoder.encode(packet, 0));
        thread.setDaemon(true);
    }

    void start() {
        startNs = System.nanoTime();
        thread.start();
    }

    /** Begins those that are due by now and no more, and waits a while for the answers that are under way. */
    void stop() {
        stopNs = Math.min(stopNs, System.nanoTime());
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** CONNACKs that let in; after {@link #stop}. */
    long accepted() {
        return accepted;
    }

    /** Connections that were begun and never let in; after {@link #stop}. */
    long missed() {
        return begun - accepted;
    }

    private void run() {
        try (Selector selector = Selector.open()) {
            long nowNs;
            do {
                nowNs = Math.min(stopNs, System.nanoTime());
                while (begun < (nowNs - startNs) * rate / NS_PER_SECOND) {
                    begin(selector);
                }
                selector.select(this::onReady, SELECT_MS);
            } while (nowNs < stopNs);
            while (missed() > 0 && System.nanoTime() - stopNs < LAST_ANSWERS_NS) {
                selector.select(this::onReady, SELECT_MS);
            }
            for (SelectionKey key : selector.keys()) {
                close(key);
            }
        } catch (IOException e) {
            // What could not be begun is counted as missed, and the run is not clean.
        }
    }

    private void begin(Selector selector) throws IOException {
        begun++;
        SocketChannel channel = SocketChannel.open(address);
        channel.write(connect.duplicate());
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
    }

    /** CONNACK comes first and in one piece; then the connection is the one to be ended. */
    private void onReady(SelectionKey key) {
        try {
            in.clear();
            int length = ((SocketChannel) key.channel()).read(in);
            if (length < 0) {
                close(key);
            } else if (length >= CONNACK_LENGTH_MIN && PacketType.of(in.get(0)) == PacketType.CONNACK) {
                accepted += in.get(3) == 0 ? 1 : 0;
            }
        } catch (IOException e) {
            close(key);
        }
    }

    private static void close(SelectionKey key) {
        try {
            key.channel().close();
        } catch (IOException e) {
            // Nothing is owed to it.
        }
    }
}
