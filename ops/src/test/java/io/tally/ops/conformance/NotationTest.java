package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the tests write down means the bytes that MQTT gives it. */
final class NotationTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "10 # 'MQTT' 05 02 003c [] 'c', 10 0e 00 04 4d 51 54 54 05 02 00 3c 00 00 01 63",
                "30 # 'a/b' [01 01 23 0005] <hé>, 30 0e 00 03 61 2f 62 05 01 01 23 00 05 68 c3 a9",
                "82 # 0001 [0b 8001] (c080) 02, 82 0b 00 01 03 0b 80 01 00 02 c0 80 02",
            })
    void writesBytes(String text, String bytes) {
        assertEquals(bytes, Notation.hex(Notation.bytes(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "20 09 00 00 06 21 000a 22 0005",
                "20 # ?? 00 {}",
                "20 # 0? 00 {}",
                "20 # 00 00 {22 0005}",
                "20 # 00 00 {22 0005, 21 ????}",
                "20 # 00 00 [21 000a 22 0005]",
                "20 # 00 ..",
                "20 .. 22 0005",
                "20 # .. 21 ..",
            })
    void matches(String text) {
        assertTrue(Notation.matches(text, Notation.bytes("20 # 00 00 [21 000a 22 0005]")), text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "20 09 00 00 06 21 000a 22 0006",
                "20 # 1? 00 {}",
                "20 # 00 00 []",
                "20 # 00 00 {22 0006}",
                "20 # 00 00 {22 ????, 22 ????}",
                "20 # 00 00 [22 0005 21 000a]",
                "20 # 00 00",
                "20 .. 22 00",
                "20 # 00 00 {} 00",
            })
    void doesNotMatch(String text) {
        assertFalse(Notation.matches(text, Notation.bytes("20 # 00 00 [21 000a 22 0005]")), text);
    }

    @Test
    void takesALengthOnlyInItsShortestForm() {
        assertTrue(Notation.matches("d0 #", Notation.bytes("d0 00")));
        assertFalse(Notation.matches("d0 #", Notation.bytes("d0 80 00")));
        assertEquals(
                "30 80 01",
                Notation.hex(Notation.bytes("30 # <" + "x".repeat(128) + ">")).substring(0, 8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1g", "[00", "'a", "00 ]", "{01 00"})
    void refusesWhatIsNoNotation(String text) {
        assertThrows(IllegalArgumentException.class, () -> Notation.matches(text, new byte[0]), text);
    }

    @Test
    void sendsNoWildcards() {
        assertThrows(IllegalArgumentException.class, () -> Notation.bytes("30 ??"));
    }
}
