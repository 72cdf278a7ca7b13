package io.tally.protocol.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.tally.protocol.Invariant;
import io.tally.protocol.listener.Listener;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Between a Netty channel and its {@link MqttConnection}. Owned by the I/O loop's thread. */
final class ConnectionHandler extends ChannelInboundHandlerAdapter {
    private final IoLoop loop;
    private final Listener listener;
    private @Nullable ChannelOutput output;
    private @Nullable MqttConnection connection;

    ConnectionHandler(IoLoop loop, Listener listener) {
        this.loop = loop;
        this.listener = listener;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        Peer peer = new Peer(listener, context.channel().remoteAddress());
        output = loop.newOutput(context.channel(), peer);
        connection = loop.open(output);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf read = (ByteBuf) message;
        try {
            if (connection != null) {
                connection.onBytes(loop.view(read), read.readerIndex(), read.readableBytes());
            }
        } finally {
            read.release();
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

    /** A broken socket ends its connection; broken code too, unless it is an invariant that is broken. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // A close that fails leaves nothing to be done.
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof Invariant.Broken || cause instanceof Error) {
            loop.fail(cause);
        } else if (connection != null && !(cause instanceof IOException)) {
            connection.onFailure(cause);
        } else {
            context.close();
        }
    }
}
