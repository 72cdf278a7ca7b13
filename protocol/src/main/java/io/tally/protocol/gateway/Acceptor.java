package io.tally.protocol.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.tally.protocol.listener.Listener;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Spreads accepted connections over the I/O loops, in turn. When accepting fails (too many open files) it pauses
 * instead of trying at once again. One for all addresses of a listener. Owned by the thread of I/O loop 0.
 */
@ChannelHandler.Sharable
final class Acceptor extends ChannelInboundHandlerAdapter {
    private static final long PAUSE_MS = 500;

    private final List<IoLoop> loops;
    private final Listener listener;
    private final int gatewayMax;
    private final AtomicInteger ofGateway;
    private final AtomicInteger ofListener = new AtomicInteger();
    private final GatewayEvents events;
    private int next;

    /**
     * @param gatewayMax connections of all listeners, 0 = no limit
     * @param ofGateway counts them
     */
    Acceptor(List<IoLoop> loops, Listener listener, int gatewayMax, AtomicInteger ofGateway) {
        this.loops = loops;
        this.listener = listener;
        this.gatewayMax = gatewayMax;
        this.ofGateway = ofGateway;
        this.events = loops.get(0).events();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Channel channel = (Channel) message;
        if (isReached(gatewayMax, ofGateway) || isReached(listener.connectionsMax(), ofListener)) {
            loops.get(0).countRefused(String.valueOf(channel.remoteAddress()));
            channel.unsafe().closeForcibly();
            return;
        }
        ofGateway.incrementAndGet();
        ofListener.incrementAndGet();
        channel.closeFuture().addListener(closed -> {
            ofGateway.decrementAndGet();
            ofListener.decrementAndGet();
        });
        next = next + 1 == loops.size() ? 0 : next + 1;
        loops.get(next).adopt(channel, listener);
    }

    private static boolean isReached(int most, AtomicInteger count) {
        return most != 0 && count.get() >= most;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        events.onAcceptFailed(cause);
        Channel server = context.channel();
        server.config().setAutoRead(false);
        server.eventLoop()
                .schedule(() -> server.config().setAutoRead(true), PAUSE_MS, TimeUnit.MILLISECONDS)
                .addListener(resumed -> {
                    if (!resumed.isSuccess()) {
                        events.onAcceptFailed(resumed.cause());
                    }
                });
    }
}
