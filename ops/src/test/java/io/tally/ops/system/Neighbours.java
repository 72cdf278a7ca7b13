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
    private final long calmP99Us;
    private final long[] latenciesUs = new long[SAMPLES_MAX];
    private int samples;
    private long maxUs;

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
        calmP99Us = p99Us();
    }

    /** Lets them go on for a while. */
    void live(Duration time) {
        Await.pass(time);
    }

    /**
     * Nothing lost, doubled or out of order, 99 of 100 messages fast, memory not much more than before, process alive.
     *
     * @param latencyMs limit, to which ten times the latency of the calm before is added: machines differ
     */
    void assertUnharmed(long latencyMs, long growthMb) throws IOException, InterruptedException {
        crowd.awaitAccepted(100, Duration.ofSeconds(20));
        long growthKb = broker.statusKb("VmRSS") - rssKb;
        LedgerReport report = crowd.finish(Duration.ofSeconds(10));
        long p99Us = p99Us();
        System.out.println("HostileIT p99 us calm=" + calmP99Us + " now=" + p99Us + " max=" + maxUs + " RSS MB before="
                + rssKb / 1_024 + " growth=" + growthKb / 1_024);
        assertTrue(report.isClean(), report.toString());
        assertTrue(broker.isAlive());
        assertTrue(p99Us < TimeUnit.MILLISECONDS.toMicros(latencyMs) + 10 * calmP99Us, "p99 " + p99Us + " us");
        assertTrue(growthKb < growthMb * 1_024, "memory grew by " + growthKb + " KiB from " + rssKb);
    }

    @Override
    public void close() throws IOException {
        crowd.close();
    }

    /** Of what has been received since this was last asked. */
    private long p99Us() {
        return crowd.ask(() -> {
            Arrays.sort(latenciesUs, 0, samples);
            long p99 = latenciesUs[samples * 99 / 100];
            maxUs = latenciesUs[samples - 1];
            samples = 0;
            return p99;
        });
    }

    private void onLatency(long ns) {
        if (samples < SAMPLES_MAX) {
            latenciesUs[samples++] = TimeUnit.NANOSECONDS.toMicros(ns);
        }
    }
}
