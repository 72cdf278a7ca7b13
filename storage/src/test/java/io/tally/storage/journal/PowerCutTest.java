package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Positions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The machine stops: of the newest file only what was forced is sure to be there, and of the rest any part may be.
 * Older files were forced when the newest was begun.
 */
class PowerCutTest {
    private static final JournalOptions SMALL = JournalHarness.SMALL;
    private static final int SECTOR = 512;
    private static final int SEEDS_PER_RUN = 10;

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void losesNothingThatWasForced(long run) {
        for (long seed = run * SEEDS_PER_RUN; seed < (run + 1) * SEEDS_PER_RUN; seed++) {
            try (JournalHarness harness = JournalHarness.start(dir.resolve("seed" + seed), SMALL)) {
                new Life(harness, seed).run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** Some work and power cuts in turns, over several files. */
    private static final class Life {
        private final JournalHarness harness;
        private final SplittableRandom random;
        private byte[] forced = new byte[0];
        private int forcedFile;
        private int forcedCount;

        Life(JournalHarness harness, long seed) {
            this.harness = harness;
            this.random = new SplittableRandom(seed);
        }

        void run() {
            remember(0);
            for (int cut = 0; cut < 6; cut++) {
                int batches = 1 + random.nextInt(25);
                for (int i = 0; i < batches; i++) {
                    work();
                }
                powerCut();
                check();
            }
        }

        private void work() {
            int lengthMax = random.nextInt(10) == 0 ? SMALL.entryBytesMax() : 3000;
            int count = random.nextInt(40);
            for (int i = 0; i < count; i++) {
                assertTrue(harness.appendOfLength(1 + random.nextInt(lengthMax)));
                if (newestFile() != forcedFile) {
                    remember(harness.positions.size() - 1);
                    forgetEntriesOfForcedImage();
                }
            }
            if (random.nextInt(4) > 0) {
                harness.journal().force();
                remember(harness.positions.size());
            }
        }

        private int newestFile() {
            return Math.max(1, Positions.file(harness.journal().lastPosition()));
        }

        private void remember(int count) {
            forcedCount = count;
            forcedFile = newestFile();
            try (JournalDamage file = new JournalDamage(harness.directory.file(forcedFile))) {
                forced = file.get(0, (int) SMALL.fileBytes());
            }
        }

        /** A file is forced for the first time when it is begun, before its first entry. */
        private void forgetEntriesOfForcedImage() {
            zero(ChronicleFile.FIRST_DATA_OFFSET, forced.length);
            zero(ChronicleFile.WRITE_POSITION_OFFSET, ChronicleFile.WRITE_SEQUENCE_OFFSET + Long.BYTES);
            zero(ChronicleFile.NEXT_TO_INDEX_OFFSET, ChronicleFile.NEXT_TO_INDEX_OFFSET + Long.BYTES);
            zero(ChronicleFile.slots(ChronicleFile.SECOND_INDEX_OFFSET, false), ChronicleFile.FIRST_DATA_OFFSET);
        }

        private void zero(long from, long to) {
            Arrays.fill(forced, (int) from, (int) to, (byte) 0);
        }

        private void powerCut() {
            harness.abandon();
            int mode = random.nextInt(6);
            int unit = mode == 1 ? 4096 : SECTOR;
            int prefix = random.nextInt(forced.length);
            try (JournalDamage file = new JournalDamage(harness.directory.file(forcedFile))) {
                byte[] written = file.get(0, forced.length);
                for (int at = 0; at < forced.length; at += unit) {
                    if (Arrays.equals(written, at, at + unit, forced, at, at + unit)) {
                        continue;
                    }
                    boolean survives = switch (mode) {
                        case 0 -> false;
                        case 3 -> at < prefix;
                        case 4 -> at < 4096;
                        default -> random.nextBoolean();
                    };
                    if (!survives) {
                        file.put(at, Arrays.copyOfRange(forced, at, at + unit));
                    }
                    if (mode == 5 && at > ChronicleFile.FIRST_DATA_OFFSET && isZero(at, unit)) {
                        file.garble(at, at + unit, random.nextLong());
                    }
                }
            }
        }

        private boolean isZero(int at, int length) {
            for (int i = at; i < at + length; i++) {
                if (forced[i] != 0) {
                    return false;
                }
            }
            return true;
        }

        private void check() {
            int reflected = forcedCount == 0 ? 0 : random.nextInt(forcedCount + 1);
            harness.recoverAndOpen(reflected == 0 ? 0 : harness.positions.get(reflected - 1));
            long survivors = harness.recovered.lastSequence();
            assertTrue(survivors >= forcedCount, survivors + " of " + forcedCount + " forced");
            assertTrue(survivors <= harness.positions.size());
            harness.forgetBehind(survivors);
            assertEquals(
                    survivors == 0 ? 0 : harness.positions.get((int) survivors - 1), harness.recovered.lastPosition());
            harness.assertReadsBackEverything();
            remember((int) survivors);
        }
    }
}
