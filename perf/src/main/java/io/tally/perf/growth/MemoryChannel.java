package io.tally.perf.growth;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.util.function.Consumer;

/** A connection without a socket: it is open from the beginning. Owned by its event loop's thread. */
final class MemoryChannel extends AbstractChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false);

    private final ChannelConfig config = new DefaultChannelConfig(this);
    private final SocketAddress client;
    private final Consumer<ByteBuf> sent;
    private boolean isOpen = true;

    /**
     * @param client its address
     * @param sent takes what would go to the client; it is not released
     */
    MemoryChannel(SocketAddress client, Consumer<ByteBuf> sent) {
        super(null);
        this.client = client;
        this.sent = sent;
    }

    /** As if a socket had brought these bytes. */
    void receive(ByteBuf bytes) {
        ByteBuf read = unsafe().recvBufAllocHandle().allocate(alloc());
        read.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
        pipeline().fireChannelRead(read);
        pipeline().fireChannelReadComplete();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer out) {
        for (Object message = out.current(); message != null; message = out.current()) {
            sent.accept((ByteBuf) message);
            out.remove();
        }
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new AbstractUnsafe() {
            @Override
            public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
                promise.setFailure(new UnsupportedOperationException());
            }
        };
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected SocketAddress localAddress0() {
        return client;
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return client;
    }

    @Override
    protected void doBind(SocketAddress address) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        isOpen = false;
    }

    @Override
    protected void doBeginRead() {
        // Who has bytes calls receive.
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return isOpen;
    }

    @Override
    public boolean isActive() {
        return isOpen;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }
}
