package io.tally.engine.retained;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.topic.TopicFilters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetainedScanTest {
    private static final long NO_LIMIT = Long.MAX_VALUE;

    private final RetainedMessages messages = new RetainedMessages(0);
    private final RetainedScan scan = new RetainedScan(messages);

    @Test
    void findsWhatTheStandardSays() {
        retain("a", "a/b", "a/b/c", "a//c", "/a", "b", "$SYS/a", "$x");
        assertEquals(List.of("a"), all("a"));
        assertEquals(List.of("a", "a//c", "a/b", "a/b/c"), all("a/#"));
        assertEquals(List.of("/a", "a", "a//c", "a/b", "a/b/c", "b"), all("#"));
        assertEquals(List.of("a", "b"), all("+"));
        assertEquals(List.of("/a", "a/b"), all("+/+"));
        assertEquals(List.of("a//c", "a/b/c"), all("a/+/c"));
        assertEquals(List.of("$SYS/a"), all("$SYS/#"));
        assertEquals(List.of("$SYS/a"), all("$SYS/+"));
        assertEquals(List.of("$x"), all("$x"));
        assertEquals(List.of(), all("+/x"));
    }

    @Test
    void anyPartsTogetherAreTheWhole() {
        long seed = Long.getLong("seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        IntStream.range(0, 300).forEach(i -> retain(name(random, false)));
        for (int i = 0; i < 500; i++) {
            String filter = name(random, true);
            List<String> parts = new ArrayList<>();
            String after = RetainedScan.START;
            while (after != null) {
                scan.begin(1 + random.nextInt(20), 1 + random.nextInt(1000));
                after = scan.next(filter, after, 1 + random.nextInt(10));
                scan.found().forEach(m -> parts.add(m.topic()));
            }
            assertEquals(all(filter), parts, "seed " + seed + ", filter " + filter);
        }
    }

    @Test
    void aFilterWithALevelThatNoTopicHasIsAnsweredWithoutASearch() {
        IntStream.range(0, 20_000).forEach(i -> retain("a/" + i + "/x"));
        retain("a/b/none", "a/b/c/d");
        assertTrue(isAnsweredAtOnce("+/nothing/x") && isAnsweredAtOnce("+/20000/#"));
        assertTrue(isAnsweredAtOnce("a/+/nothing/+") && isAnsweredAtOnce("+/+/y") && isAnsweredAtOnce("+/+/+/+/+"));
        assertFalse(isAnsweredAtOnce("+/+/none"));
        messages.remove("a/b/none");
        messages.remove("a/b/c/d");
        assertTrue(isAnsweredAtOnce("+/+/none") && isAnsweredAtOnce("+/+/+/+") && isAnsweredAtOnce("+/+/c/#"));
        assertFalse(isAnsweredAtOnce("+/+/x/#"));
        assertEquals(20_000, all("+/+/x/#").size());
    }

    /** As "where is the meter with this number?": without visiting each site for it. */
    @Test
    void aNameThatFewTopicsHaveIsWhereTheSearchBegins() {
        IntStream.range(0, 20_000).forEach(i -> retain("site/" + i / 10 + "/meter/" + i + "/volt"));
        retain("plant/1/meter/none/volt", "$SYS/1/meter/777/volt", "site/5/meter/777/amp");
        assertEquals(List.of("site/5/meter/777/amp", "site/77/meter/777/volt"), fewVisits("+/+/meter/777/+"));
        assertEquals(List.of("site/77/meter/777/volt"), fewVisits("site/+/+/777/volt"));
        assertEquals(List.of("plant/1/meter/none/volt"), fewVisits("+/+/+/none/#"));
        assertEquals(List.of(), fewVisits("site/+/meter/none/volt"));
        messages.remove("site/77/meter/777/volt");
        assertEquals(List.of("site/5/meter/777/amp"), fewVisits("+/+/meter/777/+"));
        messages.remove("site/5/meter/777/amp");
        assertEquals(List.of(), fewVisits("+/+/meter/777/+"));
        assertEquals(List.of("$SYS/1/meter/777/volt"), fewVisits("$SYS/+/meter/777/#"));
    }

    /** That many have the name elsewhere is found out in one part; what it has found is gone on with otherwise. */
    @Test
    void aNameThatMoreTopicsHaveIsLookedForInTheFirstPart() {
        IntStream.range(0, 20_000).forEach(i -> retain("site/" + i / 10 + "/meter/" + i));
        IntStream.range(0, 2_000).forEach(i -> retain("plant/" + i + "/meter/spare"));
        scan.begin(1_100, NO_LIMIT);
        assertNull(scan.next("site/+/meter/spare", RetainedScan.START, 1000));
        assertEquals(List.of(), scan.found());
        assertEquals(2_000, all("+/+/meter/spare").size());
        IntStream.range(2_000, 2_100).forEach(i -> retain("plant/" + i + "/meter/spare"));
        scan.begin(1_100, NO_LIMIT);
        assertNotEquals(null, scan.next("site/+/meter/spare", RetainedScan.START, 1000));
    }

    /** Else one client could have each SUBSCRIBE of anybody walk all of its topics. */
    @Test
    void namesWithEqualHashCodesDoNotMeet() {
        Set<Integer> hashes = new HashSet<>();
        for (int bits = 0; bits < 1_024; bits++) {
            StringBuilder name = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                name.append((bits >> i & 1) == 0 ? "Aa" : "BB");
            }
            hashes.add(messages.names().hash(1, name.toString()));
        }
        assertTrue(hashes.size() > 1_000, hashes.size() + " hashes");
    }

    /** Else looking for a name at one level would walk what all topics have at another. */
    @Test
    void namesOfDifferentLevelsDoNotMeet() {
        Set<Integer> hashes = new HashSet<>();
        for (int level = 0; level < 16; level++) {
            for (char name = ' '; name <= '~'; name++) {
                hashes.add(messages.names().hash(level, String.valueOf(name)));
                hashes.add(messages.names().hash(level, name + "7"));
            }
        }
        assertTrue(hashes.size() > 16 * 2 * 95 - 10, hashes.size() + " hashes");
    }

    private List<String> fewVisits(String filter) {
        scan.begin(1_100, NO_LIMIT);
        assertNull(scan.next(filter, RetainedScan.START, 1000));
        return scan.found().stream().map(RetainedMessage::topic).toList();
    }

    @Test
    void anyPartsFindWhatMatchesWhileNamesAreRareAndWhileTheyAreNot() {
        long seed = Long.getLong("seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        List<String> topics = new ArrayList<>();
        for (int i = 0; i < 4_000; i++) {
            if (!topics.isEmpty() && random.nextInt(3) == 0) {
                messages.remove(topics.remove(random.nextInt(topics.size())));
            } else {
                String topic =
                        random.nextInt(5) + "/" + random.nextInt(90) + "/" + random.nextInt(1 << random.nextInt(9));
                if (!topics.contains(topic)) {
                    topics.add(topic);
                    retain(topic);
                }
            }
        }
        for (int i = 0; i < 500; i++) {
            String[] levels = topics.get(random.nextInt(topics.size())).split("/");
            for (int j = 0; j < 3; j++) {
                levels[j] = random.nextInt(2) == 0 ? "+" : levels[j];
            }
            String filter = String.join("/", levels);
            List<String> parts = new ArrayList<>();
            for (String after = RetainedScan.START; after != null; ) {
                scan.begin(1 + random.nextInt(20), NO_LIMIT);
                after = scan.next(filter, after, 1 + random.nextInt(10));
                scan.found().forEach(m -> parts.add(m.topic()));
            }
            List<String> matching = topics.stream()
                    .filter(topic -> TopicFilters.matches(filter, topic))
                    .sorted(Comparator.comparing(topic -> topic.split("/"), Arrays::compare))
                    .toList();
            assertEquals(matching, parts, "seed " + seed + ", filter " + filter);
        }
    }

    private boolean isAnsweredAtOnce(String filter) {
        scan.begin(2, NO_LIMIT);
        return scan.next(filter, RetainedScan.START, 1) == null;
    }

    @Test
    void aPartVisitsAndFindsNoMoreThanItMay() {
        IntStream.range(0, 1000).forEach(i -> retain("a/" + i));
        scan.begin(100, NO_LIMIT);
        String after = scan.next("a/+", RetainedScan.START, 1000);
        assertEquals(97, scan.found().size());
        assertEquals(scan.found().get(96).topic(), after);
        assertTrue(scan.isSpent());
        scan.begin(100, NO_LIMIT);
        assertNotEquals(null, scan.next("a/+", RetainedScan.START, 7));
        assertEquals(7, scan.found().size());
        scan.begin(100, 25);
        assertNotEquals(null, scan.next("a/+", RetainedScan.START, 1000));
        assertEquals(3, scan.found().size());
    }

    @Test
    void goesOnBehindATopicThatIsGone() {
        retain("a/1", "a/2", "a/3", "a/4");
        scan.begin(1000, NO_LIMIT);
        assertEquals("a/2", scan.next("a/#", RetainedScan.START, 2));
        messages.remove("a/2");
        messages.remove("a/1");
        retain("a/0", "a/2/x", "a/35");
        scan.begin(1000, NO_LIMIT);
        assertNull(scan.next("a/#", "a/2", 1000));
        assertEquals(
                List.of("a/2/x", "a/3", "a/35", "a/4"),
                scan.found().stream().map(RetainedMessage::topic).toList());
    }

    private void retain(String... topics) {
        for (String topic : topics) {
            messages.put(new RetainedMessage(topic, 1, 1, RetainedMessage.NEVER, 10, 1));
        }
    }

    private List<String> all(String filter) {
        scan.begin(Integer.MAX_VALUE, NO_LIMIT);
        @Nullable String after = scan.next(filter, RetainedScan.START, Integer.MAX_VALUE);
        assertNull(after);
        return scan.found().stream().map(RetainedMessage::topic).toList();
    }

    private static String name(SplittableRandom random, boolean wildcards) {
        StringBuilder name = new StringBuilder();
        int levels = 1 + random.nextInt(4);
        for (int i = 0; i < levels; i++) {
            name.append(i == 0 ? "" : "/");
            int kind = random.nextInt(10);
            if (wildcards && kind < 4) {
                name.append('+');
            } else if (wildcards && kind < 6) {
                return name.append('#').toString();
            } else if (kind > 6 || i > 0) {
                name.append((char) ('a' + random.nextInt(3)));
            } else {
                name.append(kind > 5 ? "$a" : "");
            }
        }
        return name.isEmpty() ? "a" : name.toString();
    }
}
