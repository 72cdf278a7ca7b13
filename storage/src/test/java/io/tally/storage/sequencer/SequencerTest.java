package io.tally.storage.sequencer;

import static io.tally.storage.sequencer.SequencerRig.BYPASS;
import static io.tally.storage.sequencer.SequencerRig.CLOSING;
import static io.tally.storage.sequencer.SequencerRig.JOURNALED;
import static io.tally.storage.sequencer.SequencerRig.REFUSABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AgentTerminationException;
import org.junit.jupiter.api.Test;

class SequencerTest {
    private static final Sequencer.Settings SETTINGS = new Sequencer.Settings(Durability.DISK);
    private static final long HOUR_MS = 3_600_000;

    private final SequencerRig rig = new SequencerRig(Durability.DISK);

    @Test
    void releasesABatchWithOneForce() {
        rig.send(1, JOURNALED, 1);
        rig.send(2, JOURNALED, 2);
        assertEquals(2, rig.sequencer.doWork());
        assertEquals(1, rig.journal.forces);
        assertEquals(200, rig.released.get());
        rig.poll();
        assertEquals(List.of("1", "2"), rig.applied);
    }

    @Test
    void forcesNothingBelowDurabilityDisk() {
        for (Durability durability : List.of(Durability.MEMORY, Durability.PROCESS)) {
            SequencerRig other = new SequencerRig(durability);
            other.send(1, JOURNALED, 1);
            other.sequencer.doWork();
            assertEquals(0, other.journal.forces);
            assertEquals(100, other.released.get());
        }
    }

    @Test
    void idleDutyCycleForcesNothing() {
        assertEquals(0, rig.sequencer.doWork());
        assertEquals(0, rig.journal.forces);
        assertFalse(rig.sequencer.hasWork());
        assertEquals(TimeUnit.SECONDS.toNanos(1), rig.sequencer.timeoutNs());
    }

    @Test
    void timeNeverGoesBackwardsNorBehindTheJournal() {
        SequencerRig late = new SequencerRig(SETTINGS, 8192, 5000);
        for (long now : new long[] {1000, 7000, 6000, 8000}) {
            late.nowMs = now;
            late.send(1, JOURNALED, now);
            late.sequencer.doWork();
        }
        assertEquals(List.of(5000L, 7000L, 7000L, 8000L), late.journal.times);
    }

    @Test
    void timeGoesOnWhenTheTimeOfDayIsSetBackAndInTheNextProcess() {
        rig.nowMs = 2 * HOUR_MS;
        rig.send(1, JOURNALED, 1);
        rig.sequencer.doWork();
        rig.nowMs -= HOUR_MS;
        for (int i = 2; i <= 3; i++) {
            rig.passedMs += 1600;
            rig.nowMs += 1600;
            rig.send(1, JOURNALED, i);
            rig.sequencer.doWork();
        }
        assertEquals(List.of(2 * HOUR_MS, 2 * HOUR_MS + 1500, 2 * HOUR_MS + 3000), rig.journal.times);

        SequencerRig next = new SequencerRig(SETTINGS, 8192, 2 * HOUR_MS + 3000);
        next.nowMs = rig.nowMs;
        next.passedMs = 1600;
        next.send(1, JOURNALED, 4);
        next.sequencer.doWork();
        assertEquals(List.of(2 * HOUR_MS + 4500), next.journal.times);
    }

    @Test
    void timeIsTheTimeOfDayAgainOnceThatHasCaughtUp() {
        rig.nowMs = 2 * HOUR_MS;
        rig.sequencer.doWork();
        rig.nowMs -= 1000;
        for (int i = 1; i <= 20; i++) {
            rig.passedMs += 1000;
            rig.nowMs += 1000;
            rig.send(1, JOURNALED, i);
            rig.sequencer.doWork();
        }
        assertTrue(rig.journal.times.get(14) > 2 * HOUR_MS + 14_000);
        assertEquals(2 * HOUR_MS + 19_000, rig.journal.times.get(19));
    }

