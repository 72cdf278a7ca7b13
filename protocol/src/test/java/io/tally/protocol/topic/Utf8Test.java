package io.tally.protocol.topic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class Utf8Test {
    private final CharsetDecoder jdk = StandardCharsets.UTF_8.newDecoder();
    private final UnsafeBuffer window = new UnsafeBuffer(0, 0);

    @Test
    void agreesWithTheJdkOnEveryPairOfBytes() {
        byte[] bytes = new byte[2];
        for (int i = 0; i < 1 << 16; i++) {
            bytes[0] = (byte) (i >> 8);
            bytes[1] = (byte) i;
            check(bytes);
        }
    }

    @Test
    void agreesWithTheJdkOnEveryLeadWithEdgeTails() {
        int[] tails = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
        for (int lead = 0xC0; lead <= 0xFF; lead++) {
            for (int tail = 0; tail < 1000; tail++) {
                byte[] bytes = {
                    (byte) lead, (byte) tails[tail / 100], (byte) tails[tail / 10 % 10], (byte) tails[tail % 10]
                };
                check(bytes);
                check(Arrays.copyOf(bytes, 3));
            }
        }
    }

    @Test
    void acceptsEveryCodePointThatIsNoSurrogate() {
        for (int codePoint = 1; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                byte[] bytes = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
                assertTrue(isValid(bytes), Integer.toHexString(codePoint));
            }
        }
    }

    @Test
    void agreesWithTheJdkOnMutatedText() {
        for (long seed = 0; seed < 200_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(30);
            for (int i = 0; i < length; i++) {
                text.appendCodePoint(random.nextInt(8) == 0 ? 0x1F600 : random.nextInt(4) == 0 ? 'ü' : 'a');
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0 && random.nextBoolean()) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            check(bytes);
        }
    }

    /** [MQTT-1.5.4-1]. */
    @Test
    void refusesSurrogates() {
        assertFalse(isValid(0xED, 0xA0, 0x80));
        assertFalse(isValid(0xED, 0xBF, 0xBF));
        assertFalse(isValid(0xED, 0xA0, 0x81, 0xED, 0xB0, 0x80));
        assertTrue(isValid(0xED, 0x9F, 0xBF));
        assertTrue(isValid(0xEE, 0x80, 0x80));
    }

    /** [MQTT-1.5.4-2]. */
    @Test
    void refusesNulAtEveryPlace() {
        for (int length = 1; length <= 24; length++) {
            for (int at = 0; at < length; at++) {
                byte[] bytes = new byte[length];
                Arrays.fill(bytes, (byte) 'x');
                assertTrue(isValid(bytes));
                bytes[at] = 0;
                assertFalse(isValid(bytes), at + " of " + length);
            }
        }
        assertFalse(isValid(0xC0, 0x80));
    }

    /** [MQTT-1.5.4-3]: U+FEFF is a character as any other. */
    @Test
    void acceptsTheByteOrderMarkAnywhere() {
        assertTrue(isValid(0xEF, 0xBB, 0xBF));
        assertTrue(isValid('a', 0xEF, 0xBB, 0xBF, 'b'));
    }

    private void check(byte[] bytes) {
        assertEquals(jdkAccepts(bytes), isValid(bytes), () -> Arrays.toString(bytes));
    }

    private boolean jdkAccepts(byte[] bytes) {
        try {
            return jdk.decode(ByteBuffer.wrap(bytes)).toString().indexOf('\0') < 0;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private boolean isValid(int... bytes) {
        byte[] text = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            text[i] = (byte) bytes[i];
        }
        return isValid(text);
    }

    /** Through a window on exactly these bytes, so that reading outside of them throws. */
    private boolean isValid(byte[] bytes) {
        window.wrap(bytes);
        return Utf8.isValid(window, 0, bytes.length);
    }
}
