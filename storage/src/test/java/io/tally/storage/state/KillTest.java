package io.tally.storage.state;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.storage.sequencer.Doorbell;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the moment of a kill -9, the store holds the state at one position, and not an older one than it said. */
class KillTest {
    private static final String DURABLE = "durable ";

    @TempDir
    private Path directory;

    @Test
    void killedStoreHoldsTheStateAtOnePosition() throws Exception {
        killTimes(3);
    }

    @Test
    @Tag("slow")
    void killedStoreHoldsTheStateAtOnePositionManyTimes() throws Exception {
        killTimes(100);
    }

    private void killTimes(int times) throws IOException, InterruptedException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("KillTest seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        long position = 0;
        for (int i = 0; i < times; i++) {
            long durable = runAndKill(random.nextInt(1, 400));
            try (RocksStateStore store = RocksStateStore.open(config(directory), new Doorbell())) {
                position = store.durablePosition();
                CountedRows.check(store, position);
            }
            assertTrue(position >= durable, "durable was " + durable + ", found " + position + ", seed " + seed);
        }
        assertTrue(position > 0, "something was written, seed " + seed);
    }

    /** Kills after so many lines; returns the last durable position that the killed process had time to print. */
    private long runAndKill(int lines) throws IOException, InterruptedException {
        List<String> output = new ArrayList<>();
        try (ChildJvm writer = ChildJvm.start(Writer.class, directory.toString())) {
            for (int i = 0; i < lines; i++) {
                String line = writer.readLine();
                assertNotNull(line, () -> "the writer ended by itself: " + String.join("\n", output));
                output.add(line);
            }
            writer.kill();
            for (String line = writer.readLine(); line != null; line = writer.readLine()) {
                output.add(line);
            }
        }
        return output.stream()
                .filter(line -> line.matches(DURABLE + "[0-9]+;"))
                .mapToLong(line -> Long.parseLong(line.substring(DURABLE.length(), line.length() - 1)))
                .max()
                .orElse(0);
    }

    private static StoreConfig config(Path directory) {
        return new StoreConfig(
                directory, StoreRig.NATIVE, 1 << 20, 256 << 10, TimeUnit.MILLISECONDS.toNanos(50), Long.MAX_VALUE);
    }

    /** Writes batch after batch until it is killed; prints the durable position now and then. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) {
            StoreConfig config = config(Path.of(arguments[0]));
            RocksStateStore store = RocksStateStore.open(config, new Doorbell());
            StoreAgent agent = new StoreAgent(
                    store,
                    new StoreAgent.Inputs(config, (p, view) -> -1, () -> {}, position -> {}, System::nanoTime),
                    Throwable::printStackTrace);
            for (long position = store.durablePosition() + 1; ; position++) {
                store.tryBegin();
                CountedRows.write(store, position);
                store.commit(position);
                agent.doWork();
                System.out.println(DURABLE + store.durablePosition() + ";");
            }
        }
    }
}