    @Test
    void bypassDoesNotWaitForAForceOfOthers() {
        rig.journal.forceFails = true;
        rig.send(1, JOURNALED, 1);
        rig.send(2, BYPASS, 2);
        assertThrows(AgentTerminationException.class, rig.sequencer::doWork);
        rig.poll();
        assertEquals(List.of("bypass 2"), rig.applied);
    }

    @Test
    void bypassComesAfterWhatItsConnectionJournaledBefore() {
        rig.send(1, JOURNALED, 1);
        rig.send(1, BYPASS, 2);
        rig.send(1, JOURNALED, 3);
        rig.send(1, BYPASS, 4);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals(List.of("1", "bypass 2", "3", "bypass 4"), rig.applied);
    }

    @Test
    void refusesOnlyRefusableCommandsWhenTheJournalIsNearlyFull() {
        rig.journal.isNearlyFull = true;
        rig.send(1, JOURNALED, 1);
        rig.send(1, REFUSABLE, 2);
        rig.send(1, JOURNALED, 3);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals(List.of("1", "refused 2", "3"), rig.applied);
        rig.journal.isNearlyFull = false;
        rig.send(1, REFUSABLE, 4);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals("4", rig.applied.get(3));
    }

    @Test
    void refusesEverythingBehindARefusalThatClosesUntilTheConnectionIsGone() {
        rig.journal.isNearlyFull = true;
        rig.send(1, CLOSING, 1);
        rig.send(2, REFUSABLE, 2);
        rig.sequencer.doWork();
        rig.journal.isNearlyFull = false;
        rig.send(1, CLOSING, 3);
        rig.send(2, CLOSING, 4);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals(List.of("refused 1", "refused 2", "refused 3", "4"), rig.applied);
        rig.send(CommandType.DISCONNECTED, 1, JOURNALED, 5);
        rig.send(1, CLOSING, 6);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals(List.of("5", "6"), rig.applied.subList(4, 6));
    }

    @Test
    void refusesAllThatMayBeRefusedOnlyWhenTheReserveIsLow() {
        rig.journal.isNearlyFull = true;
        rig.send(CommandType.CONNECT, 1, REFUSABLE, 1);
        rig.send(CommandType.SUBSCRIBE, 1, REFUSABLE, 2);
        rig.send(CommandType.UNSUBSCRIBE, 1, REFUSABLE, 2);
        rig.send(CommandType.ACKS, 1, REFUSABLE, 2);
        rig.send(1, REFUSABLE, 3);
        rig.sequencer.doWork();
        rig.journal.isReserveLow = true;
        rig.send(CommandType.SUBSCRIBE, 1, REFUSABLE, 4);
        rig.send(CommandType.UNSUBSCRIBE, 1, REFUSABLE, 4);
        rig.send(CommandType.ACKS, 1, REFUSABLE, 4);
        rig.send(CommandType.ACKS, 1, JOURNALED, 5);
        rig.send(CommandType.CONNECT, 2, REFUSABLE, CLEAN_START);
        rig.send(CommandType.DISCONNECTED, 1, JOURNALED, 7);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals(
                List.of("1", "2", "2", "2", "refused 3", "refused 4", "refused 4", "refused 4", "refused 9", "5", "7"),
                rig.applied);
    }

    /** What it acknowledges may be what makes room. */
    @Test
    void oneClientASecondMayResumeItsSessionWhileTheReserveIsLow() {
        rig.journal.isNearlyFull = true;
        rig.journal.isReserveLow = true;
        rig.nowMs = 5_000;
        for (int connection = 1; connection <= 3; connection++) {
            rig.send(CommandType.CONNECT, connection, REFUSABLE, 10 * connection);
        }
        rig.sequencer.doWork();
        rig.nowMs = 5_999;
        rig.send(CommandType.CONNECT, 4, REFUSABLE, 40);
        rig.sequencer.doWork();
        rig.nowMs = 6_000;
        rig.send(CommandType.CONNECT, 5, REFUSABLE, CLEAN_START);
        rig.send(CommandType.CONNECT, 6, REFUSABLE, 60);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals(List.of("refused 20", "refused 30", "refused 40", "refused 9", "10", "60"), rig.applied);
    }

