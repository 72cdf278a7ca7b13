package io.tally.ops.launch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.Engine;
import io.tally.ops.config.BrokerConfig;
import io.tally.ops.config.ConfigReader;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.RestartedCommand;
import io.tally.storage.sequencer.Doorbell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeTest {
    private static final long YEAR_MS = TimeUnit.DAYS.toMillis(365);
    private static final ErrorHandler FAIL = e -> {
        throw new AssertionError(e);
    };

    @TempDir
    private Path home;

    @Test
    void timeGoesOnBehindAJournalOfTheFuture() throws Exception {
        Path file = Files.writeString(
                home.resolve("tally.conf"),
                "persistence_location " + home.resolve("data") + "\njournal_file_size 16m\nallow_anonymous true\n");
        BrokerConfig config = ConfigReader.read(file, List.of()).config();
        long futureMs = System.currentTimeMillis() + 10 * YEAR_MS;
        Node wrong = start(config);
        UnsafeBuffer command = new UnsafeBuffer(new byte[RestartedCommand.LENGTH]);
        RestartedCommand.write(command, 0, Limits.NONE);
        wrong.journal().append(futureMs, command, 0, RestartedCommand.LENGTH);
        wrong.journal().force();
        wrong.close();

        Node right = start(config);
        Engine engine = right.engine();
        long startedMs = engine.timeMs();
        assertTrue(startedMs >= futureMs);
        assertTrue(startedMs < futureMs + YEAR_MS);
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (right.clock().time() < startedMs + 5 && System.nanoTime() - endNs < 0) {
            Thread.onSpinWait();
        }
        assertTrue(right.clock().time() >= startedMs + 5);
        right.close();
    }

    private static Node start(BrokerConfig config) {
        Node node = Node.recover(config, 1 << 16, new Doorbell(), FAIL);
        node.replay(new RingEffects(List.of(), List.of(), () -> {}));
        node.restarted(Limits.NONE);
        return node;
    }
}
