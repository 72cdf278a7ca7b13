package io.tally.protocol.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.util.Objects;
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

    private final PskServer server;
    private @Nullable ChannelHandlerContext added;
    private final TlsServerProtocol tls = new TlsServerProtocol();
    private boolean isTold;
    private boolean isBroken;

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
        try {
            byte[] piece = new byte[Math.min(in.readableBytes(), PIECE)];
            while (in.isReadable() && !tls.isClosed()) {
                int length = Math.min(in.readableBytes(), piece.length);
                in.readBytes(piece, 0, length);
                tls.offerInput(piece, 0, length);
                send(context, context.voidPromise());
                tellOfHandshake(context);
                deliver(context);
            }
            context.flush();
        } catch (IOException | RuntimeException e) {
            fail(context, e);
        } finally {
            in.release();
        }
        if (tls.isClosed() && !isBroken) {
            context.close(); // The client has said goodbye, or both have.
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
            context.fireChannelRead(context.alloc().directBuffer(length).writeBytes(plain));
        }
    }

    /** What the library has said to the client, an alert, goes out before the end. */
    private void fail(ChannelHandlerContext context, Exception cause) {
        if (isBroken) {
            return;
        }
        isBroken = true;
        send(context, context.voidPromise());
        context.flush();
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
                byte[] bytes = new byte[plain.readableBytes()];
                plain.readBytes(bytes);
                tls.writeApplicationData(bytes, 0, bytes.length);
            }
            send(context, promise);
        } catch (IOException e) {
            fail(context, e);
        } finally {
            plain.release();
        }
    }

    /** All that is encrypted. */
    private ChannelFuture send(ChannelHandlerContext context, ChannelPromise promise) {
        byte[] records = new byte[tls.getAvailableOutputBytes()];
        tls.readOutput(records, 0, records.length);
        return context.write(context.alloc().directBuffer(records.length).writeBytes(records), promise);
    }

    /** Says goodbye; completes when all is with the kernel. */
    ChannelFuture closeOutbound() {
        ChannelHandlerContext context = Objects.requireNonNull(added);
        try {
            tls.close();
        } catch (IOException e) {
            fail(context, e);
        }
        ChannelFuture last = send(context, context.newPromise());
        context.flush();
        return last;
    }
}
