package io.tally.ops.launch;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A client that sends anything, and checks that all that comes back is packets that a server may send. */
final class FuzzClient {
    /** Bit n: a server may send packets of type n. */
    private static final int SERVER_TYPES = 0b1110_1010_1111_1100;

    private final InetSocketAddress address;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 16);
    private @Nullable SocketChannel channel;
    private boolean isReading;
    private byte[] rest = {};

    FuzzClient(InetSocketAddress address) {
        this.address = address;
    }

    /** Connects first when there is no connection; bytes that the socket does not take are dropped. */
    void send(byte[] bytes) throws IOException {
        SocketChannel open = channel;
        if (open == null) {
            open = SocketChannel.open(address);
            open.configureBlocking(false);
            open.setOption(StandardSocketOptions.TCP_NODELAY, true);
            open.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel = open;
            isReading = true;
            rest = new byte[0];
        }
        try {
            open.write(ByteBuffer.wrap(bytes));
        } catch (IOException e) {
            abort();
        }
    }

    boolean isConnected() {
        return channel != null;
    }

    void stopReading() {
        isReading = false;
    }

    void halfClose() throws IOException {
        if (channel != null) {
            try {
                channel.shutdownOutput();
            } catch (IOException e) {
                abort();
            }
        }
    }

    /** Closes with a reset, so that no port is left waiting. */
    void abort() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    /** Whether anything came. */
    boolean receive() throws IOException {
        if (channel == null || !isReading) {
            return false;
        }
        in.clear().put(rest);
        int length;
        try {
            length = channel.read(in);
        } catch (IOException e) {
            length = -1;
        }
        if (length < 0) {
            abort();
            return true;
        }
        check(in.flip());
        rest = new byte[in.remaining()];
        in.get(rest);
        return length > 0;
    }

    /** Steps over whole packets. */
    private static void check(ByteBuffer bytes) {
        while (bytes.remaining() >= 2) {
            int type = bytes.get(bytes.position()) >> 4 & 0xF;
            if ((SERVER_TYPES >> type & 1) == 0) {
                throw new AssertionError("the broker has sent a packet of type " + type);
            }
            int length = 0;
            int header = 1;
            int digit = 0x80;
            while ((digit & 0x80) != 0) {
                if (header > 4) {
                    throw new AssertionError("the broker has sent a remaining length of more than four bytes");
                }
                if (header >= bytes.remaining()) {
                    return;
                }
                digit = bytes.get(bytes.position() + header);
                length |= (digit & 0x7F) << 7 * (header - 1);
                header++;
            }
            if (bytes.remaining() < header + length) {
                return;
            }
            bytes.position(bytes.position() + header + length);
        }
    }
}
