package io.tally.storage.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.protocol.Invariant;
import io.tally.storage.sequencer.Doorbell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A full disk costs the store nothing but time. On a real file system of 24 MiB. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class FullDiskTest {
    @TempDir
    private Path mountPoint;

    @Test
    void waitsOutAFullDiskAndLosesNothing() throws Exception {
        List<String> output = new ArrayList<>();
        try (ChildJvm child = ChildJvm.startWithTmpfs(mountPoint, 24, Scenario.class, mountPoint.toString())) {
            for (String line = child.readLine(); line != null; line = child.readLine()) {
                output.add(line);
            }
            assertEquals(0, child.exitCode(), () -> String.join("\n", output));
        }
    }

    /** Runs where the disk is small; ends with 0 when all is well. */
    static final class Scenario {
        private final Path filler;
        private final StoreConfig config;
        private long position;

        private Scenario(Path disk) {
            filler = disk.resolve("filler");
            config = new StoreConfig(
                    disk.resolve("store"), StoreRig.NATIVE, 1 << 20, 8 << 20, 1_000_000, Long.MAX_VALUE);
        }

        public static void main(String[] arguments) throws IOException {
            Scenario scenario = new Scenario(Path.of(arguments[0]));
            scenario.fillAndFree();
            scenario.fillAndClose();
            scenario.checkAfterRestart();
        }

        private void fillAndFree() throws IOException {
            try (RocksStateStore store = RocksStateStore.open(config, new Doorbell())) {
                StoreAgent agent = agent(store);
                writeUntilDurable(store, agent, 1);
                fill();
                writeUntilFull(store, agent);
                long durable = store.durablePosition();
                CountedRows.check(store, store.appliedBatch());
                Files.delete(filler);
                writeUntilDurable(store, agent, durable + 1);
                CountedRows.check(store, position);
                agent.onClose();
                Invariant.check(store.durablePosition() == position, "a close flushes", position);
            }
        }

        private void fillAndClose() throws IOException {
            try (RocksStateStore store = RocksStateStore.open(config, new Doorbell())) {
                CountedRows.check(store, position);
                StoreAgent agent = agent(store);
                fill();
                writeUntilFull(store, agent);
                agent.onClose();
                position = store.durablePosition();
            }
            Files.delete(filler);
        }

        private void checkAfterRestart() {
            try (RocksStateStore store = RocksStateStore.open(config, new Doorbell())) {
                Invariant.check(store.durablePosition() >= position, "what was durable still is", position);
                CountedRows.check(store, store.durablePosition());
            }
        }

        private StoreAgent agent(RocksStateStore store) {
            StoreAgent.Inputs inputs =
                    new StoreAgent.Inputs(config, (p, view) -> -1, () -> {}, barrier -> {}, System::nanoTime);
            return new StoreAgent(store, inputs, Throwable::printStackTrace);
        }

        private void writeUntilDurable(RocksStateStore store, StoreAgent agent, long target) {
            while (store.durablePosition() < target) {
                write(store);
                work(agent);
            }
            while (store.durablePosition() < position) {
                work(agent);
            }
        }

        private void writeUntilFull(RocksStateStore store, StoreAgent agent) {
            while (!agent.isDiskFull()) {
                write(store);
                work(agent);
            }
        }

        private boolean write(RocksStateStore store) {
            if (!store.tryBegin()) {
                return false;
            }
            position++;
            CountedRows.write(store, position);
            store.commit(position);
            return true;
        }

        private static void work(StoreAgent agent) {
            if (agent.doWork() == 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }

        private void fill() throws IOException {
            byte[] block = new byte[4096];
            try (var out = Files.newOutputStream(filler, StandardOpenOption.CREATE_NEW)) {
                while (Files.getFileStore(filler).getUsableSpace() > 0) {
                    out.write(block);
                }
            }
        }
    }
}
