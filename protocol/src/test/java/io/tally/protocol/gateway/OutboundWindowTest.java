package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.effect.DeliverEffect;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundWindowTest {
    @Test
    void acksInAnyOrderFreeTheirSlotsAtOnce() {
        OutboundWindow window = new OutboundWindow(3, 0);
        for (int id = 1; id <= 6; id++) {
            assertTrue(window.offer(id, 1 | DeliverEffect.FLAG_JOURNALED, id));
        }
        for (int id = 1; id <= 3; id++) {
            assertTrue(window.canSend());
            assertEquals(id, window.packetId());
            window.onSent(0);
        }
        assertFalse(window.canSend());
        assertEquals(3, window.lastSentPacketId());
        window.onAck(AcksCommand.PUBACK, 3, false);
        assertTrue(window.canSend());
        window.onAck(AcksCommand.PUBACK, 3, false);
        window.onAck(AcksCommand.PUBACK, 60_000, false);
        window.onAck(AcksCommand.PUBACK, 4, false);
        assertEquals(2, window.slotsTaken());
        assertEquals(6, window.size());
        window.onAck(AcksCommand.PUBACK, 1, false);
        window.onAck(AcksCommand.PUBACK, 2, false);
        assertEquals(3, window.size());
        assertEquals(0, window.lastSentPacketId(), "nothing is in flight");
    }

    @Test
    void acksThatDoNotFitTheQosChangeNothing() {
        OutboundWindow window = new OutboundWindow(2, 0);
        window.offer(1, 1, 1);
        window.offer(2, 2, 2);
        window.onSent(0);
        window.onSent(0);
        window.onAck(AcksCommand.PUBREC, 1, false);
        window.onAck(AcksCommand.PUBREC, 1, true);
        window.onAck(AcksCommand.PUBCOMP, 1, false);
        window.onAck(AcksCommand.PUBACK, 2, false);
        window.onAck(AcksCommand.PUBCOMP, 2, false);
        assertEquals(2, window.slotsTaken());
        window.onAck(AcksCommand.PUBREC, 2, false);
        window.onAck(AcksCommand.PUBREC, 2, true);
        assertEquals(2, window.slotsTaken());
        window.onAck(AcksCommand.PUBCOMP, 2, false);
        assertEquals(1, window.slotsTaken());
    }

    @Test
    void takesNoMoreThanThereArePacketIds() {
        OutboundWindow window = new OutboundWindow(1, 0);
        for (int id = 1; id <= OutboundWindow.ENTRIES_MAX; id++) {
            assertTrue(window.offer(id, 1, id));
        }
        assertFalse(window.offer(1, 1, 1));
        assertEquals(OutboundWindow.ENTRIES_MAX, window.size());
    }

    private static OutboundWindow full(int step) {
        OutboundWindow window = new OutboundWindow(OutboundWindow.ENTRIES_MAX, 0);
        for (int i = 0; i < OutboundWindow.ENTRIES_MAX; i += step) {
            assertTrue(window.offer((i + 40_000) % OutboundWindow.ENTRIES_MAX + 1, 1, 1));
            window.onSent(0);
        }
        return window;
    }

    @Test
    void anAckFindsItsEntryAtOnceWhereverItIs() {
        OutboundWindow window = full(1);
        for (int i = 0; i < OutboundWindow.ENTRIES_MAX; i++) {
            int id = (int) (i * 7919L % OutboundWindow.ENTRIES_MAX) + 1; // Each once, far from the one before.
            assertTrue(window.expects(AcksCommand.PUBACK, id, false));
            window.onAck(AcksCommand.PUBACK, id, false);
            assertFalse(window.expects(AcksCommand.PUBACK, id, false));
        }
        assertEquals(0, window.size());
        assertTrue(window.probeCount() <= 3 * OutboundWindow.ENTRIES_MAX, window.probeCount() + " probes");
    }

    @Test
    void anAckIsFoundAmongGapsInAFewSteps() {
        OutboundWindow window = full(3);
        for (int i = OutboundWindow.ENTRIES_MAX - 1; i >= 0; i--) {
            int id = (i + 40_000) % OutboundWindow.ENTRIES_MAX + 1;
            assertEquals(i % 3 == 0, window.expects(AcksCommand.PUBACK, id, false), "id " + id);
            window.onAck(AcksCommand.PUBACK, id, false);
            assertEquals((i + 2) / 3, window.slotsTaken());
        }
        assertEquals(0, window.size());
        assertTrue(window.probeCount() <= 2L * 17 * OutboundWindow.ENTRIES_MAX, window.probeCount() + " probes");
    }

    /** Against a model of plain lists: offers, sends, drops and acknowledgements at random. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void behavesLikeTheModel(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int slots = 1 + random.nextInt(30);
        OutboundWindow window = new OutboundWindow(slots, 0);
        Deque<Integer> waiting = new ArrayDeque<>();
        List<Integer> onWire = new ArrayList<>();
        int nextId = 65_000;
        for (int step = 0; step < 20_000; step++) {
            int action = random.nextInt(4);
            if (action == 0 && waiting.size() < 500) {
                int gap = random.nextInt(10) == 0 ? random.nextInt(30) : 0;
                nextId = (nextId + gap) % 65_535 + 1;
                assertTrue(window.offer(nextId, 1, nextId * 3L));
                waiting.add(nextId);
            } else if (action == 1 && !waiting.isEmpty() && onWire.size() < slots) {
                assertTrue(window.canSend(), "seed " + seed);
                assertEquals(waiting.peek(), window.packetId(), "seed " + seed);
                assertEquals(waiting.peek() * 3L, window.position(), "seed " + seed);
                onWire.add(waiting.remove());
                window.onSent(0);
            } else if (action == 2 && !onWire.isEmpty()) {
                Collections.swap(onWire, 0, random.nextInt(Math.min(3, onWire.size())));
                int oldest = onWire.get(0);
                onWire = new ArrayList<>(onWire.subList(1, onWire.size()));
                assertTrue(window.expects(AcksCommand.PUBACK, oldest, false), "seed " + seed);
                window.onAck(AcksCommand.PUBACK, oldest, false);
            } else if (action == 3 && !waiting.isEmpty() && random.nextInt(10) == 0) {
                waiting.remove();
                window.onDropped();
            }
            assertEquals(onWire.size(), window.slotsTaken(), "seed " + seed);
            assertEquals(!waiting.isEmpty(), window.hasWaiting(), "seed " + seed);
        }
    }
}
