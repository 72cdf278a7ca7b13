package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.listener.PskSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bouncycastle.tls.CipherSuite;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of pre-shared keys, and the ciphers that go with them. */
class PskKeysTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    private PskKeys keys(String text, @Nullable String ciphers) throws IOException {
        Path file = Files.writeString(dir.resolve("keys"), text);
        Map<String, String> places = Map.of("psk_file", "conf:1", "ciphers", "conf:2");
        return PskKeys.read(new PskSettings("", file.toString(), ciphers, false, places));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void findsKeysByIdentity() throws IOException {
        PskKeys keys = keys("#x:01\n\nann:0aFF  \nbø b:00\r\n", null);
        assertArrayEquals(new byte[] {10, -1}, keys.key(bytes("ann")));
        assertArrayEquals(new byte[] {0}, keys.key(bytes("bø b")));
        assertNull(keys.key(bytes("x")));
        assertNull(keys.key(bytes("#x")));
        assertNull(keys.key(new byte[0]));
    }

    @Test
    void aKeyThatIsWipedAfterUseIsFoundAgain() throws IOException {
        PskKeys keys = keys("ann:0a", null);
        byte[] used = keys.key(bytes("ann"));
        assertEquals(1, used == null ? 0 : used.length);
        java.util.Arrays.fill(used, (byte) 0);
        assertArrayEquals(new byte[] {10}, keys.key(bytes("ann")));
    }

    @ParameterizedTest
    @CsvSource({
        "ann, a line has to be IDENTITY:KEY",
        ":00, the identity has to have 1 to 4096 bytes",
        "ann:, the key has to be 1 to 256 bytes in hexadecimal digits",
        "ann:0, the key has to be 1 to 256 bytes in hexadecimal digits",
        "ann:0x, the key has to be 1 to 256 bytes in hexadecimal digits",
        "bob:01, the identity stands here a second time",
    })
    void namesTheLineOfAMistake(String line, String mistake) {
        IOException e = assertThrows(IOException.class, () -> keys("bob:00\n" + line + "\n", null));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.startsWith(dir.resolve("keys") + ":2: " + mistake), message);
    }

    @Test
    void tellsOfShortKeys() throws IOException {
        String safe = "safe:000102030405060708090a0b0c0d0e0f\n";
        assertNull(keys(safe, null).notice());
        String notice = String.valueOf(
                keys(safe + "a:000102030405060708090a0b0c0d0e\nb:00\n", null).notice());
        assertTrue(notice.startsWith(dir.resolve("keys") + ":2: the key has 15 bytes"), notice);
        assertTrue(notice.contains("and 1 others"), notice);
    }

    @Test
    void namesTheLineThatAsksForWhatThereIsNot() {
        PskSettings missing =
                new PskSettings("", dir.resolve("none").toString(), null, false, Map.of("psk_file", "conf:1"));
        String message = String.valueOf(
                assertThrows(IOException.class, () -> PskKeys.read(missing)).getMessage());
        assertTrue(message.startsWith("conf:1: psk_file "), message);
        message = String.valueOf(assertThrows(IOException.class, () -> keys("", "AES256-GCM-SHA384"))
                .getMessage());
        assertTrue(message.startsWith("conf:2: ciphers 'AES256-GCM-SHA384' names no cipher of "), message);
    }

    @Test
    void ciphersAreChosenByNameAndGroup() throws IOException {
        assertEquals(
                List.of(CipherSuite.TLS_PSK_WITH_AES_128_CCM_8, CipherSuite.TLS_PSK_WITH_AES_128_CBC_SHA),
                keys("", "PSK-AES128-CCM8:PSK-AES128-CBC-SHA").suites());
        List<Integer> ephemeral = keys("", "ECDHE+PSK+AESGCM").suites();
        assertEquals(
                List.of(
                        CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256,
                        CipherSuite.TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384),
                ephemeral);
        assertEquals(keys("", null).suites(), keys("", "PSK:!aRSA").suites());
    }
}
