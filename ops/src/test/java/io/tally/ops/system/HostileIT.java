package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that mean harm, or are broken: their neighbours notice nothing, and memory stays bounded. */
final class HostileIT {
    /** Far above what a busy machine does to 99 of 100 messages, far below what a blocked engine does. */
    private static final long LATENCY_MS = 1_000;

    private static final long GROWTH_MB = 160;

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    @BeforeAll
    static void start() throws IOException {
        broker = BrokerProcess.start(new BrokerSettings(TestHome.fresh("hostile")));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void closesConnectionsThatSendRubbish() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("HostileIT seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (Neighbours neighbours = new Neighbours(broker, "rubbish")) {
            for (int i = 0; i < 300; i++) {
                byte[] rubbish = i % 3 == 0 ? randomBytes(random, 400) : damagedPackets(random);
                try (RawClient client = new RawClient(broker.port(), 5)) {
                    trySend(client, rubbish);
                    client.socket().shutdownOutput();
                    drain(client);
                }
            }
            neighbours.assertUnharmed(LATENCY_MS, GROWTH_MB);
        }
    }

    @Test
    void boundsWhatAClientThatStopsReadingCanPileUp() throws Exception {
        try (Neighbours neighbours = new Neighbours(broker, "deaf");
                RawClient pub = RawClient.connected(broker.port(), 4, "talker");
                RawClient lazy = RawClient.connected(broker.port(), 5, "deaf-1");
                RawClient deaf = RawClient.connected(broker.port(), 4, "deaf-0")) {
            deaf.subscribe("flood/#", 0);
            lazy.subscribe("flood/#", 1);
            byte[] payload = new byte[16 * 1024];
            for (int i = 0; i < 8_000; i++) {
                pub.publish("flood/x", 0, 0, payload);
            }
            for (int i = 1; i <= 1_000; i++) {
                pub.publish("flood/y", 1, i, payload);
                pub.expect(Packets.PUBACK);
            }
            neighbours.assertUnharmed(LATENCY_MS, GROWTH_MB);
        }
    }

    @Test
    void allocatesNothingForADeclaredLength() throws Exception {
        byte[] head = new Bytes()
                .u8(0x30)
                .varint(268_435_455)
                .u16(3)
                .raw(new byte[] {'a', '/', 'b'})
                .array();
        List<RawClient> clients = new ArrayList<>();
        try (Neighbours neighbours = new Neighbours(broker, "declared")) {
            for (int i = 0; i < 100; i++) {
                RawClient client = i % 2 == 0
                        ? RawClient.connected(broker.port(), 4 + i / 2 % 2, "declared-" + i)
                        : new RawClient(broker.port(), 4);
                clients.add(client);
                trySend(client, head);
                trySend(client, new byte[1_000]);
            }
            neighbours.assertUnharmed(LATENCY_MS, GROWTH_MB);
        } finally {
            closeAll(clients);
        }
    }

    @Test
    void boundsOpenQosTwoIds() throws Exception {
        byte[] payload = new byte[200];
        try (Neighbours neighbours = new Neighbours(broker, "ids");
                RawClient four = RawClient.connected(broker.port(), 4, new ConnectPacket(4, "ids-4").persistent());
                RawClient five = RawClient.connected(broker.port(), 5, new ConnectPacket(5, "ids-5").persistent())) {
            Thread reader = new Thread(() -> quietly(() -> drain(four)));
            reader.setDaemon(true);
            reader.start();
            for (int id = 1; id <= 65_535; id++) {
                trySend(four, Packets.publish(4, "ids/x", 2, 0, id, payload));
            }
            int id = 1;
            while (id <= 65_535 && trySend(five, Packets.publish(5, "ids/x", 2, 0, id, payload))) {
                id++;
            }
            neighbours.assertUnharmed(LATENCY_MS, GROWTH_MB);
        }
    }

    @Test
    void survivesTopicsOf65000Slashes() throws Exception {
        String slashes = "/".repeat(65_000);
        try (Neighbours neighbours = new Neighbours(broker, "slashes")) {
            for (int version = 4; version <= 5; version++) {
                answer(version, Packets.publish(version, slashes, 1, 0, 1, new byte[1]));
                answer(version, Packets.publish(version, slashes, 1, 1, 1, new byte[1]));
                answer(version, Packets.publish(version, slashes, 0, 0, 0, new byte[1]));
                answer(version, Packets.subscribe(version, 1, slashes, 1));
                answer(version, Packets.subscribe(version, 1, "+" + "/+".repeat(30_000), 1));
                answer(version, Packets.subscribe(version, 1, "$share/g/" + slashes + "#", 1));
                answer(version, Packets.unsubscribe(version, 1, slashes));
                try (RawClient client = new RawClient(broker.port(), version)) {
                    client.send(new ConnectPacket(version, "w")
                            .will(slashes, new byte[1], 1, true)
                            .bytes());
                    client.read(Duration.ofSeconds(5));
                }
            }
            neighbours.assertUnharmed(LATENCY_MS, GROWTH_MB);
        }
    }

