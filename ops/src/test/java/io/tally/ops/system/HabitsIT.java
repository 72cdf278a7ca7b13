package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Where MQTT leaves a choice, the broker does what clients and operators are used to from Mosquitto. */
final class HabitsIT {
    private static final int CONNECTIONS_MAX = 10;

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    @BeforeAll
    static void start() throws IOException {
        broker = BrokerProcess.start(new BrokerSettings(TestHome.fresh("habits"))
                .line("max_inflight_messages 20")
                .line("max_keepalive 60")
                .line("allow_zero_length_clientid false")
                .line("global_max_connections " + CONNECTIONS_MAX));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void connackSaysWhatMosquittoSaysInItsOrder() throws IOException {
        try (RawClient client = new RawClient(broker.port(), 5)) {
            client.send(new ConnectPacket(5, "habits").keepAlive(61).bytes());
            byte[] wanted = HexFormat.of().parseHex("0000" + "0e" + "13003c" + "22000a" + "27001e8480" + "210014");
            assertArrayEquals(wanted, bytes(client.expect(Packets.CONNACK).body()));
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    @Test
    void theLogOfConnectionsReadsAsMosquittosDoes() throws IOException {
        int port;
        try (RawClient client = RawClient.connected(broker.port(), 4, new ConnectPacket(4, "logged").keepAlive(42))) {
            port = client.socket().getLocalPort();
        }
        String address = "127.0.0.1:" + port;
        awaitLog("New client connected from " + address + " as logged (p2, c1, k42).");
        awaitLog("Client logged [" + address + "] disconnected: connection closed by client.");
    }

    private static void awaitLog(String line) {
        Await.until(line, Duration.ofSeconds(20), () -> log().contains(line));
    }

    private static String log() {
        try {
            return broker.log();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anEmptyClientIdIsRefusedWhenItIsNotAllowed() throws IOException {
        assertEquals(0x85, connackCode(5, ""));
        assertEquals(2, connackCode(4, ""));
    }

    private static int connackCode(int version, String clientId) throws IOException {
        try (RawClient client = new RawClient(broker.port(), version)) {
            client.send(new ConnectPacket(version, clientId).bytes());
            return client.expect(Packets.CONNACK).connackCode();
        }
    }

    @Test
    void topicsHaveUpToTwoHundredSeparators() throws IOException {
        try (RawClient client = RawClient.connected(broker.port(), 5, "deep")) {
            String deepest = "/".repeat(200);
            assertEquals(0, client.subscribe(deepest, 0));
            client.publish(deepest, 0, 0, new byte[] {7});
            assertEquals("\u0007", client.expect(Packets.PUBLISH).payloadText(5));
            assertEquals(0x8F, client.subscribe(deepest + "/", 0));
        }
    }

    @Test
    void connectionsOfAllListenersAreLimited() throws IOException {
        List<RawClient> clients = new ArrayList<>();
        try {
            while (clients.size() < CONNECTIONS_MAX) {
                RawClient client = new RawClient(broker.port(), 4);
                client.send(new ConnectPacket(4, "many-" + clients.size())
                        .keepAlive(60)
                        .bytes());
                if (client.read(Duration.ofSeconds(10)) != null) { // null while those of other tests are still closing
                    clients.add(client);
                }
            }
            try (RawClient tooMuch = new RawClient(broker.port(), 4)) {
                assertNull(tooMuch.read(Duration.ofSeconds(10)));
            }
            for (RawClient client : clients) {
                client.ping();
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}
