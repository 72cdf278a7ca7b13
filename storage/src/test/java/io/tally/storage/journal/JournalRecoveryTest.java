package io.tally.storage.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Positions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JournalRecoveryTest {
    private static final JournalOptions SMALL = JournalHarness.SMALL;

    /** Appended and forced before the damage. */
    private static final int FORCED = 800;

    /** Appended behind it, never forced. */
    private static final int UNFORCED = 60;

    @TempDir
    Path dir;

    /** A way to damage the newest file, and how many entries are left of it. */
    private static Arguments damage(String name, int survivors, BiConsumer<JournalDamage, JournalHarness> action) {
        return Arguments.of(name, survivors, action);
    }

    private static long offset(JournalHarness harness, int sequence) {
        return Positions.offset(harness.positions.get(sequence - 1));
    }

    private static long end(JournalHarness harness) {
        int last = harness.positions.size();
        return ChronicleFile.align(
                offset(harness, last) + JournalFrame.OVERHEAD_MAX + JournalHarness.length(last, 2000));
    }

    /** The tail is not what was written. */
    static Stream<Arguments> tornTails() {
        int victim = FORCED + 20;
        int all = FORCED + UNFORCED;
        return Stream.of(
                damage("tail zero", victim - 1, (f, h) -> f.zero(offset(h, victim), end(h))),
                damage("tail zero within an entry", victim - 1, (f, h) -> f.zero(offset(h, victim) + 12, end(h))),
                damage("tail garbage", victim - 1, (f, h) -> f.garble(offset(h, victim), end(h), 1)),
                damage(
                        "tail garbage within an entry",
                        victim - 1,
                        (f, h) -> f.garble(offset(h, victim) + 12, end(h), 2)),
                damage("page lost", victim - 1, (f, h) -> f.zero(offset(h, victim), pageEnd(h, victim))),
                damage("page of garbage", victim - 1, (f, h) -> f.garble(offset(h, victim), pageEnd(h, victim), 3)),
                damage("header word garbage", victim - 1, (f, h) -> f.putInt(offset(h, victim), 0x0233_4455)),
                damage("header word far out", victim - 1, (f, h) -> f.putInt(offset(h, victim), 0x3FFF_FFFF)),
                damage("header word of Chronicle's", victim - 1, (f, h) -> f.putInt(offset(h, victim), 0x4000_0100)),
                damage("bit of the last entry flipped", all - 1, (f, h) -> f.flip(offset(h, all) + 45)),
                damage("last entry unfinished", all - 1, (f, h) -> f.putInt(offset(h, all), 0x8000_0000)),
                damage("new entry unfinished", all, (f, h) -> {
                    f.putInt(endOfLast(h), 0x8000_0000);
                    f.garble(endOfLast(h) + 4, endOfLast(h) + 700, 4);
                }),
                damage("new entry without word", all, (f, h) -> f.garble(endOfLast(h) + 4, endOfLast(h) + 700, 5)),
                damage("cut short within an entry", victim - 1, (f, h) -> f.truncate(offset(h, victim) + 30)),
                damage("cut short between entries", victim - 1, (f, h) -> f.truncate(offset(h, victim))));
    }

    private static long pageEnd(JournalHarness harness, int sequence) {
        return (offset(harness, sequence) / 4096 + 1) * 4096;
    }

    /** All entries are there, Chronicle's notes about them are wrong. */
    static Stream<Arguments> wrongNotes() {
        int all = FORCED + UNFORCED;
        long root = ChronicleFile.slots(ChronicleFile.ROOT_INDEX_OFFSET, true);
        long second = ChronicleFile.slots(ChronicleFile.SECOND_INDEX_OFFSET, false);
        return Stream.of(
                damage("nothing", all, (f, h) -> {}),
                damage("write position too old", all, (f, h) -> {
                    f.putLong(ChronicleFile.WRITE_POSITION_OFFSET, offset(h, FORCED));
                    f.putLong(ChronicleFile.WRITE_SEQUENCE_OFFSET, 0);
                }),
                damage(
                        "write position nowhere",
                        all,
                        (f, h) -> f.putLong(ChronicleFile.WRITE_POSITION_OFFSET, 300_001)),
                damage("next to index far out", all, (f, h) -> f.putLong(ChronicleFile.NEXT_TO_INDEX_OFFSET, 1L << 40)),
                damage("indexes zero", all, (f, h) -> f.zero(second, ChronicleFile.FIRST_DATA_OFFSET)),
                damage("indexes garbage", all, (f, h) -> f.garble(second, ChronicleFile.FIRST_DATA_OFFSET, 6)),
                damage("root index zero", all, (f, h) -> f.zero(root, ChronicleFile.SECOND_INDEX_OFFSET)),
                damage("root index garbage", all, (f, h) -> f.garble(root, ChronicleFile.SECOND_INDEX_OFFSET, 7)));
    }

    private static long endOfLast(JournalHarness harness) {
        int last = harness.positions.size();
        long document = offset(harness, last);
        return ChronicleFile.align(
                JournalFrame.start(document) + JournalFrame.LENGTH + JournalHarness.length(last, 2000));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"tornTails", "wrongNotes"})
    void cutsATornTailAndGoesOnRightBehindTheLastValidEntry(
            String name, int survivors, BiConsumer<JournalDamage, JournalHarness> action) {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            fill(harness);
            long reflected = harness.positions.get(FORCED - 1);
            damageNewest(harness, file -> action.accept(file, harness));
            harness.forgetBehind(survivors);

            harness.recoverAndOpen(reflected);
            assertEquals(survivors, harness.recovered.lastSequence(), name);
            assertEquals(harness.positions.get(survivors - 1), harness.recovered.lastPosition());
            assertEquals(endOfLast(harness), harness.recovered.end());

            assertTrue(FileBlocks.allocated(harness.directory.file(harness.recovered.file())) >= SMALL.fileBytes());

            harness.appendMany(2000, 2000);
            assertEquals(harness.recovered.end(), offset(harness, survivors + 1));
            harness.reopen(reflected);
            assertEquals("", harness.recovered.repairs());
            harness.assertReadsBackEverything();
            assertEquals(harness.positions.size(), ChronicleReading.countBySequentialReading(harness));
        }
    }

    /** The newest file then holds both the last forced entries and all that were not forced. */
    private static void fill(JournalHarness harness) {
        harness.appendMany(FORCED, 2000);
        long offset = offset(harness, FORCED);
        assertTrue(offset > 80_000 && offset < SMALL.fileBytes() / 2, "choose another FORCED, this ends at " + offset);
        harness.journal().force();
        harness.appendMany(UNFORCED, 2000);
    }

    private static void damageNewest(JournalHarness harness, Consumer<JournalDamage> action) {
        int file = Positions.file(harness.journal().lastPosition());
        harness.abandon();
        try (JournalDamage damage = new JournalDamage(harness.directory.file(file))) {
            action.accept(damage);
        }
    }

    @Test
    void keepsWhatItCutsOff() throws IOException {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            fill(harness);
            long cut = offset(harness, FORCED + 20);
            int file = Positions.file(harness.journal().lastPosition());
            byte[] tail;
            damageNewest(harness, damage -> damage.flip(cut + 50));
            try (JournalDamage damage = new JournalDamage(harness.directory.file(file))) {
                tail = damage.get(cut, 1000);
            }
            harness.recover(harness.positions.get(FORCED - 1));
            byte[] kept = Files.readAllBytes(harness.directory.damaged(file, cut, 0));
            assertEquals(-1, Arrays.mismatch(tail, Arrays.copyOf(kept, 1000)));
            assertTrue(harness.recovered.repairs().contains("damaged"));
        }
    }

    static Stream<Arguments> losses() {
        int reflected = FORCED;
        return Stream.of(
                damage("the reflected entry damaged", 0, (file, h) -> file.flip(offset(h, reflected) + 50)),
                damage(
                        "cut short before the reflected entry",
                        0,
                        (file, h) -> file.truncate(offset(h, reflected) - 100)),
                damage(
                        "tail zero from before the reflected entry",
                        0,
                        (file, h) -> file.zero(offset(h, reflected - 10), end(h))),
                damage("header page zero", 0, (file, h) -> file.zero(0, 4096)),
                damage("header word zero", 0, (file, h) -> file.putInt(0, 0)),
                damage("all zero", 0, (file, h) -> file.zero(0, SMALL.fileBytes())),
                damage("empty", 0, (file, h) -> file.truncate(0)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void refusesToStartWhenSomethingReflectedIsMissing(
            String name, int ignored, BiConsumer<JournalDamage, JournalHarness> action) {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            fill(harness);
            long reflected = harness.positions.get(FORCED - 1);
            damageNewest(harness, file -> action.accept(file, harness));
            JournalException e = assertThrows(JournalException.class, () -> harness.recover(reflected), name);
            assertTrue(
                    e.toString()
                            .contains(harness.directory
                                    .file(Positions.file(reflected))
                                    .toString()),
                    e.toString());
        }
    }

    @Test
    void refusesToCutAnEntryThatWasForced() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            fill(harness);
            harness.journal().force();
            harness.appendMany(1, 100);
            damageNewest(harness, file -> file.flip(offset(harness, FORCED + 20) + 50));
            JournalException e =
                    assertThrows(JournalException.class, () -> harness.recover(harness.positions.get(FORCED - 1)));
            assertTrue(e.toString().contains("at " + offset(harness, FORCED + 20)), e.toString());
        }
    }

    @Test
    void refusesDamageInAFileThatIsNotTheNewest() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(FORCED, 2000);
            harness.abandon();
            int victim = 500;
            try (JournalDamage damage =
                    new JournalDamage(harness.directory.file(Positions.file(harness.positions.get(victim - 1))))) {
                damage.flip(offset(harness, victim) + 50);
            }
            JournalException e = assertThrows(JournalException.class, () -> harness.recover(0));
            assertTrue(e.toString().contains("at " + offset(harness, victim)), e.toString());
        }
    }

    @Test
    void refusesAMissingFile() throws IOException {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(2000, 2000);
            int[] files = harness.journal().files();
            harness.abandon();
            Files.delete(harness.directory.file(files[2]));
            assertThrows(JournalException.class, () -> harness.recover(harness.positions.get(0)));
        }
    }

    @Test
    void refusesAMissingNewestFile() throws IOException {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(2000, 2000);
        }
        try (JournalHarness harness = new JournalHarness(dir, SMALL)) {
            int[] files = harness.directory.list();
            Files.delete(harness.directory.file(files[files.length - 1]));
            assertThrows(JournalException.class, () -> harness.recover(0));
        }
    }

    @Test
    void refusesAJournalWithoutItsBeginningWhenTheStoreIsEmpty() throws IOException {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(FORCED, 2000);
            harness.abandon();
            Files.delete(harness.directory.file(1));
            assertThrows(JournalException.class, () -> harness.recover(0));
        }
    }

    @Test
    void readsNothingBeforeTheReflectedPosition() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(2000, 2000);
            int[] files = harness.journal().files();
            harness.abandon();
            for (int file : List.of(files[0], files[1])) {
                try (JournalDamage damage = new JournalDamage(harness.directory.file(file))) {
                    damage.garble(0, SMALL.fileBytes(), file);
                }
            }
            harness.recoverAndOpen(harness.positions.get(2000 - 10));
            assertEquals(10, harness.recovered.entriesScanned());
        }
    }

    static Stream<Arguments> interruptedRolls() {
        return Stream.of(
                damage("file renamed, still blank", 0, (file, h) -> file.zero(0, SMALL.fileBytes())),
                damage("file empty", 0, (file, h) -> file.truncate(0)),
                damage("file short", 0, (file, h) -> file.truncate(100)),
                damage("header unfinished", 0, (file, h) -> file.putInt(0, 0x8000_0000)),
                damage("header zero, indexes there", 0, (file, h) -> file.zero(0, 200)),
                damage("complete, without entry", 0, (file, h) -> {}));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("interruptedRolls")
    void takesANewFileThatHeldNothingYet(String name, int ignored, BiConsumer<JournalDamage, JournalHarness> action)
            throws IOException {
        for (boolean hasOldEndMark : new boolean[] {true, false}) {
            Path sub = dir.resolve(String.valueOf(hasOldEndMark));
            try (JournalHarness harness = JournalHarness.start(sub, SMALL)) {
                int newest = fillUntilAFileIsBegun(harness);
                harness.abandon();
                Files.deleteIfExists(harness.directory.temporary(newest + 1));
                Files.deleteIfExists(harness.directory.precreated(newest + 1));
                try (JournalDamage damage = new JournalDamage(harness.directory.file(newest))) {
                    action.accept(damage, harness);
                }
                if (!hasOldEndMark) {
                    try (JournalDamage damage = new JournalDamage(harness.directory.file(newest - 1))) {
                        damage.zero(endOfLast(harness), endOfLast(harness) + 64);
                    }
                }
                harness.recoverAndOpen(harness.positions.get(10));
                assertEquals(harness.positions.size(), harness.recovered.lastSequence(), name);
                harness.appendMany(1000, 2000);
                harness.reopen(harness.positions.get(10));
                harness.assertReadsBackEverything();
            }
        }
    }

    /** Goes up to an entry that begins a file, and takes that entry away again. */
    private static int fillUntilAFileIsBegun(JournalHarness harness) {
        do {
            harness.appendMany(1, 2000);
        } while (Positions.file(harness.journal().lastPosition()) < 3);
        int newest = Positions.file(harness.journal().lastPosition());
        int last = harness.positions.size();
        try (JournalDamage damage = new JournalDamage(harness.directory.file(newest))) {
            damage.zero(ChronicleFile.FIRST_DATA_OFFSET, endOfLast(harness));
        }
        harness.forgetBehind(last - 1);
        return newest;
    }

    @Test
    void beginsTheNextFileReservedWhenTheNewestHasEnded() throws IOException {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            int newest = fillUntilAFileIsBegun(harness);
            harness.abandon();
            Files.delete(harness.directory.file(newest));
            Files.deleteIfExists(harness.directory.temporary(newest + 1));
            Files.deleteIfExists(harness.directory.precreated(newest + 1));
            harness.recoverAndOpen(0);
            assertTrue(harness.recovered.beginsFile());
            assertTrue(FileBlocks.allocated(harness.directory.file(newest)) >= SMALL.fileBytes());
            harness.appendMany(1000, 2000);
            harness.assertReadsBackEverything();
        }
    }

    @Test
    void cutsTheTailOfAFileWhoseSuccessorHeldNothingYet() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            int newest = fillUntilAFileIsBegun(harness);
            harness.abandon();
            int last = harness.positions.size();
            try (JournalDamage damage = new JournalDamage(harness.directory.file(newest - 1))) {
                damage.zero(endOfLast(harness), endOfLast(harness) + 64);
                damage.flip(offset(harness, last - 3) + 50);
            }
            harness.forgetBehind(last - 4);
            harness.recoverAndOpen(harness.positions.get(10));
            assertEquals(last - 4, harness.recovered.lastSequence());
            harness.appendMany(1000, 2000);
            harness.reopen(harness.positions.get(10));
            harness.assertReadsBackEverything();
        }
    }

    @Test
    void goesOnBeyondAnIndexThatWasCutOff() {
        JournalOptions options = new JournalOptions(16 << 20, 1000, 1 << 20);
        int perIndex = ChronicleFile.INDEX_SLOTS * ChronicleFile.INDEX_SPACING;
        try (JournalHarness harness = JournalHarness.start(dir, options)) {
            for (int n : new int[] {perIndex - 50, perIndex - 1, perIndex, perIndex + 1, 2 * perIndex - 20}) {
                harness.appendMany(n + 100 - harness.positions.size(), 40);
                int survivors = n;
                damageNewest(harness, file -> file.flip(offset(harness, survivors + 1) + 45));
                harness.forgetBehind(survivors);
                harness.recoverAndOpen(0);
                assertEquals(survivors, harness.recovered.lastSequence());
            }
            harness.appendMany(3 * perIndex - harness.positions.size(), 40);
            assertFalse(harness.journal().files().length > 1);
            harness.reopen(0);
            harness.assertReadsBackEverything();
            assertEquals(harness.positions.size(), ChronicleReading.countBySequentialReading(harness));
            assertEquals(0, ChronicleReading.wrongAmongReadsByIndex(harness, 1));
        }
    }

    @Test
    void deletesLeftoversOfThePreparation() throws IOException {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(10, 100);
            harness.abandon();
            Files.write(harness.directory.temporary(1), new byte[100]);
            Files.write(harness.directory.precreated(1), new byte[100]);
            Files.write(harness.directory.temporary(2), new byte[100]);
            harness.recoverAndOpen(0);
            assertFalse(Files.exists(harness.directory.temporary(1)));
            assertFalse(Files.exists(harness.directory.precreated(1)));
            harness.appendMany(1000, 2000);
            harness.assertReadsBackEverything();
        }
    }

    @Test
    void opensWhenTheMetadataIsLockedForEverByAProcessWithOurId() {
        try (JournalHarness harness = JournalHarness.start(dir, SMALL)) {
            harness.appendMany(10, 100);
            Path metadata = harness.directory.queue(1).resolve("metadata.cq4t");
            long begun = System.nanoTime();
            for (int kind = 0; kind < 4; kind++) {
                harness.abandon();
                try (JournalDamage damage = new JournalDamage(metadata)) {
                    damageMetadata(damage, kind);
                }
                harness.recoverAndOpen(0);
                harness.appendMany(10, 100);
            }
            assertTrue(System.nanoTime() - begun < 10_000_000_000L);
            harness.assertReadsBackEverything();
        }
    }

    private static void damageMetadata(JournalDamage damage, int kind) {
        byte[] all = damage.get(0, 128 << 10);
        switch (kind) {
            case 0 -> lock(damage, new String(all, ISO_8859_1));
            case 1 -> damage.zero(0, all.length);
            case 2 -> damage.garble(0, all.length, 8);
            default -> damage.truncate(0);
        }
    }

    private static void lock(JournalDamage damage, String metadata) {
        int name = metadata.indexOf("chronicle.write.lock");
        assertTrue(name > 0);
        long value = (name + "chronicle.write.lock".length() + 7L) / 8 * 8;
        damage.putLong(value, ProcessHandle.current().pid());
    }
}
