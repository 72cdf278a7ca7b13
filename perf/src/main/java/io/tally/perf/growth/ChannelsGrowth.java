package io.tally.perf.growth;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.PlatformDependent;
import io.tally.engine.Engine;
import io.tally.engine.port.Positions;
import io.tally.ops.launch.RingEffects;
import io.tally.perf.jmh.Commands;
import io.tally.perf.jmh.DiscardingStore;
import io.tally.perf.report.Points;
import io.tally.protocol.Invariant;
import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.gateway.GatewayConfig;
import io.tally.protocol.gateway.GatewayEvents;
import io.tally.protocol.gateway.IoLoop;
import io.tally.protocol.gateway.LoopPorts;
import io.tally.protocol.gateway.MessageSource;
import io.tally.protocol.listener.Listener;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Callable;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tally bench growth channels}: what the broker itself keeps for a connection, whatever carries it. */
@Command(
        name = "channels",
        header = "Connections without sockets: heap and direct memory for each (100 to 1,000,000).",
        sortOptions = false)
final class ChannelsGrowth implements Callable<Integer> {
    private static final int FROM_DEFAULT = 100;
    private static final int TO_DEFAULT = 1_000_000;
    private static final int PARTS_MAX = 10_000;
    private static final int KEEP_ALIVE_SECONDS = 60;
    private static final int PORT = 1883;
    private static final double MB = 1e6;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Override
    public Integer call() throws IOException {
        Points points = options.points("Connections without sockets", "connections");
        points.fact(
                "connections",
                "MQTT 5, clean start, keep alive 60 s, nothing behind CONNACK; one I/O loop and the engine on one"
                        + " thread, the journal left out");
        points.fact(
                "channel alone",
                "Netty's objects for any channel and the client's address, without a handler of the broker; a socket's"
                        + " channel has some more; of it, and of the session alone, at most " + PARTS_MAX);
        List<Long> steps = options.steps(FROM_DEFAULT, TO_DEFAULT);
        steps.forEach(step -> addParts(points, step.intValue())); // A collection is quick as long as there is little.
        try (Node node = new Node()) {
            node.connect(0, 1);
            long emptyHeap = CallTimes.liveHeapBytes();
            long emptyDirect = directBytes();
            int present = 1;
            for (long step : steps) {
                int count = (int) step;
                long begin = System.nanoTime();
                node.connect(present, count + 1);
                double ns = System.nanoTime() - begin;
                points.add(count, "CONNECT to CONNACK", "ns", ns / (count + 1 - present));
                present = count + 1;
                long heap = CallTimes.liveHeapBytes();
                long direct = directBytes();
                points.add(count, "live heap", "MB", heap / MB);
                points.add(count, "direct", "MB", direct / MB);
                points.add(count, "heap for each", "B", (double) (heap - emptyHeap) / count);
                points.add(count, "direct for each", "B", (double) (direct - emptyDirect) / count);
            }
        }
        return options.publish(points);
    }

    /** What two parts of each connection take, measured for themselves. */
    private static void addParts(Points points, int count) {
        int some = Math.min(count, PARTS_MAX);
        points.add(count, "heap for the channel alone", "B", channelsBytes(some) / (double) some);
        points.add(count, "heap for the engine's session alone", "B", sessionsBytes(some) / (double) some);
    }

    private static long channelsBytes(int count) {
        long before = CallTimes.liveHeapBytes();
        MemoryChannel[] channels = new MemoryChannel[count];
        try {
            for (int n = 0; n < count; n++) {
                channels[n] = new MemoryChannel(address(n), sent -> {});
            }
            return CallTimes.liveHeapBytes() - before;
        } finally {
            Reference.reachabilityFence(channels);
        }
    }

    private static long sessionsBytes(int count) {
        EngineRig rig = new EngineRig(0);
        long before = CallTimes.liveHeapBytes();
        for (int n = 0; n < count; n++) {
            rig.journaled(Commands.connect(n, clientId(n)));
        }
        rig.engine.tryCheckpoint();
        long bytes = CallTimes.liveHeapBytes() - before;
        rig.journaled(Commands.tick()); // It is alive until here.
        return bytes;
    }

