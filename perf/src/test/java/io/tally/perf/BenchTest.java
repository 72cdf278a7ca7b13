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

    /** For this test: a scenario's own numbers would take longer. */
    private static final Map<String, List<String>> SMALLER = Map.of(
            "backlog", List.of("--backlog", "3000"),
            "lat-50k", List.of("--rate", "2000"),
            "fan-q0", List.of("--subscribers", "20"),
            "resume", List.of("--resume", "1"),
            "reconnect-storm", List.of("--idle", "30"));

    private record Ended(int exitCode, String text) {}

    @BeforeAll
    static void startBroker() throws IOException {
        broker = new TallyProcess(directory);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @Test
    void aBrokerThatDoesNotStartHasItsReasonPrinted() throws IOException {
        Path launcher = Files.writeString(directory.resolve("launcher"), "#!/bin/sh\necho no more seats >&2; exit 1\n");
        assertTrue(launcher.toFile().setExecutable(true));
        Path data = directory.resolve("growth");
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        String[] arguments = {"growth", "backlog", "--dir", data.toString(), "--tally", launcher.toString()};
        assertEquals(2, Bench.run(arguments, print, print));
        assertEquals("tally bench: the broker did not start: no more seats\n", output.toString(StandardCharsets.UTF_8));
        assertFalse(Files.exists(data));
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
            List<String> line =
                    new ArrayList<>(List.of(name, "-o", directory.resolve("out").toString()));
            line.addAll(SMALLER.getOrDefault(name, List.of()));
            Ended ended = bench(line.toArray(String[]::new));
            assertEquals(0, ended.exitCode(), ended.text());
            Map<String, String> fields = fields(name);
            assertEquals("0", fields.get("lost"), ended.text());
            // A publisher that loses its connection sends again what was not acknowledged: at QoS 1 that may double.
            assertTrue(name.equals("reconnect-storm") || fields.get("doubled").equals("0"), ended.text());
            boolean isOneToOne = fields.get("subscribers").equals("1")
                    || fields.get("filter").startsWith("$share");
            assertTrue(!isOneToOne || fields.get("sent").equals(fields.get("received")), ended.text());
            boolean hasReceivers = !fields.get("subscribers").equals("0");
            assertEquals(hasReceivers, Long.parseLong(fields.get("receivedLeast")) > 0, ended.text());
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
    void eachSharedGroupIsOwedEachMessageOnce() throws Exception {
        Path out = directory.resolve("out");
        String[] groups = {"$share/g%s/l/#", "$share/g/l/+ $share/g/no/%t", "$share/g/l/%s"};
        double[] copies = {3, 1, 3 / 7.0};
        for (int i = 0; i < groups.length; i++) {
            String[] line = {
                "lat-q1", "--filter", groups[i], "--subscribers", "3", "--publishers", "7", "--name", "groups"
            };
            List<String> all = new ArrayList<>(List.of(line));
            all.addAll(List.of("-o", out.toString()));
            Ended ended = bench(all.toArray(String[]::new));
            assertEquals(0, ended.exitCode(), ended.text());
            Map<String, String> fields = fields("groups");
            assertEquals("000", fields.get("lost") + fields.get("doubled") + fields.get("foreign"), ended.text());
            double share = Double.parseDouble(fields.get("received")) / Double.parseDouble(fields.get("sent"));
            assertEquals(copies[i], share, copies[i] == Math.rint(copies[i]) ? 0 : 0.1, ended.text());
        }
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
    void sessionsResumeAndNothingIsLostOrDoubled() throws Exception {
        Path out = directory.resolve("out");
        Ended ended = bench(
                "resume",
                "--name",
                "resumed",
                "--resume",
                "3",
                "--subscribers",
                "4",
                "--rate",
                "2000",
                "-o",
                out.toString());
        assertEquals(0, ended.exitCode(), ended.text());
        Map<String, String> fields = fields("resumed");
        assertEquals("12", fields.get("reconnects"));
        assertEquals("000", fields.get("lost") + fields.get("doubled") + fields.get("notBack"));
        assertEquals(4 * Long.parseLong(fields.get("sent")), Long.parseLong(fields.get("received")));
    }

    @Test
    void afterAStormEverybodyIsBackAndAtQos2NothingIsLostOrDoubled() throws Exception {
        Path out = directory.resolve("out");
        String[] line = {
            "reconnect-storm", "--qos", "2", "--mqtt", "5", "--storms", "1", "--idle", "50", "--name", "qos2"
        };
        List<String> all = new ArrayList<>(List.of(line));
        all.addAll(List.of("-o", out.toString()));
        Ended ended = bench(all.toArray(String[]::new));
        assertEquals(0, ended.exitCode(), ended.text());
        Map<String, String> fields = fields("qos2");
        assertEquals("90", fields.get("reconnects"), "20 publishers, 20 subscribers, 50 idle ones");
        assertEquals("1", fields.get("storms"));
        assertTrue(Double.parseDouble(fields.get("stormSecondsMax")) > 0, ended.text());
        assertEquals("00", fields.get("lost") + fields.get("doubled"));
        assertEquals(fields.get("sent"), fields.get("received"));
        String page = Files.readString(out.resolve("qos2.html"));
        assertTrue(
                page.contains("come back, once.") && page.contains("reconnect storms<small>in all</small></td><td>1<"),
                page);
        assertTrue(page.matches("(?s).*CPU of the broker over time.*?class=\"line\" d=\"M66.0 .*"), "begins at 0 s");
    }

    @Test
    void aBacklogIsSharedByAbsentSessionsAndDrained() throws Exception {
        Path out = directory.resolve("out");
        Ended ended = bench(
                "backlog",
                "--backlog",
                "1001",
                "--absent",
                "3",
                "--publishers",
                "0",
                "--qos",
                "2",
                "-o",
                out.toString());
        assertEquals(0, ended.exitCode(), ended.text());
        Map<String, String> fields = fields("backlog");
        assertEquals("1001", fields.get("sent"));
        assertEquals("1001", fields.get("received"));
        assertEquals("3", fields.get("reconnects"));
        assertTrue(Double.parseDouble(fields.get("backlogDrainPerSecond")) > 0, ended.text());
    }

    @Test
    void subscribersGetJustTheTopicsOfTheirFilters() throws Exception {
        Path out = directory.resolve("out");
        String[] line = {
            "--qos",
            "1",
            "--subscribers",
            "3",
            "--topic",
            "%t/x/%p",
            "--topics",
            "12",
            "--filter",
            "%s/# 1%s/x/0 no/%t",
            "--name",
            "some",
            "-o",
            out.toString()
        };
        Ended ended = bench(line);
        assertEquals(0, ended.exitCode(), ended.text());
        Map<String, String> fields = fields("some");
        assertEquals("00", fields.get("lost") + fields.get("foreign"));
        double share = Double.parseDouble(fields.get("received")) / Double.parseDouble(fields.get("sent"));
        assertEquals(5 / 12.0, share, 0.1, "0, 1, 2, 10 and 11 of twelve");
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
        assertTrue(bench("in-q0", "--resume", "1").text().contains("resume without persistent 1 is out of range"));
        assertTrue(bench("in-q1", "--size", "15").text().contains("size 15 is out of range"));
        assertTrue(bench("--host", "127.0.0.1", "--mqtt", "4").text().contains("--mqtt is 3.1, 3.1.1 or 5"));
    }

    @Test
    void groupsThatCannotBeCountedAreRefused() {
        Map<String, String> refused = Map.of(
                "$share/g/a/# b/#", "gives a subscriber shared and other filters",
                "b/# $share/g/a/#", "gives a subscriber shared and other filters",
                "$share/g/a/# $share/h/b/#", "gives a subscriber filters of several shared groups",
                "$share/g/a/# $share/g/b/%s", "makes a group of $share/g/a/# whose members' other filters differ");
        refused.forEach((filter, reason) -> {
            Ended ended = bench("in-q1", "--subscribers", "2", "--filter", filter);
            assertEquals(LoadCommand.CANNOT_RUN, ended.exitCode(), ended.text());
            assertTrue(ended.text().contains("filter " + filter + " " + reason), ended.text());
        });
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
