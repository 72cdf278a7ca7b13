package io.tally.ops.system;

import java.io.IOException;
import java.time.Duration;

/** Fills the journal with messages for a session that is absent, so that it has to be kept. */
final class Prefill {
    private static final int MESSAGE_BYTES = 16 * 1024;

    private Prefill() {}

    static void run(int port, int megabytes) throws IOException, InterruptedException {
        if (megabytes == 0) {
            return;
        }
        try (Crowd crowd = new Crowd("prefill", port, 1, 1)) {
            crowd.subscriber(0, 5, 1);
            crowd.awaitSubscribed();
            crowd.subscriberWanted(0, false);
            long messages = megabytes * (1024L * 1024 / MESSAGE_BYTES);
            crowd.publisher(new LedgerPublisher.Plan(5, 1, 32, 1, MESSAGE_BYTES, 0), messages);
            crowd.awaitPublished(Duration.ofSeconds(20));
        }
    }
}
