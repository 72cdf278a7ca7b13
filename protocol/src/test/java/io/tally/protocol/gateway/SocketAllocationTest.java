package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.ConnackEffect;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.listener.Listener;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What an I/O loop allocates between its sockets and its rings, Netty included. Loop, engine and both clients are
 * driven in turn by one thread, of the kind that drives loops; only the loop's turns are measured.
 */
class SocketAllocationTest {
    private static final int MESSAGES = 20_000;

    /** Compilers need some of them. */
    private static final int ATTEMPTS = 20;

    private static final long TIME_NS_MAX = TimeUnit.SECONDS.toNanos(60);

    /** Of the machine's own, now and then; an object in each of the fewest rounds, 400, would be 6,400. */
    private static final int BYTES_MAX = 4_000;

    // Of MQTT 3.1.1.
    private static final int PUBACK_BYTES = 4;

    private static final int CONNACK_BYTES = 4;

    /**
     * Netty's, which from JDK 24 on does without Unsafe. With epoll it asks for a direct buffer's address through a
     * MemorySegment, three times a round: 48 bytes each, until the optimizing compiler removes them. With NIO it leaves
     * the selector its hash set of ready sockets, twice a round an entry and an iterator: 64 bytes. A batch may come in
     * more pieces than one now and then. Before JDK 24 it is nothing.
     */
    private static final int NETTY_BYTES_PER_ROUND_MAX = Runtime.version().feature() < 24 ? 0 : 4 * 48;

    /** A round: so many QoS 1 PUBLISHes in, their PUBACKs out, the messages out to a subscriber, its PUBACKs in. */
    @ParameterizedTest
    @CsvSource({"EPOLL,1,0", "EPOLL,50,0", "EPOLL,50,60000", "NIO,1,0", "NIO,50,0"})
    void messagesAtQos1AllocateNothing(Transport transport, int batch, long ageMs) throws Exception {
        int rounds = MESSAGES / batch;
        long bytesMax = BYTES_MAX + (long) rounds * NETTY_BYTES_PER_ROUND_MAX;
        FutureTask<Long> measurement = new FutureTask<>(() -> {
            try (Rig rig = new Rig(transport, batch, ageMs)) {
                return rig.leastBytes(rounds, bytesMax);
            }
        });
        Thread thread = IoLoop.newThread(measurement, "io");
        thread.start();
        long bytes = measurement.get();
        assertTrue(bytes <= bytesMax, bytes + " bytes in " + rounds + " rounds");
    }

    /** A loop with a publisher and a subscriber, and an engine that answers each message with two effects. */
    private static final class Rig implements AutoCloseable, MessageSource {
        private static final int VERSION = 4;
        private static final int TOPIC_BYTES = 10;
        private static final int PAYLOAD_BYTES = 256;
        private static final int DELIVERY_BYTES = 1 + 2 + 2 + TOPIC_BYTES + 2 + PAYLOAD_BYTES;
        private static final long POSITION = 1L << 32;
        private static final long WAIT_NS = TimeUnit.MILLISECONDS.toNanos(1);

        private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private final MessageHandler engine = this::onCommand;
        private final ManyToOneRingBuffer commands = new ManyToOneRingBuffer(ring(1 << 21));
        private final OneToOneRingBuffer effects = new OneToOneRingBuffer(ring(1 << 18));
        private final UnsafeBuffer message =
                new UnsafeBuffer(new byte[PublishCommand.FIXED_LENGTH + TOPIC_BYTES + PAYLOAD_BYTES]);
        private final int batch;
        private final long ageMs;
        private final IoLoop loop;
        private final Gateway gateway;
        private final ByteBuffer publishes;
        private final ByteBuffer pubacks;
        private final ByteBuffer received = ByteBuffer.allocateDirect(1 << 16);
        private final SocketChannel publisher;
        private final SocketChannel subscriber;
        private final long publisherId;
        private final long subscriberId;
        private final long startNs = System.nanoTime();
        private long connected;
        private int published;
        private int acknowledged;
        private int packetId;
        private long bytes;

        Rig(Transport transport, int batch, long ageMs) throws IOException {
            this.batch = batch;
            this.ageMs = ageMs;
            CommandHeader.write(message, 0, CommandType.PUBLISH, 0, 0, 77);
            PublishCommand.writeFixed(message, 0, 1, VERSION, 1, 0);
            PublishCommand.writeLengths(message, 0, TOPIC_BYTES, 0, PAYLOAD_BYTES);
            byte[][] packets = new byte[batch][];
            Arrays.fill(packets, Packets.publish(VERSION, 1, 7, "site/meter", new byte[PAYLOAD_BYTES]));
            publishes = direct(Packets.join(packets));
            pubacks = ByteBuffer.allocateDirect(batch * PUBACK_BYTES);
            GatewayConfig config = GatewayConfig.builder()
                    .listeners(List.of(Listener.tcp("127.0.0.1", 0)))
                    .transport(transport)
                    .inFlightMessagesMax(0)
                    .packetBytesMax(1 << 16)
                    .build();
            loop = new IoLoop(config, ports());
            loop.onStart();
            gateway = new Gateway(config, List.of(loop));
            InetSocketAddress address = (InetSocketAddress) gateway.open().get(0);
            publisher = connect(address, "publisher");
            publisherId = connected;
            subscriber = connect(address, "subscriber");
            subscriberId = connected;
        }

