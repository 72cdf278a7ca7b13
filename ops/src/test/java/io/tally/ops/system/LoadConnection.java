package io.tally.ops.system;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The TCP connection of one {@link LoadClient}: non-blocking, opened again when it is lost. Owned by the loop's
 * thread.
 */
final class LoadConnection {
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int INITIAL_BYTES = 64 * 1024;
    private final LoadClient client;
    private final Selector selector;
    private final InetSocketAddress address;
    private @Nullable SocketChannel channel;
    private boolean up;
    private long retryAtNs = System.nanoTime();
    private ByteBuffer in = ByteBuffer.allocate(INITIAL_BYTES);
    private ByteBuffer out = ByteBuffer.allocate(INITIAL_BYTES);

    LoadConnection(LoadClient client, Selector selector, InetSocketAddress address) {
        this.client = client;
        this.selector = selector;
        this.address = address;
    }

    /** Queues bytes; they leave at the end of the loop's round. */
    void send(byte[] bytes) {
        if (out.remaining() < bytes.length) {
            int capacity = Math.max(out.capacity() * 2, out.position() + bytes.length);
            out = ByteBuffer.allocate(capacity).put(out.flip());
        }
        out.put(bytes);
    }

    /** Bytes that the kernel has not taken yet. */
    int unsent() {
        return out.position();
    }

    boolean isOpen() {
        return channel != null;
    }

    /** Sends what is queued as far as the kernel takes it, then closes. */
    void close() throws IOException {
        if (channel == null) {
            return;
        }
        if (up) {
            flush();
        }
        drop();
    }

    /** Once per round: connects when that is wanted and due, lets the client send, flushes. */
    void tick(long nowNs) throws IOException {
        if (channel == null) {
            if (client.wantsConnection() && nowNs - retryAtNs >= 0) {
                open();
            }
            return;
        }
        if (up) {
            client.onTick(this, nowNs);
            if (channel != null) {
                flush();
            }
        }
    }

    /** The selector says that the channel is ready. */
    void onReady(SelectionKey key) throws IOException {
        SocketChannel ready = (SocketChannel) key.channel();
        if (key.isConnectable()) {
            try {
                ready.finishConnect();
            } catch (IOException e) {
                drop();
                return;
            }
            key.interestOps(SelectionKey.OP_READ);
            up = true;
            client.onOpen(this);
        } else if (key.isReadable()) {
            read(ready);
        }
        if (channel != null && up) {
            flush();
        }
    }

    private void open() throws IOException {
        SocketChannel opened = SocketChannel.open();
        opened.configureBlocking(false);
        opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
        in.clear();
        out.clear();
        up = false;
        channel = opened;
        try {
            if (opened.connect(address)) {
                opened.register(selector, SelectionKey.OP_READ, this);
                up = true;
                client.onOpen(this);
            } else {
                opened.register(selector, SelectionKey.OP_CONNECT, this);
            }
        } catch (IOException e) {
            drop();
        }
    }

    private void read(SocketChannel from) throws IOException {
        int count;
        try {
            count = from.read(in);
        } catch (IOException e) {
            count = -1;
        }
        if (count < 0) {
            drop();
            return;
        }
        in.flip();
        while (channel != null) {
            int length = packetLength();
            if (length < 0 || in.remaining() < length) {
                break;
            }
            deliver(length);
        }
        if (channel != null) {
            keepRest();
        }
    }

    /** Length of the packet at the buffer's position with its fixed header; -1 when that is not known yet. */
    private int packetLength() {
        int value = 0;
        for (int i = 1; i <= 4 && in.position() + i < in.limit(); i++) {
            int digit = in.get(in.position() + i);
            value |= (digit & 127) << (7 * (i - 1));
            if ((digit & 128) == 0) {
                return 1 + i + value;
            }
        }
        return -1;
    }

    private void deliver(int length) {
        int header = in.get(in.position()) & 0xFF;
        int end = in.position() + length;
        int body = in.position() + 2;
        while ((in.get(body - 1) & 128) != 0) {
            body++;
        }
        in.position(end);
        client.onPacket(this, new Packet(header, in.slice(body, end - body)));
    }

    private void keepRest() {
        int wanted = Math.max(packetLength(), 0);
        if (wanted > in.capacity()) {
            in = ByteBuffer.allocate(Math.max(wanted, in.capacity() * 2)).put(in);
        } else {
            in.compact();
        }
        if (!in.hasRemaining()) {
            in = ByteBuffer.allocate(in.capacity() * 2).put(in.flip());
        }
    }

    private void flush() throws IOException {
        if (out.position() == 0 || channel == null) {
            return;
        }
        out.flip();
        try {
            channel.write(out);
        } catch (IOException e) {
            drop();
            return;
        }
        out.compact();
    }

    private void drop() throws IOException {
        SocketChannel old = channel;
        channel = null;
        up = false;
        retryAtNs = System.nanoTime() + RETRY_NS;
        if (old != null) {
            old.close();
            client.onClosed();
        }
    }
}
