package io.tally.ops.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.fuzz.Fuzzing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SessionFuzzingTest {
    private static final int INPUTS = 500;
    private static final int SEEDS = 50;
    private static final int INPUT_BYTES = 100;

    private static byte[] input(int seed) {
        byte[] input = new byte[INPUT_BYTES];
        new SplittableRandom(seed).nextBytes(input);
        return input;
    }

    @Test
    void randomStepsDisturbNobody() throws Exception {
        for (int seed = 0; seed < INPUTS; seed++) {
            SessionFuzzer.fuzzerTestOneInput(input(seed));
        }
        SessionFuzzer.endWorld();
    }

    @Test
    void noBytesOfOneConnectionDisturbAnother() throws Exception {
        Path corpus = Files.createDirectories(Path.of("target", "fuzz", SessionFuzzer.class.getSimpleName()));
        for (int seed = 0; seed < SEEDS; seed++) {
            Files.write(corpus.resolve("random-" + seed), input(seed));
        }
        Fuzzing.Result result = Fuzzing.run(SessionFuzzer.class);
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.runs() > 0, result.output());
    }
}