        private static UnsafeBuffer ring(int capacity) {
            return new UnsafeBuffer(ByteBuffer.allocateDirect(capacity + RingBufferDescriptor.TRAILER_LENGTH));
        }

        private static ByteBuffer direct(byte[] content) {
            return ByteBuffer.allocateDirect(content.length).put(content).flip();
        }

        private LoopPorts ports() {
            return new LoopPorts(
                    0,
                    commands,
                    effects,
                    () -> {},
                    this,
                    SystemEpochClock.INSTANCE,
                    SystemNanoClock.INSTANCE,
                    GatewayEvents.NONE);
        }

        private SocketChannel connect(InetSocketAddress address, String clientId) throws IOException {
            SocketChannel client = SocketChannel.open(address);
            client.write(direct(Packets.connect(VERSION, clientId, false)));
            client.configureBlocking(false);
            connected = 0;
            while (connected == 0) {
                driveEngineOrLoop();
            }
            receive(client, CONNACK_BYTES);
            return client;
        }

        /** Of some attempts with so many rounds each; of the first that takes no more than this. */
        long leastBytes(int rounds, long enough) throws IOException {
            long least = Long.MAX_VALUE;
            for (int attempt = 0; attempt < ATTEMPTS && least > enough; attempt++) {
                bytes = 0;
                for (int i = 0; i < rounds; i++) {
                    round();
                }
                least = Math.min(least, bytes);
            }
            return least;
        }

        private void round() throws IOException {
            published = 0;
            pubacks.clear();
            publisher.write(publishes.clear());
            sleep(); // The first bytes wake the loop, the others it finds.
            while (published < batch) {
                driveEngineOrLoop();
            }
            receive(publisher, batch * PUBACK_BYTES);
            receive(subscriber, batch * DELIVERY_BYTES);
            acknowledged = 0;
            subscriber.write(pubacks.flip());
            while (acknowledged < batch) {
                driveEngineOrLoop();
            }
        }

        private void driveEngineOrLoop() {
            if (commands.read(engine) == 0) {
                driveLoop();
            }
        }

        private void receive(SocketChannel client, int count) throws IOException {
            received.clear().limit(count);
            while (received.hasRemaining()) {
                if (client.read(received) == 0) {
                    driveLoop();
                }
            }
        }

        private void driveLoop() {
            assertTrue(System.nanoTime() - startNs < TIME_NS_MAX, "waits for bytes that do not come");
            long before = threads.getCurrentThreadAllocatedBytes();
            int work = loop.doWork();
            bytes += threads.getCurrentThreadAllocatedBytes() - before;
            if (work == 0) {
                sleep();
            }
        }

        private void sleep() {
            long before = threads.getCurrentThreadAllocatedBytes();
            loop.idle(WAIT_NS);
            bytes += threads.getCurrentThreadAllocatedBytes() - before;
        }

        private void onCommand(int type, MutableDirectBuffer b, int offset, int length) {
            switch (CommandHeader.type(b, offset)) {
                case CommandType.CONNECT -> onConnect(CommandHeader.connection(b, offset));
                case CommandType.PUBLISH -> onPublish();
                case CommandType.ACKS -> acknowledged += AcksCommand.count(b, offset);
                default -> throw new IllegalStateException("command type " + CommandHeader.type(b, offset));
            }
        }

        private void onConnect(long connection) {
            connected = connection;
            int at = effects.tryClaim(1, ConnackEffect.LENGTH);
            ConnackEffect.write(effects.buffer(), at, connection, 0, false, 0);
            effects.commit(at);
        }

        private void onPublish() {
            published++;
            int at = effects.tryClaim(1, AckEffect.LENGTH);
            AckEffect.write(effects.buffer(), at, publisherId, PacketType.PUBACK, 7, 0);
            effects.commit(at);
            packetId = packetId % 65_535 + 1;
            int flags = 1 | DeliverEffect.FLAG_JOURNALED;
            at = effects.tryClaim(1, DeliverEffect.FIXED_LENGTH);
            DeliverEffect.write(effects.buffer(), at, subscriberId, flags, packetId, POSITION);
            effects.commit(at);
            pubacks.put((byte) (PacketType.PUBACK << 4)).put((byte) 2).putShort((short) packetId);
        }

        @Override
        public long read(long position, UnsafeBuffer view) {
            view.wrap(message);
            return SystemEpochClock.INSTANCE.time() - ageMs;
        }

        @Override
        public void release(long file) {}

        @Override
        public void close() throws IOException {
            publisher.close();
            subscriber.close();
            gateway.closeListeners();
            loop.onClose();
        }
    }
}
