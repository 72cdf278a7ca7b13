package io.tally.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.perf.load.IdleConnections;
import io.tally.perf.load.Target;
import io.tally.protocol.codec.ProtocolVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a broker that ends the connection of a client that is silent for 1.5 seconds. */
class KeepAliveTest {
    private static final int SILENCE_MS = 3_000;

    private static TallyProcess broker;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void startBroker() throws IOException {
        broker = new TallyProcess(directory, "max_keepalive 1");
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @Test
    void clientsThatHaveNothingToSendKeepTheirConnections() {
        String line = "--mqtt 5 --publishers 4 --subscribers 2 --rate 1 --idle 3 --warmup 0 --seconds 4 --port "
                + broker.port();
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        assertEquals(0, Bench.run(line.split(" "), print, print), output.toString(StandardCharsets.UTF_8));
    }

    @Test
    void idleConnectionsAreKept() throws Exception {
        Target target = new Target("127.0.0.1", broker.port(), ProtocolVersion.V5);
        try (IdleConnections idle = new IdleConnections(target, 2, List.of())) {
            assertEquals(5, idle.more(5, SILENCE_MS).connections());
            assertEquals(0, idle.lost());
        }
    }
}
