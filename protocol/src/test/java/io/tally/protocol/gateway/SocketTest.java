package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.PacketType;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
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

    /** Gateway, rings and engine; one thread per I/O loop, one for the engine. */
    private static final class Bench implements AutoCloseable {
        final Gateway gateway;
        final int port;
        private final List<IoLoop> loops = new ArrayList<>();
        private final List<Thread> threads = new ArrayList<>();
        private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        private volatile boolean stop;

        Bench(Transport transport, int loopCount) throws IOException {
            GatewayConfig config = GatewayConfig.builder()
                    .listeners(
                            List.of(new Listener(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0, true)))
                    .transport(transport)
                    .packetBytesMax(1 << 20)
                    .build();
            ManyToOneRingBuffer commands = new ManyToOneRingBuffer(ring(1 << 24));
            List<OneToOneRingBuffer> effects = new ArrayList<>();
            for (int i = 0; i < loopCount; i++) {
                effects.add(new OneToOneRingBuffer(ring(1 << 22)));
            }
            ScriptedEngine engine = new ScriptedEngine(commands, effects);
            for (int i = 0; i < loopCount; i++) {
                LoopPorts ports = new LoopPorts(
                        i,
                        commands,
                        effects.get(i),
                        () -> {},
                        engine,
                        SystemEpochClock.INSTANCE,
                        SystemNanoClock.INSTANCE,
                        GatewayEvents.NONE);
                loops.add(new IoLoop(config, ports));
            }
            for (IoLoop loop : loops) {
                start(loop.roleName(), () -> drive(loop));
            }
            start("engine", () -> {
                while (!stop) {
                    if (engine.poll() > 0) {
                        loops.forEach(IoLoop::wakeup);
                    }
                }
            });
            gateway = new Gateway(config, loops);
            port = gateway.open().get(0).getPort();
        }

        private static UnsafeBuffer ring(int capacity) {
            return new UnsafeBuffer(ByteBuffer.allocateDirect(capacity + RingBufferDescriptor.TRAILER_LENGTH));
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

        void hangUp() throws IOException {
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
