package io.tally.perf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiskCommandTest {
    @TempDir
    private Path directory;

    private String bench(int exitCode, String line) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        String[] words =
                ("disk " + line).replace("%d", directory.toString()).strip().split(" ");
        int ended = Bench.run(words, print, print);
        String text = output.toString(StandardCharsets.UTF_8);
        assertEquals(exitCode, ended, text);
        return text;
    }

    @ParameterizedTest
    @CsvSource({"-s, -w", "--seconds, --warmup"})
    void printsForcesAndWhatTheyCostMessages(String seconds, String warmup) {
        String text = bench(0, "--dir %d --rate 2000 --size 100 " + seconds + " 0.2 " + warmup + " 0.1");
        assertTrue(text.startsWith("disk: 100 B, open loop at 2,000/s\n"), text);
        assertTrue(text.contains(" s measured after 0.1 s of warm-up\n"), text);
        String percentiles = " p50 [0-9.]+ p90 [0-9.]+ p99 [0-9.]+ p99.9 [0-9.]+ p99.99 [0-9.]+ max [0-9.]+ ms\n";
        assertTrue(
                text.matches("(?s).*\n  messages  +[0-9,]+ /s\n  forces    +[0-9,]+ /s, [0-9.]+ messages each\n"
                        + "  force    " + percentiles + "  latency  " + percentiles + "  late     " + percentiles
                        + "No broker .*"),
                text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "| Missing required option: '--dir=DIR'",
                "--dir %d/none | %d/none is not a directory",
                "--dir %d --rate 0 | rate 0.0 is out of range",
                "--dir %d --size 0 | size 0 is out of range",
                "--dir %d -s 0 | seconds 0.0 is out of range",
                "--dir %d -w -1 | warmup -1.0 is out of range",
                "--dir %d --rate many | is not a double",
                "--dir %d --size 16777216 -s 1e12 | tally bench disk: %d: "
            })
    void saysWhatIsWrong(String line, String expected) {
        String text = bench(LoadCommand.CANNOT_RUN, line == null ? "" : line);
        assertTrue(text.contains(expected.replace("%d", directory.toString())), text);
        String[] left = directory.toFile().list();
        assertArrayEquals(new String[0], left);
    }
}