    /** However often clients come, something is left for the acknowledgements of those who are there. */
    @Test
    void nobodyMayResumeWithALongConnectAndFewMayWhenTheReserveIsNearlyUsed() {
        SequencerRig rig = new SequencerRig(new Sequencer.Settings(Durability.DISK), 16_384);
        rig.journal.isNearlyFull = true;
        rig.journal.isReserveLow = true;
        rig.nowMs = 5_000;
        rig.sendLong(CommandType.CONNECT, 1, REFUSABLE, 1_026);
        rig.send(CommandType.CONNECT, 2, REFUSABLE, 20);
        rig.sequencer.doWork();
        rig.journal.isReserveNearlyUsed = true;
        rig.nowMs = 34_999;
        rig.send(CommandType.CONNECT, 3, REFUSABLE, 30);
        rig.sequencer.doWork();
        rig.nowMs = 35_000;
        rig.send(CommandType.CONNECT, 4, REFUSABLE, 40);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals(List.of("refused 1026", "refused 30", "20", "40"), rig.applied);
    }

    @Test
    void ticksAreRareWhileTheReserveIsLow() {
        rig.journal.isReserveLow = true;
        rig.nextDeadlineMs.set(1);
        for (int i = 0; i < 3_500; i++) {
            rig.nowMs++;
            rig.sequencer.doWork();
        }
        assertEquals(3, rig.journaledTimes(CommandType.TICK).size());
    }

    /** As the body of a CONNECT: its flags. */
    private static final int CLEAN_START = 8 | ConnectCommand.FLAG_CLEAN_START;

    @Test
    void journalsNothingOfAConnectionWhoseConnectIsRefused() {
        rig.journal.isNearlyFull = true;
        rig.journal.isReserveLow = true;
        rig.send(CommandType.CONNECT, 1, REFUSABLE, 1);
        rig.sequencer.doWork();
        rig.journal.isNearlyFull = false;
        rig.journal.isReserveLow = false;
        rig.send(1, CLOSING, 2);
        rig.send(CommandType.ACKS, 1, JOURNALED, 3);
        rig.send(1, BYPASS, 4);
        rig.send(CommandType.SUBSCRIBE, 1, REFUSABLE, 5);
        rig.send(CommandType.DISCONNECTED, 1, JOURNALED, 6);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals(List.of("refused 1", "refused 2", "refused 3", "bypass 4", "refused 5", "refused 6"), rig.applied);
        assertEquals(0, rig.journal.commands.size());
        rig.send(1, REFUSABLE, 7);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals("7", rig.applied.get(6), "nothing of it is remembered");
    }

    /** As one client that floods with QoS 0: more of its commands are there at each poll than a poll takes. */
    @Test
    void whatIsJournaledDoesNotWaitForEverForBypass() {
        SequencerRig rig = new SequencerRig(Durability.DISK);
        int number = 100;
        for (int i = 0; i < 15; i++) {
            rig.send(1, SequencerRig.BYPASS, number++);
        }
        rig.send(2, SequencerRig.JOURNALED, 1);
        rig.sequencer.doWork();
        int polls = 0;
        for (; polls < 20 && !rig.applied.contains("1"); polls++) {
            rig.pollOnce();
            for (int i = 0; i < 10; i++) {
                rig.send(1, SequencerRig.BYPASS, number++);
            }
            rig.sequencer.doWork();
        }
        assertEquals(2, polls);
    }

    /** As acknowledgements behind a backlog that has formed while the engine was held up. */
    @Test
    void bypassDoesNotWaitForAllThatIsReleased() {
        int backlog = 3 * CommandFeed.JOURNALED_MAX;
        for (int i = 0; i < backlog; i++) {
            rig.send(1, JOURNALED, i);
            rig.sequencer.doWork();
        }
        rig.pollOnce();
        rig.send(2, BYPASS, backlog);
        rig.sequencer.doWork();
        rig.poll();
        assertEquals(backlog + 1, rig.applied.size());
        assertTrue(rig.applied.indexOf("bypass " + backlog) <= CommandFeed.JOURNALED_MAX);
    }

