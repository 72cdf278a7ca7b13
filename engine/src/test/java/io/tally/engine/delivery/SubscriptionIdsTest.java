package io.tally.engine.delivery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Sets of subscription identifiers by number, and back. */
class SubscriptionIdsTest {
    private final SubscriptionIds ids = new SubscriptionIds();

    @Test
    void eachSetHasOneNumber() {
        for (int i = 1; i <= 20_000; i++) {
            assertEquals(i, ids.indexOf(new int[] {i, i + 1}));
        }
        for (int i = 1; i <= 20_000; i++) {
            assertEquals(i, ids.indexOf(new int[] {i, i + 1}));
            assertArrayEquals(new int[] {i, i + 1}, ids.at(i));
        }
        assertEquals(0, ids.indexOf(new int[0]));
        assertEquals(20_000, ids.count());
    }

    @Test
    void identifiersInAllSetsTogetherAreLimited() {
        int[] large = new int[SubscriptionIds.IDS_MAX - 1];
        assertEquals(1, ids.indexOf(large));
        assertEquals(0, ids.indexOf(new int[] {1, 2}));
        assertEquals(2, ids.indexOf(new int[] {1}));
        assertEquals(0, ids.indexOf(new int[] {2}));
        assertEquals(1, ids.indexOf(large));
        ids.clear();
        assertEquals(1, ids.indexOf(new int[] {2}));
    }
}