    @Test
    void boundsTheFiltersOfASession() throws Exception {
        String start = "x".repeat(65_000);
        try (Neighbours neighbours = new Neighbours(broker, "filters");
                RawClient greedy = RawClient.connected(broker.port(), 5, "greedy")) {
            int accepted = 0;
            while (accepted < 100 && greedy.subscribe(start + (1_000 + accepted), 1) == 1) {
                accepted++;
            }
            assertEquals((4 << 20) / 65_004, accepted);
            neighbours.assertUnharmed(LATENCY_MS, GROWTH_MB);
        }
    }

    @Test
    void servesOthersBesideConnectionsThatSayNothing() throws Exception {
        List<RawClient> silent = new ArrayList<>();
        byte[] connect = new ConnectPacket(5, "half").bytes();
        try (Neighbours neighbours = new Neighbours(broker, "silent")) {
            for (int i = 0; i < 500; i++) {
                RawClient client = new RawClient(broker.port(), 5);
                client.send(Arrays.copyOf(connect, i % connect.length));
                silent.add(client);
            }
            RawClient.connected(broker.port(), 5, "polite").close();
            neighbours.assertUnharmed(LATENCY_MS, GROWTH_MB);
        } finally {
            closeAll(silent);
        }
    }

    @Test
    void servesOthersBesideClientsThatSendByteByByte() throws Exception {
        byte[] connect = new ConnectPacket(4, "").bytes();
        byte[] publish = Packets.publish(4, "slow/x", 0, 0, 0, new byte[2_000]);
        byte[] all = new Bytes().raw(connect).raw(publish).array();
        List<RawClient> slow = new ArrayList<>();
        try (Neighbours neighbours = new Neighbours(broker, "loris")) {
            for (int i = 0; i < 100; i++) {
                slow.add(new RawClient(broker.port(), 4));
            }
            for (int at = 0; at < 200; at++) {
                for (RawClient client : slow) {
                    trySend(client, new byte[] {all[at]});
                }
                neighbours.live(Duration.ofMillis(10));
            }
            neighbours.assertUnharmed(LATENCY_MS, GROWTH_MB);
        } finally {
            closeAll(slow);
        }
    }

    @Test
    void servesOthersBesideClientsThatTakeEachOtherOver() throws Exception {
        try (Neighbours neighbours = new Neighbours(broker, "takeover")) {
            for (int i = 0; i < 300; i++) {
                int version = 4 + i % 2;
                RawClient client = new RawClient(broker.port(), version);
                client.send(new ConnectPacket(version, "one-and-the-same")
                        .persistent()
                        .bytes());
            }
            try (RawClient last = RawClient.connected(broker.port(), 5, "one-and-the-same")) {
                assertEquals(1, last.subscribe("last", 1));
            }
            neighbours.assertUnharmed(LATENCY_MS, GROWTH_MB);
        }
    }

    /** Sends one packet as a connected client; the broker answers or closes, and in time. */
    private static void answer(int version, byte[] packet) throws IOException {
        try (RawClient client = RawClient.connected(broker.port(), version, "slashes")) {
            client.send(packet);
            client.send(Packets.pingreq());
            Packet answer = client.read(Duration.ofSeconds(5));
            while (answer != null && answer.type() != Packets.PINGRESP && answer.type() != Packets.DISCONNECT) {
                answer = client.read(Duration.ofSeconds(5));
            }
        }
    }

    private static byte[] randomBytes(SplittableRandom random, int max) {
        byte[] bytes = new byte[1 + random.nextInt(max)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** A session's worth of good packets with a few bytes changed. */
    private static byte[] damagedPackets(SplittableRandom random) {
        int version = 4 + random.nextInt(2);
        Bytes all = new Bytes()
                .raw(new ConnectPacket(version, "damaged")
                        .will("w", new byte[3], 1, false)
                        .bytes())
                .raw(Packets.subscribe(version, 1, "damaged/#", 2))
                .raw(Packets.publish(version, "damaged/1", 1, 0, 1, new byte[20]))
                .raw(Packets.publish(version, "damaged/2", 2, 0, 2, new byte[20]))
                .raw(Packets.ack(Packets.PUBREL, 2))
                .raw(Packets.unsubscribe(version, 3, "damaged/#"));
        byte[] bytes = all.array();
        for (int i = 0; i < 3; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return ByteBuffer.wrap(bytes).array();
    }

    /** False when the broker has closed the connection. */
    private static boolean trySend(RawClient client, byte[] bytes) {
        try {
            client.send(bytes);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Reads until the broker closes or has nothing more to say. */
    private static void drain(RawClient client) throws IOException {
        try {
            @Nullable Packet packet = client.read(Duration.ofSeconds(3));
            while (packet != null) {
                packet = client.read(Duration.ofSeconds(3));
            }
        } catch (SocketTimeoutException e) {
            assertTrue(broker.isAlive());
        }
    }

    /** Something that may fail because the connection is gone. */
    private interface Attempt {
        void run() throws IOException;
    }

    private static void quietly(Attempt attempt) {
        try {
            attempt.run();
        } catch (IOException e) {
            assertTrue(broker.isAlive());
        }
    }

    private static void closeAll(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }
}
