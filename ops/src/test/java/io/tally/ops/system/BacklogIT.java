package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A large backlog for one absent persistent session: memory stays flat, and it is drained in order and fast. */
final class BacklogIT {
    private static final Duration STALL = Duration.ofSeconds(30);
    private static final int PUBLISHERS = 10;

    @Test
    void drainsASmallBacklogInOrder() throws Exception {
        Figures figures = backlog(200_000);
        assertTrue(figures.drainPerS() > 10_000, figures.toString());
        assertTrue(figures.rssAnonKb() < 1.5 * figures.earlyRssAnonKb(), figures.toString());
    }

    /** -Dbacklog=5000000 */
    @Test
    @Tag("slow")
    void drainsFiveMillionInOrderAtAHundredThousandPerSecondInFlatMemory() throws Exception {
        Figures figures = backlog(Integer.getInteger("backlog", 5_000_000));
        assertTrue(figures.rssAnonKb() < 1.2 * figures.earlyRssAnonKb(), figures.toString());
        assertTrue(figures.rssKb() < 1.2 * figures.earlyRssKb(), figures.toString());
        assertTrue(figures.drainPerS() >= 100_000, figures.toString());
    }

    /**
     * What was measured; early is at a fifth of the backlog.
     *
     * @param drainPerS messages a second from the subscriber's return to its last message
     */
    private record Figures(
            long earlyRssAnonKb, long rssAnonKb, long earlyRssKb, long rssKb, long publishPerS, long drainPerS) {}

    private static Figures backlog(int messages) throws IOException, InterruptedException {
        Path home = TestHome.fresh("backlog");
        BrokerSettings settings = new BrokerSettings(home).line("max_queued_messages 0");
        try (BrokerProcess broker = BrokerProcess.start(settings);
                Crowd crowd = new Crowd("b", broker.port(), PUBLISHERS, 1)) {
            crowd.subscriber(0, 5, 1);
            crowd.awaitSubscribed();
            crowd.subscriberWanted(0, false);
            long begin = System.nanoTime();
            for (int i = 0; i < PUBLISHERS; i++) {
                crowd.publisher(new LedgerPublisher.Plan(5, 1, 64, 1, 256, 0), messages / PUBLISHERS);
            }
            crowd.awaitAccepted(messages / 5 - crowd.accepted(), Duration.ofMinutes(10));
            long earlyAnon = broker.statusKb("RssAnon");
            long early = broker.statusKb("VmRSS");
            crowd.awaitPublished(STALL);
            long published = System.nanoTime();
            long anon = broker.statusKb("RssAnon");
            long rss = broker.statusKb("VmRSS");
            crowd.subscriberWanted(0, true);
            Await.until("drained", Duration.ofMinutes(10), () -> crowd.received() >= messages);
            long drained = System.nanoTime();
            LedgerReport report = crowd.finish(STALL);
            Figures figures = new Figures(
                    earlyAnon,
                    anon,
                    early,
                    rss,
                    perS(messages, published - begin),
                    perS(messages, drained - published));
            System.out.println("BacklogIT " + messages + " " + figures + " " + report);
            assertTrue(report.isClean() && report.repeated() == 0, report.toString());
            broker.kill9();
            TestHome.delete(home);
            return figures;
        }
    }

    private static long perS(int messages, long ns) {
        return (long) (messages * 1e9 / ns);
    }
}
