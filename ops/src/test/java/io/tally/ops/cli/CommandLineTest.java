package io.tally.ops.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Flags, refusals and exit codes; what needs a broker is in the system tests. */
class CommandLineTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    private int run(String input, List<String> arguments) {
        ByteArrayInputStream in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return Main.run(
                arguments.toArray(String[]::new),
                in,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private int run(String... arguments) {
        return run("", List.of(arguments));
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    static List<List<String>> wrongUses() {
        return List.of(
                List.of("say which command: serve, pub, sub, passwd or digest"),
                List.of("both a topic (-t) and a message (-m, -f, -l, -s or -n) are needed", "pub", "-t", "a"),
                List.of("both a topic (-t) and a message (-m, -f, -l, -s or -n) are needed", "pub", "-m", "a"),
                List.of("only one of -m, -f, -l, -s and -n can be given", "pub", "-t", "a", "-m", "x", "-n"),
                List.of("'a/#' is no valid topic; does it hold + or #?", "pub", "-t", "a/#", "-m", "x"),
                List.of("invalid QoS 3", "pub", "-t", "a", "-m", "x", "-q", "3"),
                List.of("invalid port 0", "pub", "-t", "a", "-m", "x", "-p", "0"),
                List.of("keep-alive must be within 5 to 65535", "pub", "-t", "a", "-m", "x", "-k", "4"),
                List.of("-i and -I cannot be used together", "pub", "-t", "a", "-m", "x", "-i", "b", "-I", "c"),
                List.of("a session that is kept needs a client id (-i)", "pub", "-t", "a", "-m", "x", "-c"),
                List.of("a session that is kept needs a client id (-i)", "sub", "-t", "a", "-x", "-1"),
                List.of("--will-payload needs --will-topic", "sub", "-t", "a", "--will-payload", "x"),
                List.of("--will-retain needs --will-topic", "sub", "-t", "a", "--will-retain"),
                List.of(
                        "MQTT 3.1 is not supported by this tool; use -V mqttv311 or -V mqttv5",
                        "sub",
                        "-t",
                        "a",
                        "-V",
                        "mqttv31"),
                List.of("invalid protocol version '4'; use mqttv311 or mqttv5", "sub", "-t", "a", "-V", "4"),
                List.of(
                        "-D and -x need MQTT 5; drop -V 311 or use -V mqttv5",
                        "sub",
                        "-t",
                        "a",
                        "-V",
                        "311",
                        "-x",
                        "1"),
                List.of("invalid -x 4294967296", "sub", "-t", "a", "-x", "4294967296"),
                List.of("a topic filter to subscribe to (-t) or to unsubscribe from (-U) is needed", "sub"),
                List.of(
                        "'a#' is no valid topic filter; + must be a whole level, # the whole last one",
                        "sub",
                        "-t",
                        "a#"),
                List.of("-R and --retained-only exclude each other", "sub", "-t", "a", "-R", "--retained-only"),
                List.of("--retain-handling must be always, new or never", "sub", "-t", "a", "--retain-handling", "x"),
                List.of("the URL names no topic", "sub", "-L", "mqtt://h"),
                List.of("only URLs with mqtt://, mqtts://, ws:// and wss:// are supported", "sub", "-L", "http://h/t"),
                List.of("--cert and --key go together", "sub", "-t", "a", "--cafile", "x", "--cert", "x"),
                List.of(
                        "--tls-version must be tlsv1.3 or tlsv1.2",
                        "sub",
                        "-t",
                        "a",
                        "--cafile",
                        "x",
                        "--tls-version",
                        "tlsv1.1"),
                List.of("--unix and TLS exclude each other", "sub", "-t", "a", "--unix", "x", "--cafile", "x"),
                List.of("--unix and WebSockets exclude each other", "sub", "-t", "a", "--unix", "x", "--ws"),
                List.of("--no-tls goes with no TLS flag", "sub", "-t", "a", "--no-tls", "--cafile", "x"),
                List.of(
                        "--cert, --key, --tls-version and --insecure need --cafile, --capath, --tls-use-os-certs,"
                                + " mqtts:// or port 8883",
                        "sub",
                        "-t",
                        "a",
                        "--insecure"),
                List.of("'--psk' is not supported by this version", "sub", "--psk", "x", "-t", "a"),
                List.of("'-F' is not supported by this version", "sub", "-t", "a", "-F", "%p"),
                List.of("-d is not supported; let systemd or 'setsid tally serve &' do that", "serve", "-d"),
                List.of("port 70000 is not within 0 to 65535", "serve", "-p", "70000"));
    }

    @Test
    void aFlagDoesNotMakeUpForTheSchemeOfAUrl() {
        assertEquals(1, run("sub", "--ws", "-L", "http://h/t"));
        assertTrue(errors().contains("only URLs with mqtt://"), errors());
    }

    static List<List<String>> wrongProperties() {
        return List.of(
                List.of(
                        "-D needs PACKET NAME VALUE, or PACKET user-property KEY VALUE",
                        "pub",
                        "-D",
                        "publish",
                        "user-property",
                        "k"),
                List.of("-D publish has no property 'topic-alias' here", "pub", "-D", "publish", "topic-alias", "1"),
                List.of(
                        "-D cannot be used for 'puback'; use connect, publish, will, subscribe, unsubscribe or"
                                + " disconnect",
                        "pub",
                        "-D",
                        "puback",
                        "reason-string",
                        "x"),
                List.of(
                        "-D publish message-expiry-interval is '-1', but must be a number from 0 to 4294967295",
                        "pub",
                        "-D",
                        "publish",
                        "message-expiry-interval",
                        "-1"));
    }

    @ParameterizedTest
    @MethodSource({"wrongUses", "wrongProperties"})
    void saysWhatIsWrongAndExitsWithOne(List<String> example) {
        assertEquals(1, run("", example.subList(1, example.size())), errors());
        assertEquals("Error: " + example.get(0), errors().lines().findFirst().orElse(""));
        assertTrue(errors().contains("--help' to see usage."), errors());
    }

    @Test
    void unknownFlagIsNamed() {
        assertEquals(1, run("pub", "-t", "a", "-m", "x", "--foo"));
        assertTrue(errors().contains("'--foo'"), errors());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pub", "sub", "serve"})
    void helpGoesToStandardOutput(String command) {
        assertEquals(0, run(command, "--help"));
        assertTrue(out.toString(StandardCharsets.UTF_8).startsWith("Usage: tally " + command), out::toString);
        assertEquals("", errors());
    }

    @Test
    void everyFlagIsTakenTogether() throws IOException {
        List<String> flags = List.of(
                ("pub -h 127.0.0.1 -p " + closedPort() + " -i id -k 30 -V 5 -u user -P secret -c -x 60 -q 2 -M 5"
                                + " --will-topic w --will-payload bye --will-qos 1 --will-retain --nodelay --quiet"
                                + " -D connect user-property a b -D publish content-type text -r -t top -m -r"
                                + " --repeat 2 --repeat-delay 0.1")
                        .split(" ", -1));
        assertEquals(ToolFailure.NOT_CONNECTED, run("", flags));
        assertEquals("", errors(), "--quiet");
    }

    @Test
    void closedPortIsRefused() throws IOException {
        String port = Integer.toString(closedPort());
        assertEquals(1, run("pub", "-h", "127.0.0.1", "-p", port, "-t", "a", "-m", "x"));
        assertEquals("Error: 127.0.0.1:" + port + ": connection refused: nobody listens there\n", errors());
        assertEquals(1, run("sub", "-h", "127.0.0.1", "-p", port, "-t", "a", "-V", "5"));
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void emptyStandardInputIsNoMessage() {
        assertEquals(1, run("pub", "-t", "a", "-s"));
        assertEquals("Error: standard input is empty; -n sends an empty message\n", errors());
    }

    @Test
    void missingFileIsNamed() {
        assertEquals(1, run("pub", "-t", "a", "-f", dir.resolve("none").toString()));
        assertTrue(errors().startsWith("Error: " + dir.resolve("none") + " cannot be read"), errors());
    }

    @Test
    void badConfigurationExitsWithThree() throws IOException {
        Path file = Files.writeString(dir.resolve("t.conf"), "nonsense\n");
        assertEquals(3, run("serve", "-c", file.toString()));
        assertEquals(
                "tally: " + file + ":1: unknown option 'nonsense'; ops/docs/configuration.md lists all options\n",
                errors());
    }

    @Test
    void testConfigOnlyReads() throws IOException {
        Path file = Files.writeString(dir.resolve("t.conf"), "autosave_interval 10\nallow_anonymous true\n");
        assertEquals(0, run("serve", "--test-config", "-c", file.toString()));
        assertEquals(file + " is fine.\n", out.toString(StandardCharsets.UTF_8));
        assertTrue(errors().contains("'autosave_interval' has no effect"), errors());
        assertTrue(Files.notExists(dir.resolve("tally-data")));
    }
}
