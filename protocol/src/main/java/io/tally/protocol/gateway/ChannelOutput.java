package io.tally.protocol.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Output to a Netty channel: packets are collected in one pooled buffer and written once per flush. Owned by the I/O
 * loop's thread.
 *
 * <p>What becomes of a write or a close is not waited for: a failed one closes the channel, which its handler hears of.
 */
@SuppressWarnings("FutureReturnValueIgnored")
final class ChannelOutput implements Output, ChannelOutboundBuffer.MessageProcessor {
    static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(1 << 13, 1 << 14);

    private static final int BATCH_MIN = 512;
    private static final int BATCH_MAX = 1 << 16;

    private final Channel channel;
    private final Peer peer;
    private final GatewayCounters counters;
    private final MemoryBudget budget;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final @Nullable WireCount wire;
    private @Nullable ByteBuf batch;
    private int written;
    private int batchSize = BATCH_MIN;

    /** Committed since the last flush; more than {@link #written} when a batch was handed over meanwhile. */
    private int batched;

    /** Whether the socket had taken what was flushed before this batch. */
    private boolean wasWritable;

    /** Of all packets. */
    private long committed;

    /** Flushed but not taken yet, as counted last. */
    private long unsent;

    /** Taken from the budget. */
    private long accounted;

    /** @param budget pays for what the socket has not taken */
    ChannelOutput(Channel channel, Peer peer, GatewayCounters counters, MemoryBudget budget) {
        this.channel = channel;
        this.peer = peer;
        this.wire = channel.pipeline().get(WireCount.class);
        this.counters = counters;
        this.budget = budget;
    }

    @Override
    public void claim(int length) {
        if (batch != null && batch.capacity() - written < length) {
            handOver();
            batchSize = Math.min(batchSize * 2, BATCH_MAX);
        }
        if (batch == null) {
            start(Math.max(length, batchSize));
        }
    }

    private void start(int capacity) {
        ByteBuf fresh = channel.alloc().directBuffer(capacity);
        if (fresh.hasMemoryAddress()) {
            view.wrap(fresh.memoryAddress(), fresh.capacity());
        } else {
            view.wrap(fresh.nioBuffer(0, fresh.capacity()));
        }
        batch = fresh;
        written = 0;
    }

    private void handOver() {
        if (batch == null) {
            return;
        }
        counters.add(Counter.BYTES_OUT, written);
        ByteBuf full = batch.writerIndex(written);
        batch = null;
        written = 0;
        channel.write(full, channel.voidPromise());
    }

    @Override
    public MutableDirectBuffer buffer() {
        return view;
    }

    @Override
    public int index() {
        return written;
    }

    @Override
    public void commit(int length) {
        if (batched == 0) {
            wasWritable = channel.isWritable();
        }
        written += length;
        batched += length;
        committed += length;
        accounted += length;
        budget.take(length);
        counters.increment(Counter.PACKETS_OUT);
    }

    @Override
    public void flush() {
        if (batch != null) {
            if (written < batchSize / 4 && batchSize > BATCH_MIN) {
                batchSize /= 2;
            }
            handOver();
            channel.flush();
        }
        batched = 0;
        account(pendingBytes());
    }

    private void account(long bytes) {
        budget.take(bytes - accounted);
        accounted = bytes;
    }

    /** The channel is gone, and all that was pending with it. */
    void onClosed() {
        account(0);
    }

    /** What has not been flushed yet does not count: the channel takes it for something that waits. */
    @Override
    public boolean isWritable() {
        return batched == 0 ? channel.isWritable() : wasWritable;
    }

    @Override
    public int batchedBytes() {
        return batched;
    }

    /** Each buffer counts for the least that it takes, too, however little is in it. */
    @Override
    public long pendingBytes() {
        ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
        return outbound == null
                ? written
                : written + outbound.totalPendingWriteBytes() + (long) outbound.size() * BATCH_MIN;
    }

    /** Netty counts a buffer as pending until all of it is taken, and something for itself: so each is asked. */
    @Override
    public long takenBytes() {
        ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
        unsent = 0;
        if (outbound != null && !outbound.isEmpty()) {
            try {
                outbound.forEachFlushedMessage(this);
            } catch (Exception e) {
                throw new IllegalStateException(e); // It throws none.
            }
        }
        return (wire == null ? committed - batched : wire.written) - unsent;
    }

    /** For {@link #takenBytes}; with an object of its own each look would allocate. */
    @Override
    public boolean processMessage(Object message) {
        unsent += ((ByteBuf) message).readableBytes();
        return true;
    }

    /** Goes first into a pipeline that does not send what it is given byte by byte, and counts what it sends. */
    static final class WireCount extends ChannelOutboundHandlerAdapter {
        private long written;

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            written += ((ByteBuf) message).readableBytes();
            context.write(message, promise);
        }
    }

    @Override
    public void setReading(boolean on) {
        channel.config().setAutoRead(on);
    }

    @Override
    public void closeGently() {
        handOver();
        batched = 0;
        setReading(true);
        WebSocketHandler webSocket = channel.pipeline().get(WebSocketHandler.class);
        if (webSocket != null) {
            webSocket.sayGoodbye();
        }
        channel.flush(); // Nothing is encrypted any more behind TLS's own goodbye.
        lastSent().addListener(this::onLastSent);
    }

    private ChannelFuture lastSent() {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null) {
            return tls.closeOutbound();
        }
        PskHandler psk = channel.pipeline().get(PskHandler.class);
        return psk != null ? psk.closeOutbound() : channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
    }

    private void onLastSent(io.netty.util.concurrent.Future<?> sent) {
        if (sent.isSuccess() && channel.isActive()) {
            ChannelFuture ended = ((DuplexChannel) channel).shutdownOutput();
            ended.addListener(end -> {
                if (!end.isSuccess()) {
                    channel.close();
                }
            });
        } else {
            channel.close();
        }
    }

    @Override
    public void closeNow() {
        if (batch != null) {
            batch.release();
            batch = null;
            written = 0;
            batched = 0;
        }
        channel.close();
    }

    @Override
    public Peer peer() {
        return peer;
    }
}
