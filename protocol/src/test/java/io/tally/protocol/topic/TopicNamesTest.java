package io.tally.protocol.topic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class TopicNamesTest {
    @Test
    void countsLevels() {
        assertEquals(1, check("a"));
        assertEquals(2, check("/"));
        assertEquals(3, check("//"));
        assertEquals(4, check("sensors/hall/4/temperature"));
        assertEquals(9, check("////////"));
        assertEquals(17, check("/".repeat(16)));
        assertEquals(65_536, check("/".repeat(65_535)));
        assertEquals(3, check("größe/straße/漢"));
    }

    /** [MQTT-4.7.3-1]. */
    @Test
    void refusesTheEmptyName() {
        assertEquals(0, check(""));
        assertFalse(TopicNames.isValid(""));
    }

    /** [MQTT-4.7.0-1]. */
    @Test
    void refusesWildcardsAtEveryPlace() {
        for (int length = 1; length <= 24; length++) {
            for (int at = 0; at < length; at++) {
                String before = "x".repeat(at);
                String after = "/".repeat(length - at - 1);
                assertEquals(TopicNames.WILDCARD, check(before + '+' + after));
                assertEquals(TopicNames.WILDCARD, check(before + '#' + after));
                assertEquals(TopicNames.NOT_UTF8, check(before + '\0' + after));
                assertEquals(length - at, check(before + '!' + after));
            }
        }
    }

    /** A packet that is not well-formed is malformed, whatever else is wrong with its topic. */
    @Test
    void namesBadUtf8BeforeWildcards() {
        assertEquals(TopicNames.NOT_UTF8, check("#\0"));
        assertEquals(TopicNames.NOT_UTF8, check("+aaaaaaaaaaaaaaa\0"));
    }

    @Test
    void agreesWithASlowCheckOnRandomText() {
        for (long seed = 0; seed < 200_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            StringBuilder name = new StringBuilder();
            int length = 1 + random.nextInt(40);
            for (int i = 0; i < length; i++) {
                int kind = random.nextInt(200);
                name.append(kind == 0 ? '+' : kind == 1 ? '#' : kind == 2 ? 'é' : kind < 40 ? '/' : (char) kind);
            }
            String text = name.toString();
            boolean wildcard = text.contains("+") || text.contains("#");
            int levels = text.length() - text.replace("/", "").length() + 1;
            assertEquals(wildcard ? TopicNames.WILDCARD : levels, check(text), text);
            assertEquals(!wildcard, TopicNames.isValid(text));
        }
    }

    /** [MQTT-4.7.3-3]. */
    @Test
    void refusesTextLongerThanAPacketCanHold() {
        assertTrue(TopicNames.isValid("x".repeat(65_535)));
        assertFalse(TopicNames.isValid("x".repeat(65_536)));
        assertFalse(TopicNames.isValid("漢".repeat(21_846)));
        assertFalse(TopicNames.isValid("a\ud800b"));
        assertFalse(TopicNames.isValid("a\0b"));
    }

    private static int check(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return TopicNames.check(new UnsafeBuffer(bytes), 0, bytes.length);
    }
}
