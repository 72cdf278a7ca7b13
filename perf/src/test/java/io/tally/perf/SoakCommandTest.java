package io.tally.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of a run, from files as {@code perf/soak} leaves them. */
class SoakCommandTest {
    private static final int MINUTES = 4;

    @TempDir
    private Path directory;

    /** Resident grows by 10 MB a minute, anonymous memory by 1; a quarter of the CPU is taken. */
    private void writeSamples() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int second = 0; second < 60 * MINUTES; second += 5) {
            int minute = second / 60;
            lines.add("%d %d %d %d %.2f"
                    .formatted(second, (300 + 10 * minute) << 10, (150 + minute) << 10, 120 << 10, second / 4.0));
        }
        Files.write(directory.resolve("samples"), lines);
        Files.write(
                directory.resolve("gc.log"),
                List.of(
                        "[0.012s] Using Serial",
                        "[30.5s] GC(0) Pause Young (Allocation Failure) 40M->17M(61M) 3.5ms",
                        "[190.1s] GC(1) Pause Full (Diagnostic Command) 33M->19M(64M) 40.2ms"));
    }

    /** One message a second, in 1 ms; in the last minute in 8 ms. */
    private void writeLatencies() throws IOException {
        try (PrintStream file = new PrintStream(directory.resolve("load.hlog").toFile(), StandardCharsets.UTF_8)) {
            HistogramLogWriter writer = new HistogramLogWriter(file);
            for (int second = 0; second < 60 * MINUTES; second++) {
                Histogram histogram = new Histogram(3);
                histogram.recordValue(second < 180 ? 1_000_000 : 8_000_000);
                histogram.setStartTimeStamp(1_000_000_000L + second * 1_000L);
                histogram.setEndTimeStamp(1_000_000_000L + (second + 1) * 1_000L);
                writer.outputIntervalHistogram(histogram);
            }
        }
    }

    private void writeLoad() throws IOException {
        Files.writeString(directory.resolve("load.json"), """
                {"scenario": "lat-q1", "broker": "tally version 9", "durability": "process", "machine": "a machine",
                 "publishers": 20, "subscribers": 1, "qos": 1, "payloadBytes": 256, "rate": 5000, "intervals": []}
                """);
    }

    @Test
    void showsMemoryOverTimeAndItsMedianInEachQuarter() throws Exception {
        writeSamples();
        writeLatencies();
        writeLoad();
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        int exitCode = Bench.run(new String[] {"soak", directory.toString()}, print, print);
        String text = output.toString(StandardCharsets.UTF_8);
        assertEquals(0, exitCode, text);
        String quarters = """
                      1        300        150    120     17
                      2        310        151    120      –
                      3        320        152    120      –
                      4        330        153    120     19
                """;
        assertTrue(text.contains(quarters), text);
        String page = Files.readString(directory.resolve("soak.html"));
        assertTrue(page.contains("<p>20 publishers send messages of 256 bytes at QoS 1"), page);
        assertTrue(page.contains("<p>tally version 9, durability process; a machine</p>"), page);
        for (String name : List.of("resident", "anonymous: heap, rings, native", "heap after a collection")) {
            assertTrue(page.contains("</svg>" + name + "</li>"), name);
        }
        assertTrue(page.contains("<title>heap after a collection: 19.0 at 3.1"), page);
        assertTrue(page.contains("<title>p99: 8.0") && page.contains(" at 3</title>"), page);
    }
}
