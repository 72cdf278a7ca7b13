package io.tally.storage.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.Positions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is looked for behind the last valid entry: one that proves that something missing before it had been forced. */
class ProvenLossTest {
    private static final JournalOptions OPTIONS = new JournalOptions(32 << 20, 2_100_000, 4 << 20);
    private static final int FORCED = 100;
    private static final int LONG = 2_000_000;

    @TempDir
    Path dir;

    /** At every eighth offset it looks like an entry of 16.8 MB. */
    @Test
    void aTornPayloadThatLooksLikeLongEntriesIsNotChecksummed() {
        byte[] payload = new byte[LONG];
        Arrays.fill(payload, (byte) 1);
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS)) {
            long torn = appendTorn(harness, payload);
            assertIsCutWithoutChecksumsOfIt(harness, torn);
        }
    }

    /** At every 32nd offset it looks like an entry of a megabyte, with numbers as a client may guess them. */
    @Test
    void aTornPayloadWithTheNumbersOfAProofIsNotChecksummed() {
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS)) {
            ByteBuffer payload = ByteBuffer.allocate(LONG).order(ByteOrder.LITTLE_ENDIAN);
            for (int document = 4; document < LONG / 2; document += 32) {
                putHead(payload, document, LONG / 2);
            }
            long torn = appendTorn(harness, payload.array());
            assertIsCutWithoutChecksumsOfIt(harness, torn);
        }
    }

    @Test
    void aTornPayloadFullOfForgedProofsIsNone() {
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS)) {
            long torn = appendTorn(harness, forgedProofs(new JournalKey(0)));
            assertIsCutWithoutChecksumsOfIt(harness, torn);
        }
    }

    @Test
    void aForgedProofWouldPassIfTheKeyWereKnown() {
        try (JournalHarness harness = JournalHarness.start(dir, OPTIONS)) {
            long torn = appendTorn(harness, forgedProofs(harness.directory.key()));
            JournalException e = assertThrows(JournalException.class, () -> harness.recover(0));
            assertTrue(e.toString().contains("damaged at " + torn + ", and the entry at"), e.toString());
        }
    }

    /** @param key that they are written under */
    private static byte[] forgedProofs(JournalKey key) {
        ByteBuffer payload = ByteBuffer.allocate(LONG).order(ByteOrder.LITTLE_ENDIAN);
        for (int document = 4; document + 60 <= LONG; document += 64) {
            putHead(payload, document, 56);
            int forced = document + 4 + JournalFrame.FORCED_SEQUENCE_OFFSET;
            payload.putLong(forced, key.masked(payload.getLong(forced)));
            CRC32C crc = new CRC32C();
            crc.update(payload.array(), document + 4 + JournalFrame.LENGTH_OFFSET, 56 - JournalFrame.LENGTH_OFFSET);
            payload.putInt(document + 4, (int) crc.getValue() ^ key.checksumMask());
        }
        return payload.array();
    }

    /** All of an entry but checksum and command. The payload begins at a multiple of 8 in the file. */
    private static void putHead(ByteBuffer payload, int document, int length) {
        payload.putInt(document, length);
        payload.putInt(document + 4 + JournalFrame.LENGTH_OFFSET, length);
        payload.putLong(document + 4 + JournalFrame.SEQUENCE_OFFSET, FORCED + 3);
        payload.putLong(document + 4 + JournalFrame.FORCED_SEQUENCE_OFFSET, FORCED + 2);
    }

    /** Appends it behind entries that are forced, and stops in the middle; answers its offset. */
    private static long appendTorn(JournalHarness harness, byte[] payload) {
        harness.appendMany(FORCED, 2000);
        harness.journal().force();
        long position = harness.journal().append(1, new UnsafeBuffer(payload), 0, payload.length);
        harness.abandon();
        long offset = Positions.offset(position);
        try (JournalDamage damage = new JournalDamage(harness.directory.file(1))) {
            damage.putInt(offset, 0x8000_0000);
        }
        return offset;
    }

    private static void assertIsCutWithoutChecksumsOfIt(JournalHarness harness, long torn) {
        try (FileScan scan = new FileScan(harness.directory, OPTIONS, 1)) {
            scan.run(ChronicleFile.FIRST_DATA_OFFSET, 1);
            assertEquals(FORCED, scan.lastSequence());
            assertEquals(-1, scan.provenLoss(FORCED, FORCED + JournalOptions.FILE_ENTRIES_LIMIT));
            assertTrue(scan.checksummedBytes() < torn, scan.checksummedBytes() + " bytes were checksummed");
        }
        harness.recoverAndOpen(0);
        assertEquals(FORCED, harness.recovered.lastSequence());
        assertEquals(torn, harness.recovered.end());
        harness.appendMany(FORCED, 2000);
        harness.reopen(0);
        harness.assertReadsBackEverything();
    }

    /** They are as short as entries can be, so that their numbers are as high as they can be. */
    @Test
    void isFoundBehindAnyNumberOfEntriesThatAreMissing() {
        try (JournalHarness harness = JournalHarness.start(dir, JournalHarness.SMALL)) {
            harness.appendMany(FORCED, 1);
            harness.journal().force();
            harness.appendMany(5000, 1);
            harness.journal().force();
            harness.appendMany(1, 1);
            int last = harness.positions.size();
            harness.abandon();
            assertEquals(1, Positions.file(harness.positions.get(last - 1)));
            try (JournalDamage damage = new JournalDamage(harness.directory.file(1))) {
                damage.zero(offset(harness, FORCED + 1), offset(harness, last));
            }
            JournalException e = assertThrows(JournalException.class, () -> harness.recover(0));
            assertTrue(e.toString().contains("at " + offset(harness, last)), e.toString());
        }
    }

    /** The only force that anything knows of was that of the file before, when it had been filled. */
    @Test
    void isFoundInALaterFileWhoseFirstEntryIsMissingToo() {
        try (JournalHarness harness = JournalHarness.start(dir, JournalHarness.SMALL)) {
            do {
                harness.appendMany(1, 1);
            } while (Positions.file(harness.journal().lastPosition()) < 2);
            harness.appendMany(1, 1);
            int last = harness.positions.size();
            harness.abandon();
            for (int missing : new int[] {FORCED, last - 1}) {
                long position = harness.positions.get(missing - 1);
                try (JournalDamage damage = new JournalDamage(harness.directory.file(Positions.file(position)))) {
                    damage.flip(Positions.offset(position) + 20);
                }
            }
            JournalException e = assertThrows(JournalException.class, () -> harness.recover(0));
            assertTrue(e.toString().contains("at " + offset(harness, last)), e.toString());
            assertFalse(Files.exists(harness.directory.damaged(1, offset(harness, FORCED), 0)), "nothing is cut first");
        }
    }

    private static long offset(JournalHarness harness, int sequence) {
        return Positions.offset(harness.positions.get(sequence - 1));
    }
}
