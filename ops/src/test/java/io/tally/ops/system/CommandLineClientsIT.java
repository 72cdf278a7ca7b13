package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mosquitto's command line clients and our own with the same flags do their everyday work with the broker. */
@SuppressWarnings("NullAway.Init")
final class CommandLineClientsIT {
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final List<Integer> PORTS = Ports.free(4);

    private static BrokerProcess broker;
    private static Path home;
    private static Path unix;
    private static TestAuthority authority;
    private static TestAuthority.Issued own;

    /** How a tool reaches the broker; the topic may be part of its URL. */
    enum Way {
        TCP,
        TLS,
        CLIENT_CERTIFICATE,
        WEB,
        SECURE_WEB,
        UNIX;

        List<String> flags(String topic) {
            String ca = authority.file().toString();
            return switch (this) {
                case TCP -> List.of("-h", "127.0.0.1", "-p", port(broker.port()), "-t", topic);
                case TLS -> List.of("-h", "localhost", "-p", port(PORTS.get(0)), "--cafile", ca, "-t", topic);
                case CLIENT_CERTIFICATE -> {
                    String cert = own.file().toString();
                    String key = own.keyFile().toString();
                    String at = port(PORTS.get(1));
                    yield List.of(
                            "-h", "localhost", "-p", at, "--cafile", ca, "--cert", cert, "--key", key, "-t", topic);
                }
                case WEB -> List.of("-L", "ws://localhost:" + PORTS.get(2) + "/" + topic);
                case SECURE_WEB -> List.of("-L", "wss://localhost:" + PORTS.get(3) + "/" + topic, "--cafile", ca);
                case UNIX -> List.of("--unix", unix.toString(), "-t", topic);
            };
        }

        private static String port(int number) {
            return Integer.toString(number);
        }
    }

