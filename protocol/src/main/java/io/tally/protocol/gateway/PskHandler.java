package io.tally.protocol.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Objects;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsFatalAlertReceived;
import org.bouncycastle.tls.TlsServerProtocol;
import org.jspecify.annotations.Nullable;

/**
 * TLS with a pre-shared key, in the place that Netty's handler has for TLS with certificates. What is written goes out
 * at once, as records; what is read goes on when a record is whole, so no more than one waits here. Owned by the I/O
 * loop's thread.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed write closes the channel.
final class PskHandler extends ChannelDuplexHandler {
    private static final int PIECE = 1 << 13;

    /** Of one record: with what TLS adds it fits 16 KB, as large as the library's buffer then gets and stays. */
    private static final int RECORD_BYTES_MAX = (1 << 14) - 256;

    private static final int KEY_UPDATES_MAX = 32;

    private final PskServer server;
    private @Nullable ChannelHandlerContext added;
    private final Protocol tls = new Protocol();
    private boolean isTold;
    private boolean isBroken;
    private boolean isLeaving;

    /** Ends what a client could have us answer, or work at, without end. */
    private static final class Protocol extends TlsServerProtocol {
        /** Since the last bytes of MQTT. */
        int keyUpdates;

        @Override
        protected void refuseRenegotiation() throws IOException {
            throw new TlsFatalAlert(AlertDescription.handshake_failure, "the client wants to renegotiate");
        }

        @Override
        protected void receive13KeyUpdate(ByteArrayInputStream message) throws IOException {
            if (++keyUpdates > KEY_UPDATES_MAX) {
                throw new TlsFatalAlert(AlertDescription.unexpected_message, "too many new keys");
            }
            super.receive13KeyUpdate(message);
        }
    }

    PskHandler(PskKeys keys) {
        server = new PskServer(keys);
    }

    /** Whose key the client has; to be asked after the handshake. */
    String identity() {
        return server.identity();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        added = context;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws IOException {
        tls.accept(server);
        context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf in)) { // What a proxy says of the client.
            context.fireChannelRead(message);
            return;
        }
        boolean isOver = false;
        try {
            byte[] piece = new byte[Math.min(in.readableBytes(), PIECE)];
            while (in.isReadable() && !tls.isClosed()) {
                int length = Math.min(in.readableBytes(), piece.length);
                in.readBytes(piece, 0, length);
                tls.offerInput(piece, 0, length);
                isOver = tls.isClosed();
                answer(context);
                tellOfHandshake(context);
                deliver(context);
            }
        } catch (IOException | RuntimeException e) {
            fail(context, e);
        } finally {
            in.release();
        }
        if (isOver && !isBroken) {
            context.close(); // The client has said goodbye. After ours it has time to take what we said before.
        }
    }

    private void tellOfHandshake(ChannelHandlerContext context) {
        if (server.isUp() && !isTold) {
            isTold = true;
            context.fireUserEventTriggered(SslHandshakeCompletionEvent.SUCCESS);
        }
    }

    private void deliver(ChannelHandlerContext context) {
        int length = tls.getAvailableInputBytes();
        if (length > 0) {
            byte[] plain = new byte[length];
            tls.readInput(plain, 0, length);
            tls.keyUpdates = 0;
            context.fireChannelRead(context.alloc().directBuffer(length).writeBytes(plain));
        }
    }

    /** What the library has said to the client, an alert, goes out before the end. */
    private void fail(ChannelHandlerContext context, Exception cause) {
        if (isBroken) {
            return;
        }
        isBroken = true;
        answer(context);
        String why = cause instanceof TlsFatalAlertReceived ? "the client says " : "";
        TransportException told = new TransportException("TLS", why + cause.getMessage());
        if (isTold) {
            context.fireExceptionCaught(told);
        } else {
            isTold = true;
            context.fireUserEventTriggered(new SslHandshakeCompletionEvent(told));
        }
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (!isTold) {
            isTold = true;
            TransportException told = new TransportException("TLS", "the connection was closed");
            context.fireUserEventTriggered(new SslHandshakeCompletionEvent(told));
        }
        context.fireChannelInactive();
    }

    /** Before the handshake nothing is to be said, and nothing after the goodbye. */
    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        ByteBuf plain = (ByteBuf) message;
        try {
            if (server.isUp() && !tls.isClosed()) {
                encrypt(context, plain);
            }
            send(context, promise);
        } catch (IOException e) {
            fail(context, e);
        } finally {
            plain.release();
        }
    }

    /** Sends all but the last record. */
    private void encrypt(ChannelHandlerContext context, ByteBuf plain) throws IOException {
        byte[] record = new byte[Math.min(plain.readableBytes(), RECORD_BYTES_MAX)];
        while (plain.isReadable()) {
            int length = Math.min(plain.readableBytes(), record.length);
            plain.readBytes(record, 0, length);
            tls.writeApplicationData(record, 0, length);
            if (plain.isReadable()) {
                send(context, context.voidPromise());
            }
        }
    }

    /** Sends what TLS has to say of itself, if anything. */
    private void answer(ChannelHandlerContext context) {
        if (tls.getAvailableOutputBytes() > 0) {
            send(context, context.voidPromise());
            context.flush();
        }
    }

    /** All that is encrypted. */
    private ChannelFuture send(ChannelHandlerContext context, ChannelPromise promise) {
        byte[] records = new byte[tls.getAvailableOutputBytes()];
        tls.readOutput(records, 0, records.length);
        return context.write(context.alloc().directBuffer(records.length).writeBytes(records), promise);
    }

    /** Says goodbye; completes when all is with the kernel. What the client says from now on counts for nothing. */
    ChannelFuture closeOutbound() {
        ChannelHandlerContext context = Objects.requireNonNull(added);
        isLeaving = true;
        try {
            tls.close();
        } catch (IOException e) {
            fail(context, e);
        }
        ChannelFuture last = send(context, context.newPromise());
        context.flush();
        return last;
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (server.isUp() && !isLeaving && !isBroken && context.channel().isActive()) {
            closeOutbound();
        }
        context.close(promise);
    }
}
