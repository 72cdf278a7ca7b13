package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A full disk: publishes are refused, nothing acknowledged is lost, the process lives, and accepts again when there
 * is room.
 */
final class FullDiskIT {
    private static final Duration STALL = Duration.ofSeconds(20);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int DISK_MB = 160;
    private static final long FREE_AT_FIRST = 24 << 20;
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
