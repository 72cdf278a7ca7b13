package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mosquitto's command line clients and our own with the same flags do their everyday work with the broker. */
final class CommandLineClientsIT {
    private static final AtomicInteger NAMES = new AtomicInteger();

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    @SuppressWarnings("NullAway.Init")
    private static Path home;

    @BeforeAll
    static void start() throws IOException {
        home = TestHome.fresh("command-line-clients");
        broker = BrokerProcess.start(new BrokerSettings(home));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "mosquitto,5", "tally,311", "tally,5"})
    void deliversAtEachQosWithWildcards(String tool, String version) throws Exception {
        for (String qos : List.of("0", "1", "2")) {
            String root = topic();
            try (CommandLineSubscriber sub = sub(tool, version, "-t", root + "/+/x", "-q", qos, "-v", "-C", "4")) {
                publishLines(List.of("one", "two"), tool, version, "-t", root + "/a/x", "-q", qos, "-l");
                publish(tool, version, "-t", root + "/a/y", "-q", qos, "-m", "other");
                publish(tool, version, "-t", root + "/b/x", "-q", qos, "-m", "three");
                assertEquals(0, sub.awaitExit());
                assertEquals(List.of(root + "/a/x one", root + "/a/x two", root + "/b/x three"), sub.lines());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "mosquitto,5", "tally,311", "tally,5"})
    void deliversARetainedMessage(String tool, String version) throws Exception {
        String topic = topic();
        publish(tool, version, "-t", topic, "-q", "1", "-r", "-m", "kept");
        try (CommandLineSubscriber sub = sub(tool, version, "-t", topic, "-C", "2")) {
            assertEquals(0, sub.awaitExit());
            assertEquals(List.of("kept"), sub.lines());
        }
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "tally,311"})
    void keepsWhatAPersistentSessionMissed(String tool, String version) throws Exception {
        String topic = topic();
        String[] flags = {"-c", "-i", "absent-" + NAMES.incrementAndGet(), "-t", topic, "-q", "2"};
        sub(tool, version, flags).kill();
        List<String> numbers =
                IntStream.range(0, 50).mapToObj(Integer::toString).toList();
        publishLines(numbers, tool, version, "-t", topic, "-q", "2", "-l");
        try (CommandLineSubscriber sub = sub(tool, version, flags)) {
            assertEquals(numbers, sub.awaitLines(50));
        }
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "mosquitto,5", "tally,311", "tally,5"})
    void sendsTheWillOfAKilledClient(String tool, String version) throws Exception {
        String topic = topic();
        try (CommandLineSubscriber watcher = sub(tool, version, "-t", topic)) {
            sub(tool, version, "-t", "x", "--will-topic", topic, "--will-payload", "gone")
                    .kill();
            assertEquals(List.of("gone"), watcher.awaitLines(1));
        }
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "mosquitto,5", "tally,311", "tally,5"})
    void sharesASubscription(String tool, String version) throws Exception {
        String topic = topic();
        try (CommandLineSubscriber a = sub(tool, version, "-t", "$share/g/" + topic, "-q", "1");
                CommandLineSubscriber b = sub(tool, version, "-t", "$share/g/" + topic, "-q", "1")) {
            List<String> letters = List.of("a", "b", "c", "d", "e", "f", "g", "h");
            publishLines(letters, tool, version, "-t", topic, "-q", "1", "-l");
            Await.until(
                    "all of them",
                    Duration.ofSeconds(20),
                    () -> a.lines().size() + b.lines().size() >= 8);
            List<String> both = new ArrayList<>(a.lines());
            both.addAll(b.lines());
            Collections.sort(both);
            assertEquals(letters, both);
        }
    }

    @ParameterizedTest
    @CsvSource({"311,0", "311,1", "311,2", "5,0", "5,1", "5,2"})
    void aRequestGetsItsResponse(String version, String qos) throws Exception {
        String topic = topic();
        List<String> request = command(
                "mosquitto", "rr", version, "-t", topic, "-e", topic + "/answer", "-q", qos, "-m", "?", "-W", "20");
        try (CommandLineSubscriber responder = sub("mosquitto", version, "-t", topic, "-q", qos)) {
            Path answer = home.resolve("answer-" + NAMES.incrementAndGet());
            Process requester =
                    new ProcessBuilder(request).redirectOutput(answer.toFile()).start();
            assertEquals(List.of("?"), responder.awaitLines(1));
            publish("mosquitto", version, "-t", topic + "/answer", "-q", qos, "-m", "!");
            assertEquals(0, requester.waitFor());
            assertEquals("!\n", Files.readString(answer));
        }
    }

    private static String topic() {
        return "t/" + NAMES.incrementAndGet();
    }

    private static CommandLineSubscriber sub(String tool, String version, String... flags) throws IOException {
        List<String> command = command(tool, "sub", version, flags);
        return new CommandLineSubscriber(broker.port(), home, "sub-" + NAMES.incrementAndGet(), command);
    }

    private static void publish(String tool, String version, String... flags) throws IOException {
        Shell.must(command(tool, "pub", version, flags).toArray(String[]::new));
    }

    private static void publishLines(List<String> lines, String tool, String version, String... flags)
            throws IOException, InterruptedException {
        Path input = Files.write(home.resolve("lines-" + NAMES.incrementAndGet()), lines);
        Process process = new ProcessBuilder(command(tool, "pub", version, flags))
                .inheritIO()
                .redirectInput(input.toFile())
                .start();
        assertEquals(0, process.waitFor());
    }

    /** Mosquitto's tools may be missing on this machine; then the test is reported as skipped, with what to install. */
    private static List<String> command(String tool, String verb, String version, String... flags) throws IOException {
        List<String> command = new ArrayList<>();
        if (tool.equals("tally")) {
            Assumptions.assumeTrue(BrokerSettings.isTally(), "this run is about another broker");
            command.addAll(BrokerSettings.tally(verb));
        } else {
            Assumptions.assumeTrue(Shell.has("mosquitto_" + verb), "NOT RUN: apt-get install mosquitto-clients");
            command.add("mosquitto_" + verb);
        }
        command.addAll(List.of("-h", "127.0.0.1", "-p", Integer.toString(broker.port()), "-V", version(version)));
        command.addAll(List.of(flags));
        return command;
    }

    private static String version(String version) {
        return version.equals("5") ? "mqttv5" : "mqttv311";
    }
}
