package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.PacketType;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import io.tally.protocol.listener.Listener;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The gateway over real TCP, with a scripted engine behind it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SocketTest {
    private static final int V5 = 5;

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void carriesEachQosBetweenTwoClients(Transport transport) throws Exception {
        try (Bench bench = new Bench(transport, 2);
                Client subscriber = bench.client();
                Client publisher = bench.client()) {
            subscriber.connect("sub");
            publisher.connect("pub");
            subscriber.send(Packets.subscribe(V5, 1, "a/#", 2));
            subscriber.expect(Packets.hex("90 04 0001 00 02"));

            publisher.send(Packets.publish(V5, 0, 0, "a/0", Packets.text("zero")));
            subscriber.expect(Packets.publish(V5, 0, 0, "a/0", Packets.text("zero")));

            publisher.send(Packets.publish(V5, 1, 7, "a/1", Packets.text("one")));
            publisher.expect(Packets.ack(V5, PacketType.PUBACK, 7, 0));
            subscriber.expect(Packets.publish(V5, 1, 1, "a/1", Packets.text("one")));
            subscriber.send(Packets.ack(V5, PacketType.PUBACK, 1, 0));

            publisher.send(Packets.publish(V5, 2, 8, "a/2", Packets.text("two")));
            publisher.expect(Packets.ack(V5, PacketType.PUBREC, 8, 0));
            publisher.send(Packets.ack(V5, PacketType.PUBREL, 8, 0));
            publisher.expect(Packets.ack(V5, PacketType.PUBCOMP, 8, 0));
            subscriber.expect(Packets.publish(V5, 2, 2, "a/2", Packets.text("two")));
            subscriber.send(Packets.ack(V5, PacketType.PUBREC, 2, 0));
            subscriber.expect(Packets.ack(V5, PacketType.PUBREL, 2, 0));
            subscriber.send(Packets.ack(V5, PacketType.PUBCOMP, 2, 0));

            publisher.send(Packets.PINGREQ);
            publisher.expect(Packets.PINGRESP);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void saysServerShuttingDownAndCloses(Transport transport) throws Exception {
        try (Bench bench = new Bench(transport, 2);
                Client client = bench.client()) {
            client.connect("c");
            bench.gateway.shutdown();
            client.expect(Packets.disconnect(V5, 0x8B));
            client.expectEnd();
            client.hangUp();
            while (!bench.gateway.isDrained()) {
                Thread.onSpinWait();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void deliversLargeMessagesWholeAndInOrder(Transport transport) throws Exception {
        try (Bench bench = new Bench(transport, 1);
                Client subscriber = bench.client();
                Client publisher = bench.client()) {
            subscriber.connect("sub");
            publisher.connect("pub");
            subscriber.send(Packets.subscribe(V5, 1, "a", 1));
            subscriber.expect(Packets.hex("90 04 0001 00 01"));
            for (int i = 1; i <= 20; i++) {
                byte[] payload = new byte[150_000 + i];
                Arrays.fill(payload, (byte) i);
                publisher.send(Packets.publish(V5, 1, i, "a", payload));
                publisher.expect(Packets.ack(V5, PacketType.PUBACK, i, 0));
                subscriber.expect(Packets.publish(V5, 1, i, "a", payload));
                subscriber.send(Packets.ack(V5, PacketType.PUBACK, i, 0));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void aClientThatNeverReadsHarmsNobody(Transport transport) throws Exception {
        try (Bench bench = new Bench(transport, 1);
                Client stuck = bench.client();
                Client healthy = bench.client();
                Client publisher = bench.client()) {
            for (Client client : List.of(stuck, healthy, publisher)) {
                client.connect("client" + client.hashCode());
            }
            stuck.send(Packets.subscribe(V5, 1, "#", 0));
            healthy.send(Packets.subscribe(V5, 1, "#", 0));
            healthy.expect(Packets.hex("90 04 0001 00 00"));
            byte[] message = Packets.publish(V5, 0, 0, "a", new byte[500_000]);
            for (int i = 0; i < 60; i++) {
                publisher.send(message);
                healthy.expect(message);
            }
            assertTrue(bench.count(Counter.DROPPED_SLOW) > 0);
            publisher.send(Packets.PINGREQ);
            publisher.expect(Packets.PINGRESP);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void clientsThatNeverReadPayForTheMemoryTheyHold(Transport transport) throws Exception {
        GatewayConfig config =
                config(transport, 0).outputBytesOfLoopMax(1 << 20).build();
        try (Bench bench = new Bench(config, 1);
                Client healthy = bench.client();
                Client publisher = bench.client()) {
            List<Client> stuck = List.of(bench.client(), bench.client(), bench.client(), bench.client());
            for (Client client : stuck) {
                client.connect("client" + client.hashCode());
                client.send(Packets.subscribe(V5, 1, "flood", 0));
            }
            healthy.connect("healthy");
            healthy.send(Packets.subscribe(V5, 1, "a", 0));
            healthy.expect(Packets.hex("90 04 0001 00 00"));
            publisher.connect("publisher");
            byte[] flood = Packets.publish(V5, 0, 0, "flood", new byte[500_000]);
            while (bench.count(Counter.CLOSED_FOR_MEMORY) < 3) {
                publisher.send(flood);
                publisher.send(Packets.PINGREQ);
                publisher.expect(Packets.PINGRESP);
            }
            byte[] message = Packets.publish(V5, 0, 0, "a", Packets.text("x"));
            publisher.send(message);
            healthy.expect(message);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void aClientThatNeverReadsIsClosedThoughItHasNoKeepAlive(Transport transport) throws Exception {
        GatewayConfig config = config(transport, 0).stallTimeoutMs(500).build();
        try (Bench bench = new Bench(config, 1);
                Client stuck = bench.client();
                Client publisher = bench.client()) {
            stuck.connect("stuck");
            stuck.send(Packets.subscribe(V5, 1, "flood", 0));
            publisher.connect("publisher");
            byte[] flood = Packets.publish(V5, 0, 0, "flood", new byte[500_000]);
            while (bench.gateway.connectionCount() == 2) {
                publisher.send(flood);
                publisher.send(Packets.PINGREQ);
                publisher.expect(Packets.PINGRESP);
            }
            assertEquals(1, bench.count(Counter.STALL_TIMEOUTS));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void aPacketThatIsNeverCompletedEndsItsConnection(Transport transport) throws Exception {
        GatewayConfig config = config(transport, 0).stallTimeoutMs(500).build();
        try (Bench bench = new Bench(config, 1);
                Client loris = bench.client();
                Client idle = bench.client()) {
            loris.connect("loris");
            idle.connect("idle");
            loris.send(Packets.hex("30 ff 03 0001 61"));
            loris.expect(Packets.disconnect(V5, 0x97));
            loris.expectEnd();
            idle.send(Packets.PINGREQ);
            idle.expect(Packets.PINGRESP);
            assertEquals(1, bench.count(Counter.STALL_TIMEOUTS));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void closesConnectionsAboveTheLimitAndTakesNewOnesWhenThereIsRoom(Transport transport) throws Exception {
        try (Bench bench = new Bench(transport, 2, 2);
                Client first = bench.client();
                Client second = bench.client();
                Client third = bench.client()) {
            first.connect("a");
            second.connect("b");
            third.expectEnd();
            assertEquals(1, bench.count(Counter.CONNECTIONS_REFUSED));
            first.hangUp();
            while (bench.gateway.connectionCount() > 1) {
                Thread.onSpinWait();
            }
            bench.client().connect("d");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void saysWhyBeforeItClosesAClientThatStillSends(Transport transport) throws Exception {
        try (Bench bench = new Bench(transport, 1);
                Client client = bench.client()) {
            client.connect("a");
            client.send(Packets.hex("30 ff ff ff 7f"));
            client.send(new byte[1 << 16]);
            client.expect(Packets.disconnect(V5, 0x95));
            client.expectEnd();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"EPOLL", "NIO"})
    void anIdleGatewaySleeps(Transport transport) throws Exception {
        try (Bench bench = new Bench(transport, 1);
                Client client = bench.client()) {
            client.connect("a");
            long before = bench.iterations.sum();
            client.expectSilence(1_500);
            long iterations = bench.iterations.sum() - before;
            assertTrue(iterations < 20, iterations + " iterations in 1.5 s");
            client.send(Packets.PINGREQ);
            client.expect(Packets.PINGRESP);
        }
    }

    @Test
    void canBeOpenedAndDrivenByOneThread() throws Exception {
        Rings rings = new Rings(1);
        GatewayConfig config = config(Transport.BEST, 0).build();
        IoLoop loop = rings.loop(0, config, new LongAdder());
        Gateway gateway = new Gateway(config, List.of(loop));
        loop.onStart();
        int port = ((InetSocketAddress) gateway.open().get(0)).getPort();
        try (Client client = new Client(new Socket(InetAddress.getLoopbackAddress(), port))) {
            client.send(Packets.connect(V5, "a", true));
            while (rings.engine.poll() == 0) {
                loop.doWork();
            }
            loop.doWork();
            client.expect(Packets.hex("20 0e"));
            gateway.shutdown();
            while (!gateway.isDrained()) {
                loop.doWork();
                rings.engine.poll();
            }
        }
        loop.onClose();
        assertEquals(2, rings.engine.handled.size());
    }

    @Test
    void anAddressInUseIsAnError() throws Exception {
        try (Bench bench = new Bench(Transport.BEST, 1)) {
            Listener taken = Listener.tcp("127.0.0.1", bench.port);
            GatewayConfig config =
                    GatewayConfig.builder().listeners(List.of(taken)).build();
            IoLoop loop = new Rings(1).loop(0, config, new LongAdder());
            loop.onStart();
            Gateway second = new Gateway(config, List.of(loop));
            IOException failure = assertThrows(IOException.class, second::open);
            assertTrue(String.valueOf(failure.getMessage()).contains("listens there already"), failure.getMessage());
            loop.onClose();
        }
    }

    private static GatewayConfig.Builder config(Transport transport, int connectionsMax) {
        return GatewayConfig.builder()
                .listeners(List.of(Listener.tcp("127.0.0.1", 0).withConnectionsMax(connectionsMax)))
                .transport(transport)
                .packetBytesMax(1 << 20);
    }

    /** What lies between gateway and engine. */
    private static final class Rings {
        final ManyToOneRingBuffer commands = new ManyToOneRingBuffer(ring(1 << 24));
        final List<OneToOneRingBuffer> effects = new ArrayList<>();
        final ScriptedEngine engine;

        Rings(int loopCount) {
            for (int i = 0; i < loopCount; i++) {
                effects.add(new OneToOneRingBuffer(ring(1 << 23)));
            }
            engine = new ScriptedEngine(commands, effects);
        }

        private static UnsafeBuffer ring(int capacity) {
            return new UnsafeBuffer(ByteBuffer.allocateDirect(capacity + RingBufferDescriptor.TRAILER_LENGTH));
        }

        IoLoop loop(int index, GatewayConfig config, LongAdder doorbell) {
            return new IoLoop(
                    config,
                    new LoopPorts(
                            index,
                            commands,
                            effects.get(index),
                            doorbell::increment,
                            engine,
                            SystemEpochClock.INSTANCE,
                            SystemNanoClock.INSTANCE,
                            GatewayEvents.NONE));
        }
    }

    /** Gateway, rings and engine; one thread per I/O loop, one for the engine. */
    private static final class Bench implements AutoCloseable {
        final Gateway gateway;
        final int port;
        private final List<IoLoop> loops = new ArrayList<>();
        private final List<Thread> threads = new ArrayList<>();
        private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        final LongAdder iterations = new LongAdder();
        private volatile boolean stop;

        Bench(Transport transport, int loopCount) throws IOException {
            this(transport, loopCount, 0);
        }

        Bench(Transport transport, int loopCount, int connectionsMax) throws IOException {
            this(config(transport, connectionsMax).build(), loopCount);
        }

        Bench(GatewayConfig config, int loopCount) throws IOException {
            Rings rings = new Rings(loopCount);
            for (int i = 0; i < loopCount; i++) {
                loops.add(rings.loop(i, config, new LongAdder()));
            }
            for (IoLoop loop : loops) {
                start(loop.roleName(), () -> drive(loop));
            }
            start("engine", () -> {
                while (!stop) {
                    if (rings.engine.poll() > 0) {
                        loops.forEach(IoLoop::wakeup);
                    }
                }
            });
            gateway = new Gateway(config, loops);
            port = ((InetSocketAddress) gateway.open().get(0)).getPort();
        }

        long count(Counter counter) {
            return loops.stream()
                    .mapToLong(loop -> loop.counters().value(counter))
                    .sum();
        }

        private void start(String name, Runnable task) {
            Thread thread = IoLoop.newThread(task, name);
            thread.setUncaughtExceptionHandler((t, e) -> failures.add(e));
            threads.add(thread);
            thread.start();
        }

        private void drive(IoLoop loop) {
            loop.onStart();
            while (!stop) {
                iterations.increment();
                if (loop.doWork() == 0) {
                    loop.idle(TimeUnit.SECONDS.toNanos(10), () -> stop);
                }
            }
            loop.onClose();
        }

        private static void join(Thread thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        Client client() throws IOException {
            return new Client(new Socket(InetAddress.getLoopbackAddress(), port));
        }

        @Override
        public void close() throws IOException {
            gateway.shutdown();
            stop = true;
            loops.forEach(IoLoop::wakeup);
            for (Thread thread : threads) {
                join(thread);
            }
            assertEquals(List.of(), List.copyOf(failures));
        }
    }

    /** A blocking client that compares bytes. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;

        Client(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout(20_000);
            this.in = socket.getInputStream();
        }

        void connect(String id) throws IOException {
            send(Packets.connect(V5, id, true));
            byte[] start = in.readNBytes(2);
            assertEquals(0x20, start[0]);
            byte[] rest = in.readNBytes(start[1]);
            assertEquals(0, rest[1], "reason code of CONNACK");
        }

        void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }

        void expect(byte[] bytes) throws IOException {
            assertArrayEquals(bytes, in.readNBytes(bytes.length));
        }

        void expectEnd() throws IOException {
            assertTrue(in.read() < 0);
        }

        void expectSilence(int ms) throws IOException {
            socket.setSoTimeout(ms);
            assertThrows(SocketTimeoutException.class, in::read);
            socket.setSoTimeout(20_000);
        }

        void hangUp() throws IOException {
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
