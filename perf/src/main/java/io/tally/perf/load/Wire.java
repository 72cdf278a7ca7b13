package io.tally.perf.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * A connection before the load: its socket, blocking, and TLS where the target has that. Used by the thread that the
 * records belong to.
 */
final class Wire implements AutoCloseable {
    final SocketChannel channel;
    final @Nullable TlsSession tls;
    final InputStream in;
    final OutputStream out;
    private final @Nullable TlsStreams streams;

    private Wire(SocketChannel channel, @Nullable TlsSession tls, Records records) throws IOException {
        this.channel = channel;
        this.tls = tls;
        streams = tls == null ? null : new TlsStreams(channel.socket(), tls, records);
        in = streams == null ? channel.socket().getInputStream() : streams.in();
        out = streams == null ? channel.socket().getOutputStream() : streams.out();
    }

    /** Connects, and shakes hands if there is TLS; whatever is read is waited for so long. */
    static Wire open(Target target, int timeoutMs, Records records) throws IOException {
        InetSocketAddress address = new InetSocketAddress(target.host(), target.port());
        if (address.isUnresolved()) {
            throw new IOException("the host name cannot be resolved");
        }
        SocketChannel channel = SocketChannel.open(address);
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().setSoTimeout(timeoutMs);
            return new Wire(channel, target.newTls(), records);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** From now on. */
    void timeout(int timeoutMs) throws IOException {
        channel.socket().setSoTimeout(timeoutMs);
    }

    /** What TLS has read beyond the last packet that was asked for; it is gone then. */
    byte[] takeUnread() {
        return streams == null ? new byte[0] : streams.takeUnread();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
