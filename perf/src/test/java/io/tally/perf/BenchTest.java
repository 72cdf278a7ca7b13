package io.tally.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command against a real Tally. */
class BenchTest {
    private static TallyProcess broker;

    @TempDir
    private static Path directory;

    private record Ended(int exitCode, String text) {}

    @BeforeAll
    static void startBroker() throws IOException {
        broker = new TallyProcess(directory);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    private static Ended bench(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--port", Integer.toString(broker.port()), "--warmup", "0.1", "--seconds", "0.3"));
        if (!all.contains("--pid")) {
            all.addAll(List.of("--pid", Long.toString(broker.pid())));
        }
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        int exitCode = Bench.run(all.toArray(String[]::new), print, print);
        return new Ended(exitCode, output.toString(StandardCharsets.UTF_8));
    }

    private static Map<String, String> fields(String name) throws IOException {
        return Files.readAllLines(directory.resolve("out").resolve(name + ".json")).stream()
                .filter(line -> line.startsWith("  "))
                .map(line -> line.strip().replaceAll("[\",]", "").split(": ", 2))
                .collect(Collectors.toMap(field -> field[0], field -> field[1]));
    }

    @Test
    void everyScenarioRunsAndFindsNothingWrong() throws Exception {
        List<Path> scenarios;
        try (Stream<Path> files = Files.list(Path.of("scenarios"))) {
            scenarios = files.toList();
        }
        assertTrue(scenarios.size() >= 4);
        for (Path scenario : scenarios) {
            String name = scenario.getFileName().toString();
            Ended ended = bench(name, "-o", directory.resolve("out").toString());
            assertEquals(0, ended.exitCode(), ended.text());
            assertTrue(ended.text().contains(" 0 lost, 0 doubled, 0 reordered"), ended.text());
            Map<String, String> fields = fields(name);
            assertEquals(fields.get("sent"), fields.get("received"));
            assertTrue(Double.parseDouble(fields.get("inPerSecond")) > 0, ended.text());
            assertTrue(Long.parseLong(fields.get("brokerResidentKb")) > 0, ended.text());
        }
    }

    @Test
    void theFilesCanBeReadByHdrHistogramsReaders() throws Exception {
        Path out = directory.resolve("out");
        assertEquals(0, bench("lat-q1", "--name", "read", "-o", out.toString()).exitCode());
        long count = 0;
        try (HistogramLogReader reader =
                new HistogramLogReader(out.resolve("read.hlog").toFile())) {
            for (EncodableHistogram next = reader.nextIntervalHistogram();
                    next != null;
                    next = reader.nextIntervalHistogram()) {
                count += ((Histogram) next).getTotalCount();
            }
        }
        assertTrue(count > 0);
        assertEquals(Long.toString(count), fields("read").get("latencyCount"));
        String table = Files.readString(out.resolve("read.hgrm"));
        assertTrue(table.matches("(?s).*Total count +=.*" + count + "\\].*"), table);
    }

    @Test
    void sharedGroupsAndMqtt5AreCountedToo() {
        Ended ended =
                bench("in-q2", "--mqtt", "5", "--subscribers", "3", "--filter", "$share/g/c/#", "--publishers", "7");
        assertEquals(0, ended.exitCode(), ended.text());
        assertTrue(ended.text().contains(" 0 lost, 0 doubled, 0 reordered"), ended.text());
    }

    @Test
    void takeOversAreMadeAtTheirRateBesideTheLoad() throws Exception {
        Path out = directory.resolve("out");
        Ended ended = bench("storm-q1", "--take-overs", "200", "--name", "storm", "-o", out.toString());
        assertEquals(0, ended.exitCode(), ended.text());
        // 0.4 s of load; those that fell behind are made up for.
        assertTrue(Long.parseLong(fields("storm").get("takeOvers")) >= 80, ended.text());
    }

    @Test
    void thePageTellsOfTheRunAndComparesSeveralWithoutNeedingAnythingElse() throws Exception {
        Path out = directory.resolve("pages");
        String[] names = {"one", "two"};
        for (String name : names) {
            Ended ended = bench(
                    "lat-q1",
                    "--name",
                    name,
                    "--broker",
                    "<" + name + ">",
                    "--durability",
                    "disk",
                    "-o",
                    out.toString());
            assertEquals(0, ended.exitCode(), ended.text());
        }
        String single = Files.readString(out.resolve("one.html"));
        assertTrue(single.contains("&lt;one&gt; (disk)") && single.contains("0 lost, 0 doubled, 0 reordered"), single);
        assertTrue(single.contains("99.9%</text>") && single.contains("CPU of the broker over time"), single);

        Path page = out.resolve("both.html");
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        String[] line = {
            "report",
            out.resolve("one.json").toString(),
            out.resolve("two.json").toString(),
            "-o",
            page.toString()
        };
        assertEquals(0, Bench.run(line, print, print), output.toString(StandardCharsets.UTF_8));
        String both = Files.readString(page);
        assertTrue(both.contains("&lt;one&gt; (disk)") && both.contains("&lt;two&gt; (disk)"), both);
        assertTrue(both.contains("tally version"), "the broker says what it is");
        assertFalse(both.matches("(?s).*(<script|https?://|<link|@import|src=).*"), both);
    }

    @Test
    void whatIsNoResultIsAnError() throws Exception {
        Path file = Files.writeString(directory.resolve("no.json"), "[1");
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        assertEquals(LoadCommand.CANNOT_RUN, Bench.run(new String[] {"report", file.toString()}, print, print));
        assertTrue(output.toString(StandardCharsets.UTF_8).contains("no.json is not a JSON object"));
    }

    @Test
    void idleConnectionsAreOpenedAndKept() {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        String line =
                "connections --connections 60 --steps 3 --settle 0 --pid " + broker.pid() + " --port " + broker.port();
        assertEquals(0, Bench.run(line.split(" "), print, print), output.toString(StandardCharsets.UTF_8));
        String text = output.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("60  connections, resident"), text);
        assertTrue(text.matches("(?s).*connects +[0-9,]+/s, broker [0-9.]+ µs.*slope.*lost +0.*"), text);
    }

    @Test
    void saysWhatIsWrongWithTheCommand() {
        assertTrue(bench("no-such-scenario").text().contains("there is no scenario and no file no-such-scenario"));
        assertTrue(bench("in-q1", "--size", "15").text().contains("size 15 is out of range"));
        assertTrue(bench("--host", "127.0.0.1", "--mqtt", "4").text().contains("--mqtt is 3.1, 3.1.1 or 5"));
    }

    @Test
    void aProcessThatIsNotThereIsAnError() {
        Ended ended = bench("in-q0", "--pid", "999999999");
        assertEquals(LoadCommand.CANNOT_RUN, ended.exitCode(), ended.text());
        assertTrue(ended.text().contains("no process 999999999"), ended.text());
    }

    @Test
    void aBrokerThatIsNotThereIsAnError() {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        assertEquals(LoadCommand.CANNOT_RUN, Bench.run(new String[] {"--port", "1"}, print, print));
        assertTrue(output.toString(StandardCharsets.UTF_8).contains("127.0.0.1:1: Connection refused"));
    }
}
