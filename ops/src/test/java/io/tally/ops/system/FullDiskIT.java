package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A full disk: publishes are refused, then clients and subscriptions, nothing acknowledged is lost, the process
 * lives, and accepts again when there is room.
 */
final class FullDiskIT {
    private static final Duration STALL = Duration.ofSeconds(20);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int DISK_MB = 160;
    private static final long FREE_AT_FIRST = 24 << 20;
    private static final long FREE_IN_THE_END = 2 << 20;
    private static final byte[] KILOBYTE = new byte[1_024];

    static Stream<Path> jdks() throws IOException {
        return Jdks.all().values().stream();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void refusesWhileTheDiskIsFullSurvivesKillNineAndAcceptsAgain(Path jdk) throws Exception {
        Path home = TestHome.fresh("full-disk");
        Assumptions.assumeTrue(TmpFs.isPermitted(home), "NOT RUN: needs root, to mount a small file system");
        Path disk = home.resolve("disk");
        BrokerSettings settings = new BrokerSettings(home)
                .dataDir(disk.resolve("data"))
                .jdk(jdk)
                .line("max_queued_messages 0")
                .line("max_packet_size 100000")
                .tallyLine(PowerCutIT.SMALL_JOURNAL_FILES);
        try (TmpFs fs = new TmpFs(disk, DISK_MB);
                BrokerProcess broker = BrokerProcess.start(settings);
                Crowd crowd = new Crowd("f", broker.port(), 8, 1)) {
            crowd.subscriber(0, 5, 2);
            crowd.awaitSubscribed();
            crowd.subscriberWanted(0, false);
            Path ballast = disk.resolve("ballast");
            fs.ballast(ballast, FREE_AT_FIRST);
            crowd.publishers(10, 4_096, 500);
            crowd.publishersMayBeRefused();
            awaitRefusals(crowd);
            checkRefusals(broker);
            broker.kill9();
            broker.restart();
            awaitRefusals(crowd);
            checkRefusals(broker);
            assertTrue(broker.isAlive());
            Files.delete(ballast);
            crowd.awaitAccepted(2_000, LIMIT);
            broker.kill9();
            broker.restart();
            crowd.subscriberWanted(0, true);
            LedgerReport report = crowd.finish(STALL);
            System.out.println("FullDiskIT " + jdk.getFileName() + " " + report);
            assertTrue(report.isClean(), report.toString());
        }
        TestHome.delete(home);
    }

    @Test
    void clientsThatComeAndGoLeaveRoomForAcknowledgements() throws Exception {
        Path home = TestHome.fresh("full-disk-crowd");
        Assumptions.assumeTrue(TmpFs.isPermitted(home), "NOT RUN: needs root, to mount a small file system");
        Path disk = home.resolve("disk");
        BrokerSettings settings = new BrokerSettings(home)
                .dataDir(disk.resolve("data"))
                .line("max_packet_size 100000")
                .tallyLine(PowerCutIT.SMALL_JOURNAL_FILES);
        ConnectPacket meterConnect = new ConnectPacket(5, "meter").persistent();
        try (TmpFs fs = new TmpFs(disk, DISK_MB);
                BrokerProcess broker = BrokerProcess.start(settings);
                RawClient meter = RawClient.connected(broker.port(), 5, meterConnect);
                RawClient old = RawClient.connected(broker.port(), 4, "old")) {
            int port = broker.port();
            subscribeAndLeave(port);
            assertEquals(1, old.subscribe("old", 1));
            Packet bill = deliver(port, meter);
            Path ballast = disk.resolve("ballast");
            fs.ballast(ballast, FREE_IN_THE_END);
            fillJournal(port);
            useReserve(port);
            for (int i = 0; i < 500; i++) {
                assertEquals(i % 2 == 0 ? 0x89 : 3, connectAndMore(port, 5 - i % 2, i == 0 ? "meter" : "x" + i));
            }
            assertEquals(0x97, meter.subscribe("more", 1));
            assertEquals(0x80, old.subscribe("more", 1));
            useUpWhatIsKept(meter, old);
            meter.send(Packets.ack(Packets.PUBREC, bill.id()));
            assertEquals(bill.id(), meter.expect(Packets.PUBREL).id());
            Files.delete(ballast);
            Await.until("clients to be let in", LIMIT, () -> connectAndMore(port, 5, "again") == 0);
            assertEquals(1, meter.subscribe("more", 1));
            broker.kill9();
            broker.restart();
            try (RawClient back = RawClient.connected(port, 5, meterConnect)) {
                assertEquals(bill.id(), back.expect(Packets.PUBREL).id(), "its acknowledgement was journaled");
            }
        }
        TestHome.delete(home);
    }

    /** Keeps every journal file from then on: else the disk would have room again soon. */
    private static void subscribeAndLeave(int port) throws IOException {
        try (RawClient absent = RawClient.connected(port, 5, new ConnectPacket(5, "absent").persistent())) {
            assertEquals(1, absent.subscribe("fill", 1));
        }
    }

    /** A message of QoS 2 that is still to be acknowledged. */
    private static Packet deliver(int port, RawClient meter) throws IOException {
        assertEquals(2, meter.subscribe("bill", 2));
        try (RawClient till = RawClient.connected(port, 5, "till")) {
            till.publish("bill", 2, 1, KILOBYTE);
            assertEquals(0, till.expect(Packets.PUBREC).reason());
        }
        return meter.expect(Packets.PUBLISH);
    }

    private static void fillJournal(int port) throws IOException {
        try (RawClient filler = RawClient.connected(port, 5, "filler")) {
            int reason = 0;
            for (int i = 0; i < 1_000 && reason != 0x97; i++) {
                filler.publish("fill", 1, 1, new byte[60_000]);
                reason = filler.expect(Packets.PUBACK).reason();
            }
            assertEquals(0x97, reason, "publishes are refused");
        }
    }

    /** Clients come, subscribe and go until one is not let in. */
    private static void useReserve(int port) {
        int count = 0;
        while (connectAndMore(port, 5, "guest" + count) == 0) {
            count++;
        }
        System.out.println("FullDiskIT " + count + " clients came and went");
        assertTrue(count > 20, "half of the reserve is for them");
    }

    /** What costs a client nothing must not be journaled. */
    private static void useUpWhatIsKept(RawClient meter, RawClient old) throws IOException {
        for (int i = 1; i <= 16_000; i++) {
            old.send(Packets.ack(Packets.PUBREL, i));
            assertEquals(i, old.expect(Packets.PUBCOMP).id());
        }
        for (int i = 0; i < 20; i++) {
            meter.send(Packets.unsubscribe(5, 2, i == 0 ? "bill" : "f".repeat(60_000)));
            assertEquals(i == 0 ? 0x83 : 0x11, meter.expect(Packets.UNSUBACK).lastCode());
        }
        old.send(Packets.unsubscribe(4, 2, "old"));
        assertNull(old.lastPacketBeforeClose(), "its UNSUBACK could not tell");
    }

    /** Sends some packets at once, long ones, to a broker that may refuse the first; answers the code of CONNACK. */
    private static int connectAndMore(int port, int version, String clientId) {
        String filler = "f".repeat(2_000);
        try (RawClient client = new RawClient(port, version)) {
            client.send(new Bytes()
                    .raw(new ConnectPacket(version, clientId)
                            .will("w", filler.getBytes(StandardCharsets.UTF_8), 1, false)
                            .bytes())
                    .raw(Packets.subscribe(version, 1, filler, 1))
                    .raw(Packets.publish(version, "fill", 1, 0, 1, KILOBYTE))
                    .raw(Packets.disconnect())
                    .array());
            Packet connack = client.expect(Packets.CONNACK);
            Packet last = client.lastPacketBeforeClose();
            assertTrue(connack.connackCode() == 0 || last == null, "nothing follows a refusal");
            return connack.connackCode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Some room may turn up now and then, when a journal file is not needed any more: so a few do not count. */
    private static void awaitRefusals(Crowd crowd) {
        long goal = crowd.refused() + 300;
        Await.until("publishes to be refused", LIMIT, () -> crowd.refused() > goal);
    }

    /** QoS 0 still flows; MQTT 5 gets 0x97, MQTT 3.1.1 a closed connection. */
    private static void checkRefusals(BrokerProcess broker) throws IOException {
        try (RawClient five = RawClient.connected(broker.port(), 5, "five");
                RawClient four = RawClient.connected(broker.port(), 4, "four")) {
            five.publish("refused/1", 1, 1, KILOBYTE);
            Packet puback = five.expect(Packets.PUBACK);
            assertEquals(0x97, puback.reason());
            five.publish("refused/2", 2, 2, KILOBYTE);
            Packet pubrec = five.expect(Packets.PUBREC);
            assertEquals(0x97, pubrec.reason());
            four.publish("refused/3", 1, 1, KILOBYTE);
            assertNull(four.lastPacketBeforeClose(), "3.1.1 knows no refusal, only a closed connection");
        }
        try (RawClient sub = RawClient.connected(broker.port(), 4, "volatile");
                RawClient pub = RawClient.connected(broker.port(), 4, "pub")) {
            assertEquals(0, sub.subscribe("live", 0));
            pub.publish("live", 0, 0, "still".getBytes(StandardCharsets.UTF_8));
            Packet live = sub.read(Duration.ofSeconds(5));
            assertNotNull(live);
            assertEquals("still", live.payloadText(4));
        }
    }
}
