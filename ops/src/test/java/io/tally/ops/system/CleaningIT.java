package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Old journal files go although a session still needs a few of their messages. */
final class CleaningIT {
    private static final int ROUNDS = 12;
    private static final int OTHERS_PER_ROUND = 20;
    private static final int OTHER_BYTES = 60_000;

    /** The newest with the next one, the one that recovery needs, and those that are too young to be cleaned. */
    private static final int FILES_MAX = 5;

    @Test
    void anAbsentSessionWithFewMessagesDoesNotKeepTheJournal() throws Exception {
        Path home = TestHome.fresh("cleaning");
        BrokerSettings settings = new BrokerSettings(home)
                .line("max_packet_size 65536")
                .tallyLine("journal_file_size 1m")
                .tallyLine("checkpoint_interval 1");
        try (BrokerProcess broker = BrokerProcess.start(settings)) {
            try (RawClient absent = RawClient.connected(broker.port(), 5, absent())) {
                assertEquals(1, absent.subscribe("rare", 1));
            }
            publish(broker.port());
            Await.until("old journal files deleted", Duration.ofSeconds(30), () -> files(settings) <= FILES_MAX);
            broker.kill9();
            broker.restart();
            try (RawClient absent = RawClient.connected(broker.port(), 5, absent())) {
                for (int i = 0; i < ROUNDS; i++) {
                    Packet packet = absent.expect(Packets.PUBLISH);
                    assertEquals("rare " + i, packet.payloadText(5));
                    absent.send(Packets.ack(Packets.PUBACK, packet.id()));
                }
            }
        }
        TestHome.delete(home);
    }

    @Test
    void aCleanSessionThatAcknowledgesNothingDoesNotKeepTheJournal() throws Exception {
        Path home = TestHome.fresh("cleaning-volatile");
        BrokerSettings settings = new BrokerSettings(home)
                .line("max_packet_size 65536")
                .tallyLine("journal_file_size 1m")
                .tallyLine("checkpoint_interval 1");
        try (BrokerProcess broker = BrokerProcess.start(settings);
                RawClient lazy = RawClient.connected(broker.port(), 5, "lazy")) {
            assertEquals(1, lazy.subscribe("rare", 1));
            publish(broker.port());
            Await.until("old journal files deleted", Duration.ofSeconds(30), () -> files(settings) <= FILES_MAX);
            Packet last = lazy.read(Duration.ofSeconds(5));
            while (last != null && last.type() == Packets.PUBLISH) {
                last = lazy.read(Duration.ofSeconds(5));
            }
            assertEquals(Packets.DISCONNECT, last == null ? 0 : last.type());
        }
        TestHome.delete(home);
    }

    @Test
    void aBacklogIsNotCopied() throws Exception {
        Path home = TestHome.fresh("cleaning-backlog");
        BrokerSettings settings = new BrokerSettings(home)
                .line("max_packet_size 65536")
                .tallyLine("journal_file_size 1m")
                .tallyLine("checkpoint_interval 1");
        try (BrokerProcess broker = BrokerProcess.start(settings)) {
            try (RawClient absent = RawClient.connected(broker.port(), 5, absent())) {
                assertEquals(1, absent.subscribe("backlog", 1));
            }
            int backlog = 100;
            publish(broker.port(), "frequent", 14); // most of a file
            publish(broker.port(), "backlog", backlog); // six files
            List<Path> held = journal(settings);
            publish(broker.port(), "frequent", 100);
            Await.until("newer files deleted", Duration.ofSeconds(30), () -> newer(settings, held) <= FILES_MAX);
            Thread.sleep(3_000); // further checkpoints, and turns of the cleaner
            assertTrue(Files.exists(held.get(0)), "the file in which the backlog begins is kept: " + held.get(0));
            try (RawClient absent = RawClient.connected(broker.port(), 5, absent())) {
                for (int i = 0; i < backlog; i++) {
                    Packet packet = absent.expect(Packets.PUBLISH);
                    assertEquals(OTHER_BYTES, packet.payload(5).remaining());
                    absent.send(Packets.ack(Packets.PUBACK, packet.id()));
                }
                Await.until("the backlog's files gone", Duration.ofSeconds(30), () -> files(settings) <= FILES_MAX);
            }
        }
        TestHome.delete(home);
    }

    private static ConnectPacket absent() {
        return new ConnectPacket(5, "absent").persistent();
    }

    /** A file or more of messages that nobody needs around each that the absent session does. */
    private static void publish(int port) throws IOException {
        try (RawClient till = RawClient.connected(port, 5, "till")) {
            int id = 0;
            for (int i = 0; i < ROUNDS; i++) {
                till.publish("rare", 1, ++id, ("rare " + i).getBytes(StandardCharsets.UTF_8));
                till.expect(Packets.PUBACK);
                for (int k = 0; k < OTHERS_PER_ROUND; k++) {
                    till.publish("frequent", 1, ++id, new byte[OTHER_BYTES]);
                    till.expect(Packets.PUBACK);
                }
            }
        }
    }

    private static void publish(int port, String topic, int count) throws IOException {
        try (RawClient till = RawClient.connected(port, 5, "till")) {
            for (int id = 1; id <= count; id++) {
                till.publish(topic, 1, id, new byte[OTHER_BYTES]);
                till.expect(Packets.PUBACK);
            }
        }
    }

    private static long newer(BrokerSettings settings, List<Path> files) {
        return journal(settings).stream().filter(file -> !files.contains(file)).count();
    }

    private static long files(BrokerSettings settings) {
        return journal(settings).size();
    }

    /** The oldest file first. */
    private static List<Path> journal(BrokerSettings settings) {
        try (Stream<Path> files = Files.list(settings.dataDir().resolve("journal"))) {
            return files.filter(f -> f.toString().endsWith(".cq4")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
