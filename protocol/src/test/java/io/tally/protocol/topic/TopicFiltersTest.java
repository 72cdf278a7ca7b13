package io.tally.protocol.topic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class TopicFiltersTest {
    @Test
    void acceptsWildcardsThatFillALevel() {
        for (String filter : List.of("#", "+", "/", "a", "a/#", "+/#", "/#", "a/+/b", "+/+", "//+", "$SYS/#", " ")) {
            assertTrue(TopicFilters.isValid(filter), filter);
        }
    }

    /** [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.3-1], [MQTT-4.7.3-2]. */
    @Test
    void refusesMisplacedWildcards() {
        for (String filter : List.of("", "a#", "a/#/b", "#/", "##", "a+", "+a", "a/b+/c", "++", "+#", "#+", "a/+#")) {
            assertFalse(TopicFilters.isValid(filter), filter);
        }
        assertFalse(TopicFilters.isValid("a\0b"));
        assertEquals(TopicFilters.NOT_UTF8, check("a\0b"));
        assertEquals(TopicFilters.MISPLACED, check("a#"));
        assertEquals(TopicFilters.MISPLACED, check(""));
    }

    /** [MQTT-4.8.2-1], [MQTT-4.8.2-2]. */
    @Test
    void readsSharedFilters() {
        assertShared("$share/g/a/b", "g", "a/b", 2);
        assertShared("$share/g/#", "g", "#", 1);
        assertShared("$share/a group//x", "a group", "/x", 2);
        assertShared("$share/g//", "g", "/", 2);
        assertShared("$share/g/$SYS/+", "g", "$SYS/+", 2);
        assertShared("$share/$share/$share/x", "$share", "$share/x", 2);
    }

    private static void assertShared(String filter, String name, String rest, int levels) {
        assertTrue(TopicFilters.isValid(filter), filter);
        assertTrue(TopicFilters.isShared(filter), filter);
        assertEquals(name, TopicFilters.shareName(filter));
        assertEquals(rest, TopicFilters.withoutShare(filter));
        assertEquals(levels, check(filter));
        assertEquals(filter.length() - rest.length(), sharePrefixLength(filter));
    }

    @Test
    void refusesMalformedSharedFilters() {
        List<String> malformed = List.of(
                "$share",
                "$share/",
                "$share//",
                "$share//a",
                "$share/g",
                "$share/g/",
                "$share/+/a",
                "$share/#",
                "$share/g+/a",
                "$share/g#/a",
                "$share/g/a#",
                "$share/g/#/a");
        for (String filter : malformed) {
            assertFalse(TopicFilters.isValid(filter), filter);
            assertEquals(TopicFilters.MISPLACED, check(filter), filter);
        }
    }

    @Test
    void leavesLookalikesUnshared() {
        for (String filter : List.of("$shared/g/a", "$SHARE/g/a", "a/$share/g/b", "/$share/g/b", "$shar")) {
            assertTrue(TopicFilters.isValid(filter), filter);
            assertFalse(TopicFilters.isShared(filter), filter);
            assertEquals("", TopicFilters.shareName(filter));
            assertEquals(filter, TopicFilters.withoutShare(filter));
            assertEquals(0, sharePrefixLength(filter));
        }
    }

    @Test
    void limitsLevelsWithoutThoseOfTheShare() {
        String deepest = "/".repeat(TopicFilters.LEVELS_MAX_DEFAULT - 1);
        assertTrue(TopicFilters.isValid(deepest));
        assertTrue(TopicFilters.isValid("$share/g/" + deepest));
        assertFalse(TopicFilters.isValid(deepest + "/"));
        UnsafeBuffer threeLevels = new UnsafeBuffer("a/b/c".getBytes(StandardCharsets.UTF_8));
        assertTrue(TopicFilters.isValid(threeLevels, 0, 5, 3));
        assertFalse(TopicFilters.isValid(threeLevels, 0, 5, 2));
    }

    @Test
    void matchesAsTheStandardSaysByExample() {
        assertMatches(
                "sport/tennis/player1/#",
                "sport/tennis/player1",
                "sport/tennis/player1/ranking",
                "sport/tennis/player1/score/wimbledon");
        assertMatches("sport/#", "sport", "sport/", "sport/x/y");
        assertMatches("#", "a", "/", "a/b/c");
        assertMatches("sport/tennis/+", "sport/tennis/player1", "sport/tennis/");
        assertMatches("sport/+", "sport/");
        assertMatches("+/+", "/finance");
        assertMatches("/+", "/finance");
        assertMatches("$SYS/#", "$SYS", "$SYS/monitor/Clients");
        assertMatches("$SYS/monitor/+", "$SYS/monitor/Clients");
        assertMatches("+/tennis/#", "sport/tennis", "/tennis/x");
        assertMatches("$share/g/a/+", "a/b");
        assertMatches("a/$x/+", "a/$x/$y");
    }

    private static void assertMatches(String filter, String... topics) {
        for (String topic : topics) {
            assertTrue(TopicFilters.matches(filter, topic), filter + " ~ " + topic);
        }
    }

    @Test
    void doesNotMatchAsTheStandardSaysByExample() {
        assertNoMatch("sport/tennis/+", "sport/tennis/player1/ranking", "sport/tennis");
        assertNoMatch("sport/+", "sport", "sports/");
        assertNoMatch("+", "/finance", "a/b", "$a");
        assertNoMatch("sport/#", "sports", "spor", "xsport/");
        assertNoMatch("#", "$SYS", "$SYS/monitor/Clients");
        assertNoMatch("+/monitor/Clients", "$SYS/monitor/Clients");
        assertNoMatch("$share/g/#", "$SYS/x");
        assertNoMatch("a", "A", "a/", "/a", "aa");
        assertNoMatch("a/+/#", "a");
        assertNoMatch("a/b", "a");
        assertNoMatch("a", "a/b");
    }

    private static void assertNoMatch(String filter, String... topics) {
        for (String topic : topics) {
            assertFalse(TopicFilters.matches(filter, topic), filter + " !~ " + topic);
        }
    }

    @Test
    void matchesAsARecursiveMatcherDoesOnRandomPairs() {
        int matched = 0;
        for (long seed = 0; seed < 300_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            String topic = levels(random, "", "a", "b", "$", "ab");
            String filter = levels(random, "", "a", "b", "$", "+", "+", "#");
            if (TopicFilters.isValid(filter) && TopicNames.isValid(topic)) {
                boolean expected = matchesNaively(filter, topic);
                assertEquals(expected, TopicFilters.matches(filter, topic), filter + " ~ " + topic + " seed " + seed);
                matched += expected ? 1 : 0;
            }
        }
        assertTrue(matched > 10_000, "too few matches to mean something: " + matched);
    }

    private static String levels(SplittableRandom random, String... choices) {
        String[] levels = new String[1 + random.nextInt(4)];
        Arrays.setAll(levels, i -> choices[random.nextInt(choices.length)]);
        return String.join("/", levels);
    }

    private static boolean matchesNaively(String filter, String topic) {
        boolean hidden = topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"));
        return !hidden && matchesNaively(List.of(filter.split("/", -1)), List.of(topic.split("/", -1)));
    }

    private static boolean matchesNaively(List<String> filter, List<String> topic) {
        if (filter.isEmpty() || topic.isEmpty()) {
            return topic.isEmpty() && (filter.isEmpty() || filter.equals(List.of("#")));
        }
        String level = filter.get(0);
        boolean same = level.equals("+") || level.equals(topic.get(0));
        return level.equals("#")
                || (same && matchesNaively(filter.subList(1, filter.size()), topic.subList(1, topic.size())));
    }

    private static int check(String filter) {
        byte[] bytes = filter.getBytes(StandardCharsets.UTF_8);
        return TopicFilters.check(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private static int sharePrefixLength(String filter) {
        byte[] bytes = filter.getBytes(StandardCharsets.UTF_8);
        return TopicFilters.sharePrefixLength(new UnsafeBuffer(bytes), 0, bytes.length);
    }
}
