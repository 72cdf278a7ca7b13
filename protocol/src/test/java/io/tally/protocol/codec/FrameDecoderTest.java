package io.tally.protocol.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {
    @Test
    void readsEveryLengthAtItsEdges() {
        assertFrame("c000", 2, 0);
        assertFrame("307f", 2, 127);
        assertFrame("308001", 3, 128);
        assertFrame("30ff7f", 3, 16_383);
        assertFrame("30808001", 4, 16_384);
        assertFrame("30ffff7f", 4, 2_097_151);
        assertFrame("3080808001", 5, 2_097_152);
        assertFrame("30ffffff7f", 5, 268_435_455);
    }

    private static void assertFrame(String hex, int headerLength, int remainingLength) {
        long frame = decode(hex);
        assertEquals(headerLength, FrameDecoder.headerLength(frame));
        assertEquals(remainingLength, FrameDecoder.remainingLength(frame));
        assertEquals(headerLength + remainingLength, FrameDecoder.packetLength(frame));
        assertTrue(FrameDecoder.isShortest(frame));
        for (int length = 0; length < hex.length(); length += 2) {
            assertEquals(FrameDecoder.NEED_MORE, decode(hex.substring(0, length)));
        }
    }

    @Test
    void refusesAFifthLengthByte() {
        assertEquals(FrameDecoder.MALFORMED, decode("30ffffffff"));
        assertEquals(FrameDecoder.MALFORMED, decode("3080808080"));
        assertEquals(FrameDecoder.MALFORMED, decode("308080808001"));
    }

    @Test
    void refusesPacketTypeZeroAtOnce() {
        assertEquals(FrameDecoder.MALFORMED, decode("00"));
        assertEquals(FrameDecoder.MALFORMED, decode("0f00"));
    }

    @Test
    void tellsPaddedLengths() {
        long frame = decode("c08000");
        assertEquals(0, FrameDecoder.remainingLength(frame));
        assertEquals(3, FrameDecoder.headerLength(frame));
        assertFalse(FrameDecoder.isShortest(frame));
    }

    @Test
    void writesWhatItReads() {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[5]);
        for (int value = 0; value <= VarInt.MAX; value += 1 + value / 50) {
            buffer.putByte(0, (byte) 0x30);
            int length = VarInt.put(buffer, 1, value);
            assertEquals(VarInt.length(value), length);
            long frame = FrameDecoder.decode(buffer, 0, 1 + length);
            assertEquals(value, FrameDecoder.remainingLength(frame));
            assertEquals(1 + length, FrameDecoder.headerLength(frame));
        }
    }

    private static long decode(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        return FrameDecoder.decode(new UnsafeBuffer(bytes), 0, bytes.length);
    }
}
