package io.tally.perf.load;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * TLS of one connection, with the part of a record that has been read. It does not write to the socket: what it has to
 * say on its own account, as in its handshake, stands in the records of whoever reads or encrypts next, and is to be
 * sent by him. Owned by the thread of its connection.
 */
final class TlsSession {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SSLEngine engine;
    private byte[] rest = {};
    private int restLength;
    private boolean isReady;
    private boolean isEnded;

    TlsSession(SSLEngine engine) throws IOException {
        this.engine = engine;
        engine.beginHandshake();
    }

    /** Whether the handshake is over, so that packets can be sent. */
    boolean isReady() {
        return isReady;
    }

    /** Version and ciphers, for a person. */
    String description() {
        return engine.getSession().getProtocol() + " " + engine.getSession().getCipherSuite();
    }

    /**
     * Reads what has come and decrypts it.
     *
     * @param plain has room for a record's content at least
     * @return how many bytes have been put there; below 0 when the broker has closed the connection
     */
    int read(ReadableByteChannel source, ByteBuffer plain, Records records) throws IOException {
        int from = plain.position();
        ByteBuffer in = records.in;
        boolean mayHaveMore = true;
        while (mayHaveMore && plain.remaining() >= Records.RECORD_BYTES_MAX) {
            // What is decrypted is shorter than its records, so all that are whole find room.
            in.clear().limit(Math.min(in.capacity(), plain.remaining())).put(rest, 0, restLength);
            if (isEnded || source.read(in) < 0) {
                return plain.position() > from ? plain.position() - from : -1;
            }
            mayHaveMore = isReady && !in.hasRemaining();
            decrypt(in.flip(), plain, records);
            restLength = in.remaining();
            rest = rest.length < restLength ? new byte[restLength] : rest;
            in.get(rest, 0, restLength);
        }
        return plain.position() - from;
    }

    private void decrypt(ByteBuffer in, ByteBuffer plain, Records records) throws IOException {
        try {
            Status status = Status.OK;
            while (in.hasRemaining() && status == Status.OK) {
                SSLEngineResult result = engine.unwrap(in, plain);
                status = result.getStatus();
                isEnded = status == Status.CLOSED;
                if (!isEnded) {
                    follow(result.getHandshakeStatus(), records);
                }
            }
        } catch (SSLException e) {
            throw Tls.failure(e);
        }
    }

    /** Encrypts into the records, behind what is there; nothing but the handshake can be sent before it is over. */
    void encrypt(ByteBuffer plain, Records records) throws IOException {
        if (isEnded && !plain.hasRemaining()) {
            return; // Nothing is owed to a broker that has taken its leave.
        }
        try {
            follow(engine.getHandshakeStatus(), records);
            while (plain.hasRemaining()) {
                int before = plain.remaining();
                follow(wrap(plain, records), records);
                if (plain.remaining() == before) {
                    throw new IOException("TLS: the broker negotiates anew, which this load does not");
                }
            }
        } catch (SSLException e) {
            throw Tls.failure(e);
        }
    }

    /** Does what a handshake asks for, until it needs to hear of the broker. */
    private void follow(HandshakeStatus status, Records records) throws IOException {
        HandshakeStatus next = status;
        while (next == HandshakeStatus.NEED_TASK || next == HandshakeStatus.NEED_WRAP) {
            if (next == HandshakeStatus.NEED_WRAP) {
                next = wrap(NOTHING, records);
            } else {
                engine.getDelegatedTask().run();
                next = engine.getHandshakeStatus();
            }
        }
        isReady |= next == HandshakeStatus.FINISHED;
    }

    private HandshakeStatus wrap(ByteBuffer plain, Records records) throws IOException {
        SSLEngineResult result = engine.wrap(plain, records.out);
        while (result.getStatus() == Status.BUFFER_OVERFLOW) {
            records.growOut();
            result = engine.wrap(plain, records.out);
        }
        if (result.getStatus() == Status.CLOSED) {
            throw new EOFException("the broker has closed the connection");
        }
        return result.getHandshakeStatus();
    }
}
