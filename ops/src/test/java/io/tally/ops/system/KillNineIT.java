package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} at random moments under load: nothing acknowledged is lost, nothing doubled at QoS 2, order is
 * kept.
 */
final class KillNineIT {
    private static final Duration STALL = Duration.ofSeconds(20);

    @Test
    void losesAndDoublesNothingOverSixKills() throws Exception {
        List<Duration> starts = killUnderLoad(6, 2_000);
        assertTrue(Collections.max(starts).toMillis() < 10_000, "slowest restart " + Collections.max(starts));
    }

    /** -Dkills=100 -Dprefill.mb=1024 -Drate=4000 */
    @Test
    @Tag("slow")
    void losesAndDoublesNothingOverAHundredKillsWithAGigabyteOfJournal() throws Exception {
        List<Duration> starts = killUnderLoad(Integer.getInteger("kills", 100), Integer.getInteger("rate", 4_000));
        assertTrue(Collections.max(starts).toMillis() < 2_000, "slowest restart " + Collections.max(starts));
    }

    private List<Duration> killUnderLoad(int kills, int ratePerS) throws IOException, InterruptedException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("KillNineIT seed=" + seed + " kills=" + kills);
        SplittableRandom random = new SplittableRandom(seed);
        Path home = TestHome.fresh("kill-nine");
        BrokerSettings settings = new BrokerSettings(home).line("max_queued_messages 0");
        List<Duration> starts = new ArrayList<>();
        try (BrokerProcess broker = BrokerProcess.start(settings)) {
            Prefill.run(broker.port(), Integer.getInteger("prefill.mb", 0));
            try (Crowd crowd = Crowd.mixed("k", broker.port(), 8, ratePerS)) {
                for (int i = 0; i < kills; i++) {
                    crowd.awaitAccepted(random.nextLong(ratePerS / 8, ratePerS * 2L), Duration.ofSeconds(60));
                    if (random.nextInt(3) == 0) {
                        crowd.cutSubscriber(random.nextInt(5));
                    }
                    broker.kill9();
                    broker.restart();
                    starts.add(broker.startTime());
                }
                LedgerReport report = crowd.finish(STALL);
                Collections.sort(starts);
                System.out.println("KillNineIT restarts ms median="
                        + starts.get(starts.size() / 2).toMillis() + " max="
                        + starts.get(starts.size() - 1).toMillis() + " " + report);
                assertTrue(report.isClean(), report + ", seed " + seed);
            }
        }
        TestHome.delete(home);
        return starts;
    }
}
