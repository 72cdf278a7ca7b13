package io.tally.perf.load;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;

/** What goes through TLS on a blocking socket, as streams. Used by the thread that the records belong to. */
final class TlsStreams {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final TlsSession tls;
    private final Records records;
    private final ReadableByteChannel source;
    private final OutputStream sink;

    /** Decrypted, and not taken yet. */
    private final ByteBuffer plain =
            ByteBuffer.allocate(Records.RECORD_BYTES_MAX).limit(0);

    /** Shakes hands. */
    TlsStreams(Socket socket, TlsSession tls, Records records) throws IOException {
        this.tls = tls;
        this.records = records;
        source = Channels.newChannel(socket.getInputStream());
        sink = socket.getOutputStream();
        records.out.clear(); // Something may be left of a connection that has failed.
        write(NOTHING);
        while (!tls.isReady()) {
            if (!tryFill()) {
                throw new EOFException(
                        "TLS: the broker has closed the connection in the handshake; has this port TLS?");
            }
        }
    }

    /** What has come and has not been taken; it is gone then. */
    byte[] takeUnread() {
        byte[] unread = new byte[plain.remaining()];
        plain.get(unread);
        return unread;
    }

    InputStream in() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                return mayRead() ? plain.get() & 0xFF : -1;
            }

            @Override
            public int read(byte[] b, int offset, int length) throws IOException {
                if (length > 0 && !mayRead()) {
                    return -1;
                }
                int taken = Math.min(length, plain.remaining());
                plain.get(b, offset, taken);
                return taken;
            }
        };
    }

    OutputStream out() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] b, int offset, int length) throws IOException {
                TlsStreams.this.write(ByteBuffer.wrap(b, offset, length));
            }
        };
    }

    /** Waits until there is something; false when the broker has closed. */
    private boolean mayRead() throws IOException {
        while (!plain.hasRemaining()) {
            if (!tryFill()) {
                return false;
            }
        }
        return true;
    }

    /** Reads once, and answers what is not for packets; false when the broker has closed. All must have been taken. */
    private boolean tryFill() throws IOException {
        plain.clear();
        int read = tls.read(source, plain, records);
        plain.flip();
        write(NOTHING);
        return read >= 0;
    }

    private void write(ByteBuffer packets) throws IOException {
        tls.encrypt(packets, records);
        if (!records.isOutEmpty()) {
            sink.write(records.out.array(), 0, records.out.position());
            records.out.clear();
        }
    }
}
