package io.tally.protocol.codec;

import io.tally.protocol.fuzz.HeapBound;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Fuzzing target: any bytes against every decoder, in a window with bounds checks on exactly these bytes, and with
 * little heap. The first byte chooses version and direction.
 */
public final class CodecFuzzer {
    private static final int PADDING = 16;
    private static final AnyDecoder TO_SERVER = new AnyDecoder(Direction.TO_SERVER);
    private static final AnyDecoder TO_CLIENT = new AnyDecoder(Direction.TO_CLIENT);
    private static final UnsafeBuffer WINDOW = new UnsafeBuffer(0, 0);
    private static final long HEAP_BYTES_MAX = 1 << 20;

    private CodecFuzzer() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        int choice = input[0] & 0xFF;
        int version = ProtocolVersion.V3_1 + choice % 3;
        AnyDecoder decoder = choice < 128 ? TO_SERVER : TO_CLIENT;
        int length = input.length - 1;
        byte[] padded = new byte[length + 2 * PADDING];
        System.arraycopy(input, 1, padded, PADDING, length);
        WINDOW.wrap(padded, PADDING, length);
        long frame = FrameDecoder.decode(WINDOW, 0, length);
        if (frame < 0) {
            return;
        }
        int header = FrameDecoder.headerLength(frame);
        int remaining = Math.min(FrameDecoder.remainingLength(frame), length - header);
        WINDOW.wrap(padded, PADDING + header, remaining);
        HeapBound.check(HEAP_BYTES_MAX, () -> decoder.decode(version, input[1], WINDOW, 0, remaining));
    }
}
