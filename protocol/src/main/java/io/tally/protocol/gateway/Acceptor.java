package io.tally.protocol.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Spreads accepted connections over the I/O loops, in turn. When accepting fails (too many open files) it pauses
 * instead of trying at once again. Owned by the thread of I/O loop 0.
 */
final class Acceptor extends ChannelInboundHandlerAdapter {
    private static final long PAUSE_MS = 500;

    private final List<IoLoop> loops;
    private final int connectionsMax;
    private final AtomicInteger connectionCount;
    private final GatewayEvents events;
    private int next;

    Acceptor(List<IoLoop> loops, int connectionsMax, AtomicInteger connectionCount, GatewayEvents events) {
        this.loops = loops;
        this.connectionsMax = connectionsMax;
        this.connectionCount = connectionCount;
        this.events = events;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Channel channel = (Channel) message;
        if (connectionsMax != 0 && connectionCount.get() >= connectionsMax) {
            loops.get(0).countRefused(String.valueOf(channel.remoteAddress()));
            channel.unsafe().closeForcibly();
            return;
        }
        connectionCount.incrementAndGet();
        channel.closeFuture().addListener(closed -> connectionCount.decrementAndGet());
        next = next + 1 == loops.size() ? 0 : next + 1;
        loops.get(next).adopt(channel);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        events.onAcceptFailed(cause);
        Channel listener = context.channel();
        listener.config().setAutoRead(false);
        listener.eventLoop()
                .schedule(() -> listener.config().setAutoRead(true), PAUSE_MS, TimeUnit.MILLISECONDS)
                .addListener(resumed -> {
                    if (!resumed.isSuccess()) {
                        events.onAcceptFailed(resumed.cause());
                    }
                });
    }
}
