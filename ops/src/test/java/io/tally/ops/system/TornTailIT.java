package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Power cuts without a file system of our own. The broker is stopped and killed; then everything behind the last
 * acknowledged message is taken out of the journal, but for a torn rest of random length, and the state is put back to
 * what it was a moment earlier. A disk may look like that after a power cut, as nothing behind an acknowledgement needs
 * to have been forced. QoS 1 only: there nothing but the messages is ever acknowledged to a client.
 */
final class TornTailIT {
    private static final Duration STALL = Duration.ofSeconds(20);
    private static final int PUBLISHERS = 6;
    private static final int TORN_BYTES_MAX = 2_000;

    @Test
    void losesNothingOverThreeTornTails() throws Exception {
        tearUnderLoad(3, 2_000);
    }

    /** -Dcuts=50 -Drate=4000 */
    @Test
    @Tag("slow")
    void losesNothingOverFiftyTornTails() throws Exception {
        tearUnderLoad(Integer.getInteger("cuts", 50), Integer.getInteger("rate", 4_000));
    }

    private static void tearUnderLoad(int cuts, int ratePerS) throws IOException, InterruptedException {
        Assumptions.assumeTrue(BrokerSettings.isTally(), "this run is about another broker");
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("TornTailIT seed=" + seed + " cuts=" + cuts);
        SplittableRandom random = new SplittableRandom(seed);
        Path home = TestHome.fresh("torn-tail");
        Path state = home.resolve("data/state");
        Path earlier = home.resolve("earlier");
        BrokerSettings settings = new BrokerSettings(home)
                .line("max_queued_messages 0")
                .line("max_packet_size 100000")
                .tallyLine(PowerCutIT.SMALL_JOURNAL_FILES);
        try (BrokerProcess broker = BrokerProcess.start(settings);
                Crowd crowd = atLeastOnceCrowd(broker.port(), ratePerS)) {
            for (int i = 0; i < cuts; i++) {
                crowd.awaitAccepted(random.nextLong(ratePerS / 8, ratePerS), Duration.ofSeconds(60));
                broker.signal("STOP");
                TestHome.delete(earlier);
                Shell.must("cp", "-r", state.toString(), earlier.toString());
                broker.signal("CONT");
                crowd.awaitAccepted(random.nextLong(500, 1_500), Duration.ofSeconds(60));
                broker.signal("STOP");
                crowd.awaitSilence();
                broker.kill9();
                crowd.journalTail(settings.dataDir().resolve("journal")).cut(random.nextInt(TORN_BYTES_MAX));
                TestHome.delete(state);
                Shell.must("mv", earlier.toString(), state.toString());
                broker.restart();
            }
            crowd.subscriberWanted(2, true);
            LedgerReport report = crowd.finish(STALL);
            System.out.println("TornTailIT " + report);
            assertTrue(report.isClean(), report + ", seed " + seed);
        }
        TestHome.delete(home);
    }

    /** The third subscriber is absent, so that no journal file is deleted. */
    private static Crowd atLeastOnceCrowd(int port, int ratePerS) throws IOException, InterruptedException {
        Crowd crowd = new Crowd("t", port, PUBLISHERS, 3);
        crowd.subscriber(0, 5, 1);
        crowd.subscriber(1, 4, 1);
        crowd.subscriber(2, 5, 1);
        crowd.awaitSubscribed();
        crowd.subscriberWanted(2, false);
        for (int i = 0; i < PUBLISHERS; i++) {
            double rate = (double) ratePerS / PUBLISHERS;
            crowd.publisher(new LedgerPublisher.Plan(4 + i % 2, 1, 20, 3, 200, rate), Long.MAX_VALUE);
        }
        return crowd;
    }
}
