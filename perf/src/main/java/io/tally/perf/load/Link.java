package io.tally.perf.load;

import io.tally.protocol.codec.FrameDecoder;
import io.tally.protocol.codec.PingEncoder;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connection's socket, with its TLS if it has any, the part of a packet that has been read and the bytes that the
 * socket would not take. While there are such bytes nothing is read and nothing more may be sent. Owned by the thread
 * that drives the load.
 */
final class Link {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Selector selector;
    private SocketChannel channel;
    private SelectionKey key;
    private final Buffers buffers;
    private @Nullable TlsSession tls;
    private byte[] rest = {};
    private int restLength;

    /**
     * Whether the rest may hold whole packets, of which the selector knows nothing: it is told to wait until the socket
     * can be written, which is at once. Until then nothing is sent either.
     */
    private boolean hasUnread;

    private ByteBuffer unsent = NOTHING;
    private boolean isOpen = true;
    private boolean isAway;

    /** Goes on with a connection whose client has been let in. */
    Link(Wire wire, Selector selector, Buffers buffers) throws IOException {
        this(wire.channel, wire.tls, selector, buffers);
        rest = wire.takeUnread();
        restLength = rest.length;
        if (restLength > 0) {
            hasUnread = true;
            key.interestOps(SelectionKey.OP_WRITE);
        }
    }

    /** On a socket that is connected; TLS has not begun, and does with the first {@link #flush}. */
    Link(SocketChannel channel, @Nullable TlsSession tls, Selector selector, Buffers buffers) throws IOException {
        this.channel = channel;
        this.tls = tls;
        this.selector = selector;
        this.buffers = buffers;
        channel.configureBlocking(false);
        key = channel.register(selector, SelectionKey.OP_READ);
    }

    void attach(Client client) {
        key.attach(client);
    }

    /** Whether it has not been lost; it may be away for a while. */
    boolean isOpen() {
        return isOpen;
    }

    boolean isAway() {
        return isAway;
    }

    /** Cuts the connection without a word, with all that is under way on it. */
    void cut() throws IOException {
        isAway = true;
        tls = null;
        restLength = 0;
        hasUnread = false;
        unsent.position(unsent.limit());
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
    }

    /** Begins another connection, of which this client will hear. */
    void reopen(InetSocketAddress address, Client client) throws IOException {
        channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.connect(address);
        key = channel.register(selector, SelectionKey.OP_CONNECT, client);
    }

    /**
     * Ends the connecting: from now on packets can be read, and written when it is ready.
     *
     * @param newTls begins with the first {@link #flush}; null = there is none
     */
    void finishConnect(@Nullable TlsSession newTls) throws IOException {
        channel.finishConnect();
        tls = newTls;
        key.interestOps(SelectionKey.OP_READ);
    }

    /** Of one that is connected: whether packets can be written, since hands have been shaken if there is TLS. */
    boolean isReady() {
        return tls == null || tls.isReady();
    }

    /** Whether it has been lost before hands were shaken, so that the broker could not send the client anything. */
    boolean isLostInHandshake() {
        return !isOpen && !isReady();
    }

    /** The broker has let it in. */
    void onBack(Client client) {
        isAway = false;
        attach(client);
    }

    /** Whether the client may write into the buffers. */
    boolean canSend() {
        return isOpen && !isAway && !unsent.hasRemaining() && !hasUnread;
    }

    Buffers buffers() {
        return buffers;
    }

    /** Whether there is something to be read that has come with the answer to CONNECT. */
    boolean hasUnread() {
        return hasUnread;
    }

    /** Reads into the buffers, behind what is left of the last time; returns the bytes there. */
    int read() throws IOException {
        ByteBuffer in = buffers.in;
        in.clear();
        in.put(rest, 0, restLength);
        if (hasUnread) {
            hasUnread = false;
            key.interestOps(SelectionKey.OP_READ);
            return restLength;
        }
        in.limit(Math.min(in.capacity(), restLength + Math.max(Buffers.READ_BYTES, restLength)));
        if ((tls == null ? channel.read(in) : tls.read(channel, in, buffers.records)) < 0) {
            throw new EOFException("the broker has closed the connection");
        }
        return in.position();
    }

    /** Hands every whole packet over, and keeps the rest. */
    void dispatch(Client client, int available, long nowNs) throws IOException {
        UnsafeBuffer in = buffers.inView;
        int at = 0;
        while (true) {
            long frame = FrameDecoder.decode(in, at, available - at);
            if (frame == FrameDecoder.MALFORMED) {
                throw new IOException("the broker has sent what is not MQTT");
            }
            if (frame == FrameDecoder.NEED_MORE) {
                break;
            }
            int length = FrameDecoder.packetLength(frame);
            if (length > available - at) {
                if (length > buffers.packetBytesMax) {
                    throw new IOException("the broker has sent a packet of " + length + " bytes");
                }
                break;
            }
            int headerLength = FrameDecoder.headerLength(frame);
            client.onPacket(in.getByte(at), in, at + headerLength, length - headerLength, nowNs);
            at += length;
        }
        keep(at, available - at);
    }

    private void keep(int at, int length) {
        if (rest.length < length) {
            rest = new byte[length];
        }
        buffers.inView.getBytes(at, rest, 0, length);
        restLength = length;
    }

    /** Writes what is in the buffers; what the socket does not take waits for {@link #flushUnsent}. */
    void flush() throws IOException {
        if (tls != null && isOpen) {
            tls.encrypt(buffers.takeOut(), buffers.records);
            if (!buffers.records.isOutEmpty()) {
                write(buffers.records.out.flip());
            }
        } else if (buffers.outLength > 0) {
            write(buffers.takeOut());
        }
    }

    private void write(ByteBuffer out) throws IOException {
        channel.write(out);
        if (out.hasRemaining()) {
            unsent = unsent.capacity() < out.remaining() ? ByteBuffer.allocateDirect(out.remaining()) : unsent;
            unsent.clear().put(out).flip();
            key.interestOps(SelectionKey.OP_WRITE);
        }
        out.clear();
    }

    /** Sends a PINGREQ; nothing else may be in the buffers. */
    void ping() throws IOException {
        buffers.outLength = PingEncoder.encodeRequest(buffers.outView, 0);
        flush();
    }

    void flushUnsent() throws IOException {
        channel.write(unsent);
        if (!unsent.hasRemaining()) {
            key.interestOps(SelectionKey.OP_READ);
        }
    }

    void close() {
        isOpen = false;
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing is owed to a socket that is given up.
        }
    }
}
