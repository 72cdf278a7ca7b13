package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** A broker started with a smaller {@code max_packet_size} than that of the messages it has acknowledged before. */
final class LowerPacketLimitIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration SILENCE = Duration.ofSeconds(1);
    private static final int LIMIT = 200_000;

    /**
     * A limit, and the sizes of the messages: so that some begin late in a window of reading (4 MiB), are longer than a
     * record of the smallest ring (512 KiB) or than what may wait for a client by itself (4 MiB), and lie behind the
     * end that a file of today would have.
     */
    private record Before(int limit, List<Integer> queued, List<Integer> retained) {}

    private static final Before DEFAULT_LIMIT = new Before(
            2_000_000,
            List.of(1_900_000, 1_900_000, 1_900_000, 300_000, 1_900_000, 1_999_000),
            List.of(600_000, 1_900_000, 10));

    private static final Before GREATEST_LIMIT =
            new Before(16 << 20, List.of(12_000_000, 600_000, 16_700_000), List.of(10_000_000, 600_000));

    static final List<Object[]> CASES = List.of(
            new Object[] {DEFAULT_LIMIT, true, "shared"},
            new Object[] {DEFAULT_LIMIT, false, "dedicated"},
            new Object[] {GREATEST_LIMIT, true, "dedicated"},
            new Object[] {GREATEST_LIMIT, false, "shared"});

    /** @param isKilled else it is stopped cleanly, so that the state store has all and nothing is replayed */
    @ParameterizedTest
    @FieldSource("CASES")
    void deliversWhatItAcceptedUnderALargerLimitOnce(Before before, boolean isKilled, String threading)
            throws Exception {
        Assumptions.assumeTrue(BrokerSettings.isTally(), "the lines are Tally's");
        Path home = TestHome.fresh("lower-packet-limit-" + before.limit + "-" + threading);
        try (BrokerProcess broker = BrokerProcess.start(settings(home, before.limit, threading))) {
            accept(broker.port(), before);
            if (isKilled) {
                broker.kill9();
            } else {
                assertEquals(0, broker.terminate());
            }
        }
        try (BrokerProcess broker = BrokerProcess.start(settings(home, LIMIT, threading))) {
            assertRefused(broker.port());
            assertQueued(broker.port(), before);
            assertRetained(broker.port(), before);
            broker.kill9();
            broker.restart();
            try (RawClient absent = RawClient.connected(broker.port(), 5, absent())) {
                assertNothingMore(absent);
            }
            assertRetained(broker.port(), before);
            assertEquals(0, broker.terminate());
            assertFalse(broker.log().contains("Exception") || broker.log().contains("repaired"), broker.log());
        }
        TestHome.delete(home);
    }

    /** The journal's cleaner puts into the state store, under the new limit, what nobody has taken. */
    @Test
    void deliversWhatWasKeptWhenItsJournalFileWent() throws Exception {
        Assumptions.assumeTrue(BrokerSettings.isTally(), "the lines are Tally's");
        Path home = TestHome.fresh("lower-packet-limit-kept");
        Before before = new Before(2_000_000, List.of(1_900_000, 700_000), List.of(600_000));
        try (BrokerProcess broker = BrokerProcess.start(keptSettings(home, before.limit))) {
            accept(broker.port(), before);
            broker.kill9();
        }
        BrokerSettings settings = keptSettings(home, LIMIT);
        Path first = settings.dataDir().resolve("journal/19700101-01.cq4");
        try (BrokerProcess broker = BrokerProcess.start(settings);
                RawClient till = RawClient.connected(broker.port(), 5, "till")) {
            for (int id = 1; Files.exists(first); id++) {
                assertTrue(id < 2_000, "the first journal file is still there");
                till.publish("elsewhere", 1, id, new byte[LIMIT - 100]);
                till.expect(Packets.PUBACK);
            }
            broker.kill9();
            broker.restart();
            assertQueued(broker.port(), before);
            assertRetained(broker.port(), before);
        }
        TestHome.delete(home);
    }

    private static BrokerSettings settings(Path home, int limit, String threading) {
        return new BrokerSettings(home)
                .line("max_packet_size " + limit)
                .tallyLine("threading " + threading)
                .tallyLine("journal_file_size 1m");
    }

    /** With files of which these messages are less than a quarter. */
    private static BrokerSettings keptSettings(Path home, int limit) {
        return new BrokerSettings(home)
                .line("max_packet_size " + limit)
                .tallyLine("checkpoint_interval 1")
                .tallyLine("journal_file_size 16m");
    }

    private static ConnectPacket absent() {
        return new ConnectPacket(5, "absent").persistent();
    }

    private static byte[] payload(int length, int number) {
        byte[] payload = new byte[length];
        Arrays.fill(payload, (byte) number);
        return payload;
    }

    /** Queues and retains messages; all are acknowledged. */
    private static void accept(int port, Before before) throws IOException {
        try (RawClient absent = RawClient.connected(port, 5, absent())) {
            assertEquals(1, absent.subscribe("queued", 1));
        }
        try (RawClient publisher = RawClient.connected(port, 5, "publisher")) {
            int id = 0;
            for (int length : before.queued) {
                publisher.publish("queued", 1, ++id, payload(length, id));
                publisher.expect(Packets.PUBACK);
            }
            for (int length : before.retained) {
                id++;
                publisher.send(Packets.publish(5, "retained/" + length, 1, 1, id, payload(length, id)));
                publisher.expect(Packets.PUBACK);
            }
        }
    }

    private static void assertRefused(int port) throws IOException {
        try (RawClient client = RawClient.connected(port, 5, "refused")) {
            client.publish("elsewhere", 1, 1, new byte[LIMIT]);
            Packet last = client.lastPacketBeforeClose();
            assertEquals(0x95, last == null ? 0 : last.reason());
        } catch (SocketException reset) {
            // it was closed before all was sent
        }
    }

    private static void assertQueued(int port, Before before) throws IOException {
        try (RawClient absent = RawClient.connected(port, 5, absent())) {
            int number = 0;
            for (int length : before.queued) {
                Packet packet = publish(absent);
                assertContent(length, ++number, packet);
                absent.send(Packets.ack(Packets.PUBACK, packet.id()));
            }
            assertNothingMore(absent);
        }
    }

    /** One by one at QoS 0, which is dropped for who has much waiting; then all at QoS 1. */
    private static void assertRetained(int port, Before before) throws IOException {
        for (int length : before.retained) {
            assertRetained(port, "retained/" + length, 0, before, 1);
        }
        assertRetained(port, "retained/#", 1, before, before.retained.size());
    }

    private static void assertRetained(int port, String filter, int qos, Before before, int count) throws IOException {
        try (RawClient client = RawClient.connected(port, 5, "retained")) {
            client.send(Packets.subscribe(5, 1, filter, qos));
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < count; i++) {
                Packet packet = publish(client);
                assertTrue(seen.add(packet.topic()), packet.topic());
                int length = Integer.parseInt(packet.topic().substring("retained/".length()));
                assertContent(length, before.queued.size() + before.retained.indexOf(length) + 1, packet);
                if (packet.qos() == 1) {
                    client.send(Packets.ack(Packets.PUBACK, packet.id()));
                }
            }
            assertNothingMore(client);
        }
    }

    private static void assertNothingMore(RawClient client) {
        assertThrows(SocketTimeoutException.class, () -> {
            for (Packet packet = client.read(SILENCE); packet != null; packet = client.read(SILENCE)) {
                assertNotEquals(Packets.PUBLISH, packet.type());
            }
        });
    }

    /** The next PUBLISH; a SUBACK before it is passed over. */
    private static Packet publish(RawClient client) throws IOException {
        Packet packet = client.read(PATIENCE);
        if (packet != null && packet.type() == Packets.SUBACK) {
            packet = client.read(PATIENCE);
        }
        if (packet == null || packet.type() != Packets.PUBLISH) {
            throw new IOException(packet == null ? "the connection was closed" : "packet type " + packet.type());
        }
        return packet;
    }

    private static void assertContent(int length, int number, Packet packet) {
        ByteBuffer payload = packet.payload(5);
        assertEquals(length, payload.remaining());
        assertEquals(ByteBuffer.wrap(payload(length, number)), payload);
    }
}
