package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Power cuts: of the disk only what has reached the device survives, which is all that was forced and by chance a part
 * of the rest. The broker is stopped in the middle of its work, the device copied, the process killed, and a new
 * process gets the copy. The clients keep their state and go on.
 */
final class PowerCutIT {
    private static final Duration STALL = Duration.ofSeconds(20);
    private static final int IMAGE_MB = 640;

    @Test
    void losesAndDoublesNothingOverFourPowerCuts() throws Exception {
        cutUnderLoad(4, 2_000);
    }

    /** -Dcuts=50 -Drate=4000 */
    @Test
    @Tag("slow")
    void losesAndDoublesNothingOverFiftyPowerCuts() throws Exception {
        cutUnderLoad(Integer.getInteger("cuts", 50), Integer.getInteger("rate", 4_000));
    }

    private static void cutUnderLoad(int cuts, int ratePerS) throws IOException, InterruptedException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("PowerCutIT seed=" + seed + " cuts=" + cuts);
        SplittableRandom random = new SplittableRandom(seed);
        Path home = TestHome.fresh("power-cut");
        Assumptions.assumeTrue(LoopImage.isPermitted(home), "NOT RUN: needs root, to mount a loop device");
        Path disk = home.resolve("disk");
        Path image = home.resolve("0.img");
        LoopImage mounted = LoopImage.create(image, disk, IMAGE_MB);
        BrokerSettings settings = new BrokerSettings(home)
                .dataDir(disk.resolve("data"))
                .line("max_queued_messages 0")
                .line("max_packet_size 100000")
                .tallyLine("durability " + System.getProperty("durability", "disk"))
                .tallyLine(SMALL_JOURNAL_FILES);
        try (BrokerProcess broker = BrokerProcess.start(settings);
                Crowd crowd = Crowd.mixed("w", broker.port(), 8, ratePerS)) {
            for (int i = 1; i <= cuts; i++) {
                crowd.awaitAccepted(random.nextLong(ratePerS / 8, ratePerS * 2L), Duration.ofSeconds(60));
                broker.signal("STOP");
                Path copy = home.resolve(i + ".img");
                mounted.copyTo(copy);
                broker.kill9();
                mounted.close();
                Files.delete(image);
                image = copy;
                mounted = LoopImage.attach(image, disk);
                broker.restart();
            }
            LedgerReport report = crowd.finish(STALL);
            System.out.println("PowerCutIT " + report);
            assertTrue(report.isClean(), report + ", seed " + seed);
            broker.kill9();
        } finally {
            mounted.close();
        }
        TestHome.delete(home);
    }

    /** So that the cuts fall into several files. */
    static final String SMALL_JOURNAL_FILES = "journal_file_size 4m";
}
