package io.tally.engine.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExactFiltersTest {
    private static final int SEEDS = 12;
    private static final int STEPS = 6_000;

    /** Some take more than a tenth of a chunk. */
    private static final int LONG_BYTES = 40_000;

    /** Against a map; with every other seed nearly all hashes are equal to others. */
    @Test
    void everyFilterIsFoundByItsBytesWhateverCameAndWent() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            ExactFilters filters = new ExactFilters(random.nextLong(), seed % 2 == 0 ? -1 : 0xFF);
            Map<String, Object> model = new HashMap<>();
            List<String> names = new ArrayList<>();
            for (int i = 0; i < STEPS / 10; i++) {
                names.add(i + "x".repeat(random.nextInt(random.nextInt(50) == 0 ? LONG_BYTES : 200)));
            }
            for (int step = 0; step < STEPS; step++) {
                String name = names.get(random.nextInt(names.size()));
                if (random.nextInt(STEPS) > step) {
                    Object value = new Object();
                    model.put(name, value);
                    set(filters, name, value);
                } else {
                    model.remove(name);
                    set(filters, name, null);
                }
                String other = names.get(random.nextInt(names.size()));
                assertSame(model.get(other), find(filters, other), "seed " + seed + ", step " + step);
            }
            for (String name : names) {
                assertSame(model.get(name), find(filters, name), "seed " + seed);
            }
        }
    }

    /** Each chunk is filled with filters of which nearly all go again; one in some hundreds stays. */
    @Test
    void theFewThatStayDoNotKeepTheMemoryOfTheManyThatGo() {
        ExactFilters filters = new ExactFilters(7, -1);
        List<String> staying = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            String name = i + "/" + "y".repeat(500);
            set(filters, name, name);
            if (i % 500 == 0) {
                staying.add(name);
            } else {
                set(filters, name, null);
            }
        }
        assertTrue(filters.chunkBytes() <= 2 * ExactFilters.CHUNK_BYTES, filters.chunkBytes() + " B");
        for (String name : staying) {
            assertSame(name, find(filters, name));
        }
    }

    @Test
    void whoGoesOneByOneLeavesNoMoreThanTwiceWhatIsAlive() {
        ExactFilters filters = new ExactFilters(7, -1);
        int count = 20_000;
        for (int i = 0; i < count; i++) {
            set(filters, name(i), i);
        }
        for (int i = 0; i < count; i++) {
            if (i % 10 != 0) {
                set(filters, name(i), null);
            }
        }
        long alive = count / 10 * (2L + name(0).length());
        assertTrue(filters.chunkBytes() <= 2 * alive + 2 * ExactFilters.CHUNK_BYTES, filters.chunkBytes() + " B");
        for (int i = 0; i < count; i++) {
            assertEquals(i % 10 == 0 ? i : null, find(filters, name(i)));
        }
    }

    private static String name(int number) {
        return String.format("%06d/%s", number, "z".repeat(120));
    }

    @Test
    void theHashDependsOnTheSeedAndOnEachByte() {
        byte[] text = "some/filter/of/more/than/two/words".getBytes(StandardCharsets.US_ASCII);
        ExactFilters filters = new ExactFilters(1, -1);
        for (int to = 1; to <= text.length; to++) {
            int hash = filters.hash(text, 0, to);
            assertNotEquals(new ExactFilters(2, -1).hash(text, 0, to), hash);
            for (int i = 0; i < to; i++) {
                text[i]++;
                assertNotEquals(hash, filters.hash(text, 0, to), "byte " + i + " of " + to);
                text[i]--;
            }
            byte[] elsewhere =
                    ("1234567" + new String(text, StandardCharsets.US_ASCII)).getBytes(StandardCharsets.US_ASCII);
            assertEquals(hash, filters.hash(elsewhere, 7, 7 + to));
        }
    }

    @Test
    void wordsThatAreEachOthersNegativeHaveOtherHashes() {
        byte[] one = "\u00e9\u00e9\u00e9\u00e9aaaaaaaa".getBytes(StandardCharsets.UTF_8);
        byte[] other = "=V<V<V<V`aaaaaaa".getBytes(StandardCharsets.US_ASCII);
        for (long seed = 0; seed < 100; seed++) {
            ExactFilters filters = new ExactFilters(new SplittableRandom(seed).nextLong(), -1);
            assertNotEquals(filters.hash(one, 0, one.length), filters.hash(other, 0, other.length));
        }
    }

    @Test
    void aBeginningOfAFilterIsNotFound() {
        ExactFilters filters = new ExactFilters(3, 0);
        set(filters, "a/b", "value");
        assertNull(find(filters, "a"));
        assertNull(find(filters, "a/b/"));
        assertNull(find(filters, "a/c"));
        assertSame("value", find(filters, "a/b"));
    }

    private static void set(ExactFilters filters, String name, @Nullable Object value) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        filters.set(bytes, filters.hash(bytes, 0, bytes.length), value);
    }

    private static @Nullable Object find(ExactFilters filters, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return filters.find(bytes, filters.hash(bytes, 0, bytes.length));
    }
}
