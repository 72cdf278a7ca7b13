package io.tally.perf;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which broker is meant. */
final class BrokerOptions {
    @Option(names = "--host", paramLabel = "HOST", description = "Where the broker is (127.0.0.1).")
    String host = "127.0.0.1";

    @Option(names = "--port", paramLabel = "PORT", description = "Its port (1883).")
    int port = 1883;

    @Option(
            names = "--pid",
            paramLabel = "PID",
            split = ",",
            description = "Processes of the broker on this machine, for its CPU time and memory.")
    List<Long> pids = new ArrayList<>();

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
