package io.tally.protocol.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.fuzz.Fuzzing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CodecFuzzingTest {
    private static final int SEEDS = 300;
    private static final int CHOICE_TO_CLIENT = 129;

    @Test
    void noBytesMakeADecoderFailOrReadOutsideOfThem() throws Exception {
        Path corpus = Files.createDirectories(Path.of("target", "fuzz", CodecFuzzer.class.getSimpleName()));
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int version = 3 + random.nextInt(3);
            Direction direction = random.nextBoolean() ? Direction.TO_SERVER : Direction.TO_CLIENT;
            byte[] packet = new SamplePackets(random).next(version, direction);
            byte[] input = new byte[packet.length + 1];
            input[0] = (byte) (version - 3 + (direction == Direction.TO_SERVER ? 0 : CHOICE_TO_CLIENT));
            System.arraycopy(packet, 0, input, 1, packet.length);
            Files.write(corpus.resolve("sample-" + seed), input);
        }
        Fuzzing.Result result = Fuzzing.run(CodecFuzzer.class);
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.runs() > SEEDS, result.output());
    }
}
