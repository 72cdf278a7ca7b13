package io.tally.perf.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

class SequencesTest {
    private static final BitSet NONE = new BitSet();

    private final Counts counts = new Counts();

    private Sequences receiver(boolean isOrdered, int... received) {
        Sequences sequences = new Sequences(2, 1, isOrdered, counts);
        sequences.expect(1);
        for (int sequence : received) {
            sequences.onMessage(1, sequence, false);
        }
        return sequences;
    }

    @Test
    void aCompleteStreamIsClean() {
        Sequences receiver = receiver(true, 0, 1, 2);
        assertEquals(3, counts.received);
        assertEquals(0, counts.doubled + counts.reordered + counts.missing);
        assertEquals(0, receiver.lost(1, 3, NONE));
    }

    @Test
    void countsWhatIsLostWithinTheStreamAndAtItsEnd() {
        Sequences receiver = receiver(true, 1, 2, 5);
        assertEquals(3, counts.missing);
        assertEquals(5, receiver.lost(1, 8, NONE));
    }

    @Test
    void excusesWhatNobodyHasAcknowledged() {
        BitSet excused = new BitSet();
        excused.set(0);
        excused.set(7);
        assertEquals(3, receiver(true, 1, 2, 5).lost(1, 8, excused));
    }

    @Test
    void countsADoubledMessageOnceAsReceived() {
        receiver(true, 0, 1, 1, 0, 2);
        assertEquals(3, counts.received);
        assertEquals(2, counts.doubled);
        assertEquals(0, counts.reordered);
    }

    @Test
    void aLateMessageIsReorderedAndNotLost() {
        Sequences receiver = receiver(true, 0, 2, 3, 1, 1);
        assertEquals(4, counts.received);
        assertEquals(1, counts.reordered);
        assertEquals(1, counts.doubled);
        assertEquals(0, counts.missing);
        assertEquals(0, receiver.lost(1, 4, NONE));
    }

    @Test
    void membersOfAGroupMayComeInAnyOrder() {
        receiver(false, 1, 0, 2);
        assertEquals(3, counts.received);
        assertEquals(0, counts.reordered);
    }

    @Test
    void messagesThatNobodyHasAskedForAreForeign() {
        Sequences receiver = receiver(true);
        receiver.onMessage(0, 0, false);
        receiver.onMessage(2, 0, false);
        assertEquals(2, counts.foreign);
        assertEquals(0, receiver.lost(0, 10, NONE));
    }

    @Test
    void whatComesAgainOnAResumedSessionAndSaysSoIsNotDoubled() {
        Sequences receiver = receiver(true, 0, 1);
        receiver.onMessage(1, 1, true);
        receiver.onMessage(1, 2, true);
        assertEquals(3, counts.received);
        assertEquals(1, counts.redelivered);
        assertEquals(0, counts.doubled + counts.reordered);
    }

    @Test
    void expectsOnlyTheTopicsAskedFor() {
        Sequences receiver = new Sequences(1, 4, true, counts);
        BitSet some = new BitSet();
        some.set(1);
        some.set(3);
        receiver.expect(0, some);
        for (int sequence : new int[] {1, 3, 9, 11}) {
            receiver.onMessage(0, sequence, false);
        }
        assertEquals(2, counts.missing);
        assertEquals(4, counts.received);
        assertEquals(0, counts.foreign);
        assertEquals(2 + 1, receiver.lost(0, 14, NONE), "5 and 7, and 13 at the end");
        receiver.onMessage(0, 12, false);
        assertEquals(1, counts.foreign);
    }
}
