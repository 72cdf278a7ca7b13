package io.tally.protocol.codec;

import static io.tally.protocol.codec.Direction.TO_CLIENT;
import static io.tally.protocol.codec.Direction.TO_SERVER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReasonCodesTest {
    /** The per-packet tables of the standard. */
    private static final Map<Integer, String> TO_CLIENT_CODES = Map.of(
            PacketType.CONNACK, "00808182838485868788898a8c9095979 99a9b9c9d9f",
            PacketType.PUBACK, "001080838790919799",
            PacketType.PUBREC, "001080838790919799",
            PacketType.PUBREL, "0092",
            PacketType.PUBCOMP, "0092",
            PacketType.SUBACK, "000102808387 8f91979ea1a2",
            PacketType.UNSUBACK, "00118083878f91",
            PacketType.DISCONNECT, "00808182838789 8b8d8e8f9093949596979899 9a9b9c9d9e9f a0a1a2",
            PacketType.AUTH, "0018");

    private static final Map<Integer, String> TO_SERVER_CODES = Map.of(
            PacketType.PUBACK, "001080838790919799",
            PacketType.PUBREC, "001080838790919799",
            PacketType.PUBREL, "0092",
            PacketType.PUBCOMP, "0092",
            PacketType.DISCONNECT, "00048081828390939495969798 99",
            PacketType.AUTH, "1819");

    @Test
    void allowsEachCodeInItsPacketsOnly() {
        check(TO_CLIENT, TO_CLIENT_CODES);
        check(TO_SERVER, TO_SERVER_CODES);
    }

    private static void check(Direction direction, Map<Integer, String> codes) {
        for (int type = 0; type < 16; type++) {
            boolean[] expected = new boolean[256];
            String hex = codes.getOrDefault(type, "").replace(" ", "");
            for (byte code : HexFormat.of().parseHex(hex)) {
                expected[code & 0xFF] = true;
            }
            for (int code = 0; code < 256; code++) {
                String claim = direction + " " + PacketType.name(type) + " " + Integer.toHexString(code);
                assertEquals(expected[code], ReasonCodes.isAllowed(direction, type, code), claim);
            }
        }
    }

    @Test
    void findsEachReasonByItsCode() {
        int known = 0;
        for (int code = 0; code < 256; code++) {
            ReasonCode reason = ReasonCode.of(code);
            if (reason != null) {
                known++;
                assertEquals(code, reason.code());
                assertEquals(code >= 0x80, reason.isFailure());
            }
        }
        assertEquals(43, known);
        assertNull(ReasonCode.of(-1));
        assertNull(ReasonCode.of(256));
        assertNull(ReasonCode.of(3));
    }
}
