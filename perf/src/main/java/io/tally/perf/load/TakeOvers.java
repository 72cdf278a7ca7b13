package io.tally.perf.load;

import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Connections at a fixed rate, all with the same client id: the broker ends each when the next one comes. Runs on a
 * thread of its own, so that the load beside it keeps its times.
 */
final class TakeOvers {
    private static final long NS_PER_SECOND = 1_000_000_000;
    private static final int SELECT_MS = 1;
    private static final long LAST_ANSWERS_NS = TimeUnit.SECONDS.toNanos(5);
    private static final int PACKET_BYTES_MAX = 1 << 16;

    private final Target target;
    private final InetSocketAddress address;
    private final byte[] connect;
    private final double rate;
    private final Buffers buffers = new Buffers(PACKET_BYTES_MAX);
    private final Thread thread = new Thread(this::run, "take-overs");
    private volatile long stopNs = Long.MAX_VALUE;
    private long startNs;

    /** Written by the thread, read when it has ended. */
    private long begun;

    private long accepted;
    private @Nullable String failure;

    TakeOvers(Target target, String clientId, double rate) {
        this.target = target;
        this.rate = rate;
        address = new InetSocketAddress(target.host(), target.port());
        ConnectEncoder encoder = new ConnectEncoder().begin(target.version(), clientId);
        if (target.userName() != null) {
            encoder.userName(target.userName());
        }
        if (target.password() != null) {
            encoder.password(target.password().getBytes(StandardCharsets.UTF_8));
        }
        UnsafeBuffer packet = new UnsafeBuffer(new byte[PACKET_BYTES_MAX]);
        connect = Arrays.copyOf(packet.byteArray(), encoder.encode(packet, 0));
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

    /** The first reason why one was not let in; after {@link #stop}. */
    @Nullable
    String failure() {
        return failure;
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
                ((Taker) key.attachment()).link.close();
            }
        } catch (IOException e) {
            onFailure(e); // What could not be begun is counted as missed, and the run is not clean.
        }
    }

    private void begin(Selector selector) throws IOException {
        begun++;
        Taker taker = new Taker(new Link(SocketChannel.open(address), target.newTls(), selector, buffers));
        taker.link.attach(taker);
        taker.send(0);
        taker.link.flush();
    }

    private void onReady(SelectionKey key) {
        Taker taker = (Taker) key.attachment();
        Link link = taker.link;
        try {
            if (key.isWritable()) {
                link.flushUnsent();
            } else {
                link.dispatch(taker, link.read(), 0);
            }
            taker.send(0);
            link.flush();
        } catch (IOException | BrokerError e) {
            link.close();
            buffers.drop();
            if (!taker.isIn) {
                onFailure(e);
            }
        }
    }

    private void onFailure(Exception e) {
        failure = failure == null ? "a take-over: " + e.getMessage() : failure;
    }

    /** One connection; when it has been let in, it is the one to be ended. */
    private final class Taker implements Client {
        private final Link link;
        private boolean hasSentConnect;
        private boolean isIn;

        Taker(Link link) {
            this.link = link;
        }

        @Override
        public Link link() {
            return link;
        }

        @Override
        public void onPacket(int firstByte, DirectBuffer b, int offset, int length, long nowNs) {
            if (PacketType.of(firstByte) == PacketType.CONNACK && length > 1 && b.getByte(offset + 1) == 0) {
                isIn = true;
                accepted++;
            }
        }

        @Override
        public boolean send(long nowNs) {
            if (!hasSentConnect && link.isReady()) {
                buffers.outView.putBytes(buffers.outLength, connect);
                buffers.outLength += connect.length;
                hasSentConnect = true;
            }
            return false;
        }
    }
}
