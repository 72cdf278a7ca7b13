package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Positions;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A force fails, and the kernel forgets that it has not written what it holds. */
class FailedForceTest {
    private static final JournalOptions SMALL = JournalHarness.SMALL;
    private static final int SEEDS_PER_RUN = 10;

    @TempDir
    Path dir;

    private final LyingDisk disk = new LyingDisk();

    private JournalHarness start(String name) {
        JournalHarness harness = new JournalHarness(JournalDirectory.open(dir.resolve(name), disk::open), SMALL);
        harness.recoverAndOpen(0);
        return harness;
    }

    /** What recovery has found may be acknowledged: it has to be there after a power cut. */
    private void assertRecoveredSurvivesAPowerCut(JournalHarness harness, long count) {
        harness.abandon();
        RecoveredJournal before = harness.recover(0);
        assertEquals(count, before.lastSequence());
        disk.cutPower();
        harness.recoverAndOpen(0);
        assertEquals(before, harness.recovered);
        harness.assertReadsBackEverything();
    }

    @Test
    void entriesOfAFailedForceAreDurableOnceRecovered() {
        try (JournalHarness harness = start("tail")) {
            harness.appendMany(30, 2000);
            harness.journal().force();
            harness.appendMany(30, 2000);
            disk.failForce(1);
            assertThrows(JournalException.class, () -> harness.journal().force());
            assertRecoveredSurvivesAPowerCut(harness, 60);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void entriesBeforeAFileThatCouldNotBeBegunAreDurableOnceRecovered(int failure) {
        try (JournalHarness harness = start("roll")) {
            harness.appendMany(30, 2000);
            harness.journal().force();
            disk.failForce(failure);
            assertThrows(JournalException.class, () -> harness.appendMany(1000, 2000));
            int count = harness.positions.size();
            assertEquals(1, Positions.file(harness.positions.get(count - 1)));
            assertRecoveredSurvivesAPowerCut(harness, count);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void losesNothingThatWasForcedOrRecovered(long run) {
        for (long seed = run * SEEDS_PER_RUN; seed < (run + 1) * SEEDS_PER_RUN; seed++) {
            try (JournalHarness harness = start("seed" + seed)) {
                new Life(harness, new SplittableRandom(seed)).run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** Work until a force fails or the process is killed, then a restart, in turns; now and then a power cut. */
    private final class Life {
        private final JournalHarness harness;
        private final SplittableRandom random;
        private long durableCount;

        Life(JournalHarness harness, SplittableRandom random) {
            this.harness = harness;
            this.random = random;
        }

        void run() {
            for (int i = 0; i < 8; i++) {
                work();
                restart();
            }
        }

        private void work() {
            disk.failForce(random.nextInt(12));
            try {
                for (int batch = random.nextInt(25); batch > 0; batch--) {
                    harness.appendMany(random.nextInt(40), 3000);
                    harness.journal().force();
                    durableCount = harness.positions.size();
                }
                harness.appendMany(random.nextInt(10), 3000);
            } catch (JournalException e) {
                assertTrue(e.toString().contains("Input/output error"), e.toString());
            }
            harness.abandon();
        }

        private void restart() {
            if (random.nextInt(3) == 0) {
                disk.cutPower();
            }
            disk.dropCleanPages(random);
            disk.failForce(random.nextInt(4));
            long reflected = durableCount == 0 ? 0 : harness.positions.get(random.nextInt((int) durableCount));
            while (!tryRecover(reflected)) {
                disk.dropCleanPages(random);
            }
            durableCount = harness.recovered.lastSequence();
            harness.forgetBehind(durableCount);
            harness.open();
            harness.assertReadsBackEverything();
        }

        private boolean tryRecover(long reflected) {
            try {
                harness.recover(reflected);
            } catch (JournalException e) {
                assertTrue(e.toString().contains("Input/output error"), e.toString());
                return false;
            } finally {
                disk.forgetRenamedFiles();
            }
            assertTrue(
                    harness.recovered.lastSequence() >= durableCount,
                    harness.recovered.lastSequence() + " of " + durableCount);
            disk.failForce(0);
            return true;
        }
    }
}