    private static String clientId(int number) {
        return "device-" + number;
    }

    private static InetSocketAddress address(int number) {
        byte[] bytes = {10, (byte) (number >> 16), (byte) (number >> 8), (byte) number};
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), PORT);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // Four bytes are an address.
        }
    }

    private static long directBytes() {
        long bytes = Math.max(0, PlatformDependent.usedDirectMemory());
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            bytes += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
        }
        return bytes;
    }

    /** A gateway and an engine with the rings between them, and a journal that keeps nothing. */
    private static final class Node implements AutoCloseable {
        private static final int RING_BYTES = 1 << 21;
        private static final int PACKET_BYTES_MAX = 1 << 16;
        private static final int BATCH = 256;
        private static final int ENTRY_BYTES = 128;
        private static final long TIME_MS = 1_000;

        private final Listener listener = Listener.tcp("127.0.0.1", PORT);
        private final ManyToOneRingBuffer commands = new ManyToOneRingBuffer(ring());
        private final OneToOneRingBuffer effectRing = new OneToOneRingBuffer(ring());
        private final IoLoop loop;
        private final RingEffects effects;
        private final Engine engine;
        private long entries;
        private int accepted;

        Node() {
            GatewayConfig config = GatewayConfig.builder()
                    .listeners(List.of(listener))
                    .packetBytesMax(PACKET_BYTES_MAX)
                    .build();
            MessageSource nothing = new MessageSource() {
                @Override
                public long read(long position, UnsafeBuffer view) {
                    return NONE;
                }

                @Override
                public void release(long file) {
                    // It has none.
                }
            };
            loop = new IoLoop(
                    config,
                    new LoopPorts(
                            0, commands, effectRing, () -> {}, nothing, () -> TIME_MS, () -> 0, GatewayEvents.NONE));
            loop.onStart();
            effects = new RingEffects(List.of(effectRing), List.of(loop::wakeup), loop::drainEffects);
            engine = new Engine(effects, nothing::read, new DiscardingStore());
            engine.load();
            UnsafeBuffer restarted = Commands.restarted();
            engine.onCommand(Positions.of(1, ++entries * ENTRY_BYTES), TIME_MS, restarted, 0, restarted.capacity());
            effects.turnOn();
        }

        private static UnsafeBuffer ring() {
            return new UnsafeBuffer(ByteBuffer.allocateDirect(RING_BYTES + RingBufferDescriptor.TRAILER_LENGTH));
        }

        /** Lets clients with these numbers in. */
        void connect(int from, int to) {
            UnsafeBuffer packet = new UnsafeBuffer(new byte[256]);
            for (int n = from; n < to; n++) {
                MemoryChannel channel = new MemoryChannel(address(n), this::onSent);
                loop.adopt(channel, listener);
                int length = new ConnectEncoder()
                        .begin(ProtocolVersion.V5, clientId(n))
                        .cleanStart(true)
                        .keepAliveSeconds(KEEP_ALIVE_SECONDS)
                        .encode(packet, 0);
                channel.receive(Unpooled.wrappedBuffer(packet.byteArray(), 0, length));
                if (n % BATCH == 0) {
                    settle();
                }
            }
            settle();
            Invariant.check(accepted == to, "everybody is let in", accepted);
        }

        private void settle() {
            int work;
            do {
                work = loop.doWork();
                work += commands.read((type, b, offset, length) -> {
                    boolean bypasses = (CommandHeader.flags(b, offset) & CommandHeader.FLAG_BYPASS) != 0;
                    long position = bypasses ? 0 : Positions.of(1, ++entries * ENTRY_BYTES);
                    engine.onCommand(position, TIME_MS, b, offset, length);
                });
                effects.ring();
            } while (work > 0);
            engine.tryCheckpoint();
        }

        private void onSent(ByteBuf bytes) {
            int at = bytes.readerIndex();
            boolean isConnack = PacketType.of(bytes.getByte(at)) == PacketType.CONNACK;
            accepted += isConnack && bytes.getByte(at + 3) == 0 ? 1 : 0;
        }

        @Override
        public void close() {
            loop.onClose();
        }
    }
}
