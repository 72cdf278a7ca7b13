package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Well-behaved clients beside a hostile one: what they see tells whether it harmed them. Called by the test's
 * thread.
 */
final class Neighbours implements AutoCloseable {
    private static final int SAMPLES_MAX = 1_000_000;
    private final BrokerProcess broker;
    private final Crowd crowd;
    private final long rssKb;
    private final long[] latenciesUs = new long[SAMPLES_MAX];
    private int samples;

    /** Eight publishers of 25 messages a second each, QoS 1 and 2, and two subscribers. */
    Neighbours(BrokerProcess broker, String name) throws IOException, InterruptedException {
        this.broker = broker;
        crowd = new Crowd("n-" + name, broker.port(), 8, 2);
        crowd.subscriber(0, 5, 2);
        crowd.subscriber(1, 4, 1);
        crowd.awaitSubscribed();
        crowd.latencyTo(0, this::onLatency);
        crowd.publishers(10, 100, 25);
        crowd.awaitAccepted(400, Duration.ofSeconds(20));
        rssKb = broker.statusKb("VmRSS");
    }

    /** Lets them go on for a while. */
    void live(Duration time) {
        Await.pass(time);
    }

    /**
     * Nothing lost, doubled or out of order, 99 of 100 messages fast, memory not much more than before, process
     * alive.
     */
    void assertUnharmed(long latencyMs, long growthMb) throws IOException, InterruptedException {
        crowd.awaitAccepted(100, Duration.ofSeconds(20));
        long growthKb = broker.statusKb("VmRSS") - rssKb;
        LedgerReport report = crowd.finish(Duration.ofSeconds(10));
        Arrays.sort(latenciesUs, 0, samples);
        long p99Us = latenciesUs[samples * 99 / 100];
        System.out.println("HostileIT p99 us=" + p99Us + " max us=" + latenciesUs[samples - 1] + " of " + samples
                + " RSS MB before=" + rssKb / 1_024 + " growth=" + growthKb / 1_024);
        assertTrue(report.isClean(), report.toString());
        assertTrue(broker.isAlive());
        assertTrue(p99Us < TimeUnit.MILLISECONDS.toMicros(latencyMs), "p99 " + p99Us + " us");
        assertTrue(growthKb < growthMb * 1_024, "memory grew by " + growthKb + " KiB from " + rssKb);
    }

    @Override
    public void close() throws IOException {
        crowd.close();
    }

    private void onLatency(long ns) {
        if (samples < SAMPLES_MAX) {
            latenciesUs[samples++] = TimeUnit.NANOSECONDS.toMicros(ns);
        }
    }
}
