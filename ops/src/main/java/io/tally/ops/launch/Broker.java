package io.tally.ops.launch;

import io.tally.ops.config.BrokerConfig;
import java.io.PrintStream;

/** The whole broker, put together. */
public final class Broker {
    private Broker() {}

    /**
     * Runs until the process is told to stop.
     *
     * @param out takes the one line that says that the broker is ready
     * @return exit code, 0 after a clean stop
     */
    public static int run(BrokerConfig config, PrintStream out) {
        out.println("not wired: " + config.listeners());
        return 70;
    }
}