    @Test
    void holdsInOrderWhileThereIsNoRoom() {
        rig.send(1, JOURNALED, 1);
        rig.sequencer.doWork();
        rig.journal.isFull = true;
        rig.send(1, BYPASS, 2);
        rig.send(1, JOURNALED, 3);
        rig.send(2, BYPASS, 4);
        rig.send(1, JOURNALED, 5);
        assertEquals(1, rig.sequencer.doWork());
        assertEquals(0, rig.sequencer.doWork());
        assertFalse(rig.sequencer.hasWork());
        assertTrue(rig.sequencer.timeoutNs() < TimeUnit.SECONDS.toNanos(1));
        rig.poll();
        assertEquals(List.of("1", "bypass 2"), rig.applied);
        rig.journal.isFull = false;
        assertEquals(3, rig.sequencer.doWork());
        rig.poll();
        assertEquals(List.of("1", "bypass 2", "bypass 4", "3", "5"), rig.applied);
    }

    @Test
    void closesWithoutBlockingWhileThereIsNoRoom() {
        rig.journal.isFull = true;
        rig.send(1, JOURNALED, 1);
        rig.sequencer.onClose();
        assertEquals(0, rig.released.get());
    }

    @Test
    void closeTakesWhatIsStillInTheRing() {
        for (int i = 1; i <= 10; i++) {
            rig.send(1, JOURNALED, i);
        }
        rig.sequencer.onClose();
        assertEquals(1000, rig.released.get());
    }

