package io.tally.protocol.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The one buffer that all connections of an I/O loop read into, so that an idle connection holds none. What was read
 * must be used up before the next read. Owned by the I/O
 * loop's thread.
 */
final class ReceiveBuffer implements RecvByteBufAllocator {
    static final int CAPACITY = 1 << 17;

    /** Read at a time while the command ring is full, because it has to be kept per connection. */
    private static final int CONGESTED_CAPACITY = 1 << 11;

    private static final int SEPARATE_MIN = 1 << 11;
    private static final int SEPARATE_MAX = 1 << 15;

    private final ByteBuf shared = Unpooled.directBuffer(CAPACITY, CAPACITY);
    private final UnsafeBuffer view = new UnsafeBuffer(shared.nioBuffer(0, CAPACITY));
    private final UnsafeBuffer other = new UnsafeBuffer(0, 0);
    private final BooleanSupplier congestion;

    /** @param congestion whether little is to be read at a time */
    ReceiveBuffer(BooleanSupplier congestion) {
        this.congestion = congestion;
    }

    /** The bytes of a buffer that was read into, index for index, until the next call. */
    @SuppressWarnings("ReferenceEquality")
    DirectBuffer view(ByteBuf read) {
        if (read == shared) {
            return view;
        }
        if (read.hasMemoryAddress()) {
            other.wrap(read.memoryAddress(), read.writerIndex());
        } else {
            other.wrap(read.nioBuffer(0, read.writerIndex()));
        }
        return other;
    }

    /** For pipelines with handlers that keep buffers: each read has its own, as large as the last ones were. */
    static RecvByteBufAllocator separate() {
        return new AdaptiveRecvByteBufAllocator(SEPARATE_MIN, SEPARATE_MIN, SEPARATE_MAX).maxMessagesPerRead(1);
    }

    void release() {
        shared.release();
    }

    @Override
    public ExtendedHandle newHandle() {
        return new SharedHandle();
    }

    private ByteBuf allocate(ByteBufAllocator allocator) {
        if (shared.refCnt() != 1) {
            return allocator.directBuffer(CONGESTED_CAPACITY, CONGESTED_CAPACITY);
        }
        int start = congestion.getAsBoolean() ? CAPACITY - CONGESTED_CAPACITY : 0;
        return shared.setIndex(start, start).retain();
    }

    /** Of one connection: one read per round, for fairness; the selector tells when there is more. */
    private final class SharedHandle implements ExtendedHandle {
        private int lastBytes;
        private int attemptedBytes;

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            return ReceiveBuffer.this.allocate(allocator);
        }

        @Override
        public int guess() {
            return CAPACITY;
        }

        @Override
        public void reset(ChannelConfig config) {
            lastBytes = 0;
        }

        @Override
        public void incMessagesRead(int count) {}

        @Override
        public void lastBytesRead(int bytes) {
            lastBytes = bytes;
        }

        @Override
        public int lastBytesRead() {
            return lastBytes;
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            attemptedBytes = bytes;
        }

        @Override
        public int attemptedBytesRead() {
            return attemptedBytes;
        }

        @Override
        public boolean continueReading() {
            return false;
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
            return false;
        }

        @Override
        public void readComplete() {}
    }
}
