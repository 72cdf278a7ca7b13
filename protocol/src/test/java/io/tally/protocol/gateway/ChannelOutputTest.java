package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.tally.protocol.listener.Listener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChannelOutputTest {
    private final NarrowChannel channel = new NarrowChannel();
    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final ChannelOutput out =
            new ChannelOutput(channel, new Peer(Listener.tcp("", 0), null), new GatewayCounters(), budget);

    /** A channel whose socket takes as many bytes as the test says. */
    private static final class NarrowChannel extends EmbeddedChannel {
        private long room;

        @Override
        protected void doWrite(ChannelOutboundBuffer pending) {
            while (room > 0 && pending.current() instanceof ByteBuf first) {
                int taken = (int) Math.min(room, first.readableBytes());
                room -= taken;
                pending.removeBytes(taken);
            }
        }
    }

    @AfterEach
    void close() {
        channel.close();
    }

    private void write(int packetBytes) {
        out.claim(packetBytes);
        out.commit(packetBytes);
        out.flush();
    }

    private void take(long bytes) {
        channel.room = bytes;
        channel.flush();
    }

    @Test
    void countsWhatTheSocketTookOfAPacketThatIsNotThroughYet() {
        write(100_000);
        assertEquals(0, out.takenBytes());
        take(70_000);
        assertEquals(70_000, out.takenBytes());
        assertTrue(out.pendingBytes() >= 100_000, "Netty says so until the last byte");
        write(500);
        take(1);
        assertEquals(70_001, out.takenBytes());
        take(29_999 + 500);
        assertEquals(100_500, out.takenBytes());
        assertEquals(0, out.pendingBytes());
    }

    @Test
    void smallPacketsCountForTheBuffersTheyTake() {
        for (int i = 0; i < 20; i++) {
            write(4);
        }
        assertTrue(budget.taken() >= 20 * 512, budget.taken() + " bytes");
        assertTrue(out.isWritable(), "though the socket may take more");
        take(80);
        out.flush();
        assertEquals(0, budget.taken());
    }

    @Test
    void whatIsNotFlushedIsNotTaken() {
        channel.room = 1000;
        out.claim(10);
        out.commit(10);
        assertEquals(0, out.takenBytes());
        out.flush();
        assertEquals(10, out.takenBytes());
    }

    @Test
    void isWritableAsLongAsTheSocketHasTakenWhatWasFlushed() {
        for (int i = 0; i < 4; i++) {
            out.claim(30_000);
            out.commit(30_000);
            assertTrue(out.isWritable(), "nothing has been flushed");
        }
        out.flush();
        assertFalse(out.isWritable());
        out.claim(10);
        out.commit(10);
        assertFalse(out.isWritable());
        take(120_000);
        out.flush();
        assertTrue(out.isWritable());
    }
}