    @Test
    void holdsWhileTheBypassRingIsFull() {
        SequencerRig narrow = new SequencerRig(new Sequencer.Settings(Durability.DISK), 512);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            assertTrue(narrow.send(1, BYPASS, i));
            expected.add("bypass " + i);
        }
        assertTrue(narrow.sequencer.doWork() < 30);
        assertFalse(narrow.sequencer.hasWork());
        for (int i = 0; i < 10; i++) {
            narrow.poll();
            narrow.sequencer.doWork();
        }
        assertEquals(expected, narrow.applied);
    }

    @Test
    void batchIsLimitedByCountAndBytes() {
        SequencerRig byCount = new SequencerRig(new Sequencer.Settings(Durability.DISK, 3, 1 << 20), 8192);
        SequencerRig byBytes = new SequencerRig(new Sequencer.Settings(Durability.DISK, 100, 50), 8192);
        for (SequencerRig limited : List.of(byCount, byBytes)) {
            for (int i = 0; i < 7; i++) {
                limited.send(1, JOURNALED, i);
            }
            assertEquals(3, limited.sequencer.doWork());
            assertEquals(300, limited.released.get());
            assertEquals(3, limited.sequencer.doWork());
            assertEquals(1, limited.sequencer.doWork());
        }
    }

    @Test
    void ticksOnceWhenTheDeadlineHasPassed() {
        rig.nextDeadlineMs.set(1100);
        assertEquals(0, rig.sequencer.doWork());
        assertEquals(TimeUnit.MILLISECONDS.toNanos(100), rig.sequencer.timeoutNs());
        rig.nowMs = 1100;
        assertEquals(1, rig.sequencer.doWork());
        assertEquals(0, rig.sequencer.doWork());
        assertEquals(List.of(1100L), rig.journaledTimes(CommandType.TICK));
        assertEquals(100, rig.released.get());
    }

    @Test
    void ticksWhileTheTimeOfDayIsBehind() {
        rig.nowMs = 2 * HOUR_MS;
        rig.sequencer.doWork();
        rig.nowMs -= HOUR_MS;
        rig.nextDeadlineMs.set(2 * HOUR_MS + 1);
        assertEquals(0, rig.sequencer.doWork());
        assertEquals(TimeUnit.MILLISECONDS.toNanos(1), rig.sequencer.timeoutNs());
        rig.passedMs += 2;
        assertEquals(1, rig.sequencer.doWork());
        assertEquals(List.of(2 * HOUR_MS + 1), rig.journaledTimes(CommandType.TICK));
    }

    @Test
    void anyJournaledCommandIsATick() {
        rig.nextDeadlineMs.set(1100);
        rig.nowMs = 1200;
        rig.send(1, JOURNALED, 1);
        assertEquals(1, rig.sequencer.doWork());
        assertEquals(List.of(), rig.journaledTimes(CommandType.TICK));
    }

    @Test
    void ticksAgainWhenTheDeadlineStaysPassed() {
        rig.nextDeadlineMs.set(1100);
        rig.nowMs = 1100;
        rig.sequencer.doWork();
        rig.nowMs = 1150;
        assertEquals(1, rig.sequencer.doWork());
        assertEquals(List.of(1100L, 1150L), rig.journaledTimes(CommandType.TICK));
    }

    @Test
    void failedForceIsFinalAndReleasesNothing() {
        rig.journal.forceFails = true;
        rig.send(1, JOURNALED, 1);
        assertThrows(AgentTerminationException.class, rig.sequencer::doWork);
        assertTrue(rig.sequencer.hasFailed());
        assertEquals("disk broken", rig.failures.get(0).getMessage());
        rig.journal.forceFails = false;
        assertThrows(AgentTerminationException.class, rig.sequencer::doWork);
        assertEquals(1, rig.failures.size());
        assertEquals(0, rig.released.get());
    }

    @Test
    void replaysOnlyTheJournalUpToTheEnd() {
        for (int i = 1; i <= 5; i++) {
            rig.send(1, JOURNALED, i);
        }
        rig.sequencer.doWork();
        rig.send(1, BYPASS, 6);
        rig.sequencer.doWork();
        List<Long> positions = new ArrayList<>();
        assertEquals(3, rig.feed.replay((position, t, b, o, l) -> positions.add(position), 300, 10));
        assertEquals(List.of(100L, 200L, 300L), positions);
        assertEquals(300, rig.feed.appliedPosition());
        rig.poll();
        assertEquals(List.of("4", "5", "bypass 6"), rig.applied);
    }

    /** Connections that send anything at any moment, past every kind of obstacle, are heard in their order. */
    @Test
    void keepsTheOrderOfEachConnection() {
        for (long seed = 1; seed <= 200; seed++) {
            keepsTheOrderOfEachConnection(seed);
        }
    }

    private static void keepsTheOrderOfEachConnection(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        SequencerRig rig = new SequencerRig(new Sequencer.Settings(Durability.DISK, 7, 1 << 20), 512);
        long[] sent = new long[4];
        long[] heard = new long[4];
        int[] flags = {JOURNALED, BYPASS, REFUSABLE};
        for (int step = 0; step < 2000; step++) {
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    int connection = random.nextInt(4);
                    if (rig.send(connection, flags[random.nextInt(3)], connection * 10_000L + sent[connection])) {
                        sent[connection]++;
                    }
                }
                case 2 -> rig.sequencer.doWork();
                case 3 ->
                    rig.feed.poll(
                            (p, t, b, o, l) -> onHeard(heard, b.getLong(o + 16), "seed " + seed), random.nextInt(1, 5));
                case 4 -> rig.journal.isFull = random.nextInt(3) == 0;
                default -> rig.journal.isNearlyFull = random.nextInt(3) == 0;
            }
        }
        rig.journal.isFull = false;
        for (int i = 0; i < 500; i++) {
            rig.sequencer.doWork();
            rig.feed.poll((p, t, b, o, l) -> onHeard(heard, b.getLong(o + 16), "seed " + seed), 10);
        }
        for (int connection = 0; connection < 4; connection++) {
            assertEquals(sent[connection], heard[connection], "all are heard, seed " + seed);
        }
    }

    private static void onHeard(long[] heard, long number, String seed) {
        int connection = (int) (number / 10_000);
        assertEquals(heard[connection]++, number % 10_000, seed);
    }
}
