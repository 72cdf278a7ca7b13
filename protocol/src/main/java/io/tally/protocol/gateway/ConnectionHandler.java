package io.tally.protocol.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.tally.protocol.Invariant;
import io.tally.protocol.listener.Carrier.Identity;
import io.tally.protocol.listener.Listener;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Between a Netty channel and its {@link MqttConnection}. Owned by the I/O loop's thread. */
final class ConnectionHandler extends ChannelInboundHandlerAdapter {
    private final IoLoop loop;
    private final Listener listener;
    private @Nullable Peer peer;
    private boolean tlsIsUp;
    private @Nullable ChannelOutput output;
    private @Nullable MqttConnection connection;

    ConnectionHandler(IoLoop loop, Listener listener) {
        this.loop = loop;
        this.listener = listener;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        peer = new Peer(listener, context.channel().remoteAddress());
        output = loop.newOutput(context.channel(), peer);
        connection = loop.open(output);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws TransportException {
        if (message instanceof HAProxyMessage header) {
            onProxyHeader(header);
            return;
        }
        ByteBuf read = (ByteBuf) message;
        try {
            if (connection != null) {
                connection.onBytes(loop.view(read), read.readerIndex(), read.readableBytes());
            }
        } finally {
            read.release();
        }
    }

    private void onProxyHeader(HAProxyMessage header) throws TransportException {
        try {
            if (peer != null) {
                ProxyGuard.apply(header, listener.carrier(), peer);
            }
        } finally {
            header.release();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake && peer != null) {
            onTlsHandshake(context, peer, handshake);
        }
    }

    private void onTlsHandshake(ChannelHandlerContext context, Peer client, SslHandshakeCompletionEvent handshake) {
        if (!handshake.isSuccess()) {
            Throwable cause = handshake.cause();
            loop.events()
                    .onTransportFailed(
                            client.address(),
                            "TLS handshake",
                            cause instanceof ClosedChannelException
                                    ? new IOException("the connection was closed")
                                    : cause);
            return;
        }
        tlsIsUp = true;
        Identity wanted = listener.carrier().identity();
        if (wanted != Identity.NONE) {
            SslHandler tls = context.pipeline().get(SslHandler.class);
            String identity = tls == null
                    ? context.pipeline().get(PskHandler.class).identity()
                    : Certificates.identity(tls.engine().getSession(), wanted);
            if (identity != null) {
                client.identity(identity);
            }
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (connection != null) {
            connection.onWritable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (connection != null) {
            connection.onTransportClosed();
            loop.onClosed(connection);
        }
        if (output != null) {
            output.onClosed();
        }
    }

    private void onTransportFailed(String what, Throwable cause) {
        if (peer != null) {
            loop.events().onTransportFailed(peer.address(), what, cause);
        }
    }

    /** A broken socket ends its connection; broken code too, unless it is an invariant that is broken. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // A close that fails leaves nothing to be done.
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof Invariant.Broken || cause instanceof Error) {
            loop.fail(cause);
        } else if (cause instanceof TransportException failed) {
            onTransportFailed(failed.what(), failed);
            context.close();
        } else if (cause instanceof HAProxyProtocolException) {
            onTransportFailed("PROXY header", cause);
            context.close();
        } else if (cause instanceof DecoderException && cause.getCause() instanceof SSLException) {
            if (tlsIsUp) { // A failed handshake was told already.
                onTransportFailed("TLS", cause.getCause());
            }
            context.close();
        } else if (cause instanceof DecoderException) { // Bytes that Netty's decoder of the header does not expect.
            onTransportFailed("PROXY header", cause);
            context.close();
        } else if (connection != null && !(cause instanceof IOException)) {
            connection.onFailure(cause);
        } else {
            context.close();
        }
    }
}
