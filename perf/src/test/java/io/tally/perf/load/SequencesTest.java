package io.tally.perf.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

class SequencesTest {
    private static final BitSet NONE = new BitSet();

    private final Counts counts = new Counts();

    private Sequences receiver(boolean isOrdered, int... received) {
        Sequences sequences = new Sequences(2, isOrdered, counts);
        sequences.expect(1);
        for (int sequence : received) {
            sequences.onMessage(1, sequence);
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
        receiver.onMessage(0, 0);
        receiver.onMessage(2, 0);
        assertEquals(2, counts.foreign);
        assertEquals(0, receiver.lost(0, 10, NONE));
    }
}
