package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Client ids that look like something else: none of them is taken for another, in memory, on disk, after a crash. */
@Tag("C5")
final class ClientIdsIT {
    private static final int LONGEST = 65_535;

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    @BeforeAll
    static void start() throws IOException {
        broker = BrokerProcess.start(new BrokerSettings(TestHome.fresh("client-ids")));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static Set<String> ids(long seed) {
        Set<String> ids =
                new LinkedHashSet<>(Set.of("a", "aa", "a/", "a/b", "/", "#", "+", "$SYS", "$share/g/a", "a_meta"));
        ids.addAll(Set.of(
                "_meta", "a:b", "a%00", "..", "../../etc", " ", "a ", "A", "ä", "a\u0308", "\uD83D\uDE00", "\uFFFD"));
        ids.addAll(Set.of("0", "00", "-1", "auto-1", "x".repeat(LONGEST), "x".repeat(LONGEST - 1), "\u0001".repeat(3)));
        SplittableRandom random = new SplittableRandom(seed);
        String alphabet = "ab/_:.#+$\u00e4\u4e2d";
        while (ids.size() < 60) {
            StringBuilder id = new StringBuilder();
            for (int i = random.nextInt(1, 6); i > 0; i--) {
                id.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            ids.add(id.toString());
        }
        return ids;
    }

    private static RawClient resume(String id) throws IOException {
        RawClient client = new RawClient(broker.port(), 4);
        client.send(new ConnectPacket(4, id).persistent().bytes());
        return client;
    }

    @Test
    void eachSessionGetsItsOwnMessagesBehindACrashToo() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("ClientIdsIT seed=" + seed);
        Set<String> ids = ids(seed);
        int n = 0;
        for (String id : ids) {
            try (RawClient client = resume(id)) {
                Packet connack = client.expect(Packets.CONNACK);
                assertEquals(0, connack.connackCode(), id);
                assertTrue(!connack.sessionPresent(), "somebody else's session: " + id);
                assertEquals(1, client.subscribe("id/" + n++, 1));
            }
        }
        try (RawClient publisher = RawClient.connected(broker.port(), 4, "publisher")) {
            for (int i = 0; i < n; i++) {
                publisher.publish("id/" + i, 1, 1 + i, String.valueOf(i).getBytes(StandardCharsets.UTF_8));
                publisher.expect(Packets.PUBACK);
            }
        }
        broker.kill9();
        broker.restart();
        n = 0;
        for (String id : ids) {
            try (RawClient client = resume(id)) {
                assertTrue(client.expect(Packets.CONNACK).sessionPresent(), id);
                Packet message = client.expect(Packets.PUBLISH);
                assertEquals(String.valueOf(n++), message.payloadText(4), id);
                client.send(Packets.ack(Packets.PUBACK, message.id()));
                client.ping();
            }
        }
    }

    @Test
    void anIdThatIsNotWellFormedIsRefused() throws Exception {
        byte[][] wrong = {
            {0}, {'a', 0}, {(byte) 0xC0, (byte) 0x80}, {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, {(byte) 0xFF}
        };
        for (byte[] id : wrong) {
            for (int version = 4; version <= 5; version++) {
                try (RawClient client = new RawClient(broker.port(), version)) {
                    Bytes connect = new Bytes().string("MQTT").u8(version).u8(2).u16(0);
                    if (version == 5) {
                        connect.u8(0);
                    }
                    client.send(connect.binary(id).packet(0x10));
                    Packet answer = client.read(Duration.ofSeconds(10));
                    if (answer != null) {
                        assertNotEquals(0, answer.connackCode());
                        assertEquals(null, client.lastPacketBeforeClose());
                    }
                }
            }
        }
    }
}
