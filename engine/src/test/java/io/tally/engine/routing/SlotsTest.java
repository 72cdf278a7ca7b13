package io.tally.engine.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Against a map of lists. */
class SlotsTest {
    private static final int SEEDS = 50;
    private static final int STEPS = 2_000;

    @Test
    void everyValueIsFoundByItsHashWhateverCameAndWent() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int hashes = 1 + random.nextInt(400);
            Slots<Integer> slots = new Slots<>();
            Map<Integer, List<Integer>> model = new HashMap<>();
            int count = 0;
            for (int step = 0; step < STEPS; step++) {
                int hash = random.nextInt(hashes) * (1 + random.nextInt(2) * 64);
                List<Integer> same = model.computeIfAbsent(hash, k -> new ArrayList<>());
                if (random.nextInt(STEPS) > step) {
                    slots.add(hash, step);
                    same.add(step);
                    count++;
                } else if (!same.isEmpty()) {
                    int slot = slots.find(hash, -1);
                    same.remove(slots.at(slot));
                    slots.remove(slot);
                    count--;
                }
                assertEquals(new TreeSet<>(same), valuesOf(slots, hash), "seed " + seed + ", step " + step);
                assertEquals(count, slots.count());
            }
            model.forEach((hash, values) -> assertEquals(new TreeSet<>(values), valuesOf(slots, hash)));
        }
    }

    private static TreeSet<Integer> valuesOf(Slots<Integer> slots, int hash) {
        TreeSet<Integer> values = new TreeSet<>();
        for (int slot = slots.find(hash, -1); slot >= 0; slot = slots.find(hash, slot)) {
            assertTrue(values.add(slots.at(slot)), "found twice");
        }
        return values;
    }
}