    @BeforeAll
    static void start() throws IOException {
        home = TestHome.fresh("command-line-clients");
        unix = home.resolve("tally.sock").toAbsolutePath();
        authority = new TestAuthority(home.resolve("ca"), "authority");
        own = authority.issue("CN=ann");
        TestAuthority.Issued server = authority.issue("CN=server");
        String certificate = "certfile " + server.file() + "\nkeyfile " + server.keyFile();
        broker = BrokerProcess.start(new BrokerSettings(home)
                .line("listener " + PORTS.get(0) + "\n" + certificate)
                .line("listener " + PORTS.get(1) + "\n" + certificate)
                .line("cafile " + authority.file() + "\nrequire_certificate true")
                .line("listener " + PORTS.get(2) + "\nprotocol websockets")
                .line("listener " + PORTS.get(3) + "\nprotocol websockets\n" + certificate)
                .line("listener 0 " + unix));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @ParameterizedTest
    @CsvSource({
        "mosquitto,31,TCP",
        "mosquitto,31,TLS",
        "mosquitto,31,CLIENT_CERTIFICATE",
        "mosquitto,31,UNIX",
        "mosquitto,311,TLS",
        "mosquitto,311,CLIENT_CERTIFICATE",
        "mosquitto,311,UNIX",
        "mosquitto,5,TLS",
        "mosquitto,5,CLIENT_CERTIFICATE",
        "mosquitto,5,UNIX",
        "tally,311,TLS",
        "tally,311,CLIENT_CERTIFICATE",
        "tally,311,WEB",
        "tally,311,SECURE_WEB",
        "tally,311,UNIX",
        "tally,5,TLS",
        "tally,5,CLIENT_CERTIFICATE",
        "tally,5,WEB",
        "tally,5,SECURE_WEB",
        "tally,5,UNIX"
    })
    void eachTransportCarriesEachQos(String tool, String version, Way way) throws Exception {
        String topic = topic();
        try (CommandLineSubscriber sub = sub(way, tool, version, topic, "-q", "2", "-C", "4")) {
            for (String qos : List.of("0", "1", "2")) {
                String text = qos.repeat(qos.equals("2") ? 100_000 : 1);
                Path file = Files.writeString(home.resolve("payload-" + NAMES.incrementAndGet()), text);
                publish(way, tool, version, topic, "-q", qos, "-f", file.toString());
            }
            assertEquals(0, sub.awaitExit());
            assertEquals(List.of("0", "1", "2".repeat(100_000)), sub.lines());
        }
    }

    @Test
    void aServerOfAnotherAuthorityIsNotTrusted() throws Exception {
        Path stranger = new TestAuthority(home.resolve("stranger"), "stranger").file();
        Shell.Result result = tallyPub("-p", Way.port(PORTS.get(0)), "--cafile", stranger.toString());
        assertEquals(1, result.exitCode(), result.output());
        assertTrue(result.output().contains("TLS: unable to find valid certification path"), result.output());
    }

    @Test
    void aServerOfAnotherNameIsTakenOnlyWhenInsecure() throws Exception {
        String[] flags = {
            "-h",
            "127.0.0.2",
            "-p",
            Way.port(PORTS.get(0)),
            "--cafile",
            authority.file().toString()
        };
        assertEquals(1, tallyPub(flags).exitCode());
        String[] insecure = Arrays.copyOf(flags, flags.length + 1);
        insecure[flags.length] = "--insecure";
        assertEquals(0, tallyPub(insecure).exitCode());
    }

    @Test
    void aUnixSocketThatIsNotThereIsNamed() throws Exception {
        Shell.Result result = tallyPub("--unix", home.resolve("none").toString());
        assertEquals(1, result.exitCode());
        assertEquals("Error: " + home.resolve("none") + ": there is no such socket\n", result.output());
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "mosquitto,5", "tally,311", "tally,5"})
    void deliversAtEachQosWithWildcards(String tool, String version) throws Exception {
        for (String qos : List.of("0", "1", "2")) {
            String root = topic();
            try (CommandLineSubscriber sub = sub(tool, version, root + "/+/x", "-q", qos, "-v", "-C", "4")) {
                publishLines(List.of("one", "two"), tool, version, root + "/a/x", "-q", qos, "-l");
                publish(tool, version, root + "/a/y", "-q", qos, "-m", "other");
                publish(tool, version, root + "/b/x", "-q", qos, "-m", "three");
                assertEquals(0, sub.awaitExit());
                assertEquals(List.of(root + "/a/x one", root + "/a/x two", root + "/b/x three"), sub.lines());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "mosquitto,5", "tally,311", "tally,5"})
    void deliversARetainedMessage(String tool, String version) throws Exception {
        String topic = topic();
        publish(tool, version, topic, "-q", "1", "-r", "-m", "kept");
        try (CommandLineSubscriber sub = sub(tool, version, topic, "-C", "2")) {
            assertEquals(0, sub.awaitExit());
            assertEquals(List.of("kept"), sub.lines());
        }
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "tally,311"})
    void keepsWhatAPersistentSessionMissed(String tool, String version) throws Exception {
        String topic = topic();
        String[] flags = {"-c", "-i", "absent-" + NAMES.incrementAndGet(), "-q", "2"};
        sub(tool, version, topic, flags).kill();
        List<String> numbers =
                IntStream.range(0, 50).mapToObj(Integer::toString).toList();
        publishLines(numbers, tool, version, topic, "-q", "2", "-l");
        try (CommandLineSubscriber sub = sub(tool, version, topic, flags)) {
            assertEquals(numbers, sub.awaitLines(50));
        }
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "mosquitto,5", "tally,311", "tally,5"})
    void sendsTheWillOfAKilledClient(String tool, String version) throws Exception {
        String topic = topic();
        try (CommandLineSubscriber watcher = sub(tool, version, topic)) {
            sub(tool, version, "x", "--will-topic", topic, "--will-payload", "gone")
                    .kill();
            assertEquals(List.of("gone"), watcher.awaitLines(1));
        }
    }

    @ParameterizedTest
    @CsvSource({"mosquitto,311", "mosquitto,5", "tally,311", "tally,5"})
    void sharesASubscription(String tool, String version) throws Exception {
        String topic = topic();
        try (CommandLineSubscriber a = sub(tool, version, "$share/g/" + topic, "-q", "1");
                CommandLineSubscriber b = sub(tool, version, "$share/g/" + topic, "-q", "1")) {
            List<String> letters = List.of("a", "b", "c", "d", "e", "f", "g", "h");
            publishLines(letters, tool, version, topic, "-q", "1", "-l");
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
    @CsvSource({"31,TCP", "311,TCP", "311,TLS", "311,UNIX", "5,TCP", "5,CLIENT_CERTIFICATE", "5,UNIX"})
    void aRequestGetsItsResponseAtEachQos(String version, Way way) throws Exception {
        for (String qos : List.of("0", "1", "2")) {
            String topic = topic();
            List<String> request = command(
                    way, "mosquitto", "rr", version, topic, "-e", topic + "/answer", "-q", qos, "-m", "?", "-W", "20");
            try (CommandLineSubscriber responder = sub(way, "mosquitto", version, topic, "-q", qos)) {
                Path answer = home.resolve("answer-" + NAMES.incrementAndGet());
                Process requester = new ProcessBuilder(request)
                        .redirectOutput(answer.toFile())
                        .start();
                assertEquals(List.of("?"), responder.awaitLines(1));
                publish(way, "mosquitto", version, topic + "/answer", "-q", qos, "-m", "!");
                assertEquals(0, requester.waitFor());
                assertEquals("!\n", Files.readString(answer));
            }
        }
    }

    private static String topic() {
        return "t/" + NAMES.incrementAndGet();
    }

    private static CommandLineSubscriber sub(Way way, String tool, String version, String topic, String... flags)
            throws IOException {
        List<String> command = command(way, tool, "sub", version, topic, flags);
        return new CommandLineSubscriber(broker.port(), home, "sub-" + NAMES.incrementAndGet(), command);
    }

    private static CommandLineSubscriber sub(String tool, String version, String topic, String... flags)
            throws IOException {
        return sub(Way.TCP, tool, version, topic, flags);
    }

    private static void publish(Way way, String tool, String version, String topic, String... flags)
            throws IOException {
        Shell.must(command(way, tool, "pub", version, topic, flags).toArray(String[]::new));
    }

    private static void publish(String tool, String version, String topic, String... flags) throws IOException {
        publish(Way.TCP, tool, version, topic, flags);
    }

    private static void publishLines(List<String> lines, String tool, String version, String topic, String... flags)
            throws IOException, InterruptedException {
        Path input = Files.write(home.resolve("lines-" + NAMES.incrementAndGet()), lines);
        List<String> command = command(Way.TCP, tool, "pub", version, topic, flags);
        Process process = new ProcessBuilder(command)
                .inheritIO()
                .redirectInput(input.toFile())
                .start();
        assertEquals(0, process.waitFor());
    }

    private static Shell.Result tallyPub(String... flags) throws IOException {
        Assumptions.assumeTrue(BrokerSettings.isTally(), "this run is about another broker");
        List<String> command = BrokerSettings.tally("pub");
        command.addAll(List.of(flags));
        command.addAll(List.of("-t", "a", "-m", "x"));
        return Shell.run(command);
    }

    /** Mosquitto's tools may be missing on this machine; then the test is reported as skipped, with what to install. */
    private static List<String> command(
            Way way, String tool, String verb, String version, String topic, String... flags) throws IOException {
        List<String> command = new ArrayList<>();
        if (tool.equals("tally")) {
            Assumptions.assumeTrue(BrokerSettings.isTally(), "this run is about another broker");
            command.addAll(BrokerSettings.tally(verb));
        } else {
            Assumptions.assumeTrue(Shell.has("mosquitto_" + verb), "NOT RUN: apt-get install mosquitto-clients");
            command.add("mosquitto_" + verb);
        }
        command.addAll(List.of("-V", "mqttv" + version));
        command.addAll(way.flags(topic));
        command.addAll(List.of(flags));
        return command;
    }
}
