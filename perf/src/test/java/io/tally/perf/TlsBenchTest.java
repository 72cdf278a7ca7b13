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
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command against a real Tally over TLS. */
class TlsBenchTest {
    private static final int LARGE = 100_000;

    private static TestCertificate server;
    private static TestCertificate client;
    private static TestCertificate stranger;
    private static TestCertificate elsewhere;
    private static TallyProcess broker;
    private static TallyProcess demanding;
    private static TallyProcess misnamed;
    private static TallyProcess plain;

    @TempDir
    private static Path directory;

    private record Ended(int exitCode, String text) {}

    @BeforeAll
    static void startBrokers() throws Exception {
        server = TestCertificate.make(directory, "server", "ip:127.0.0.1,dns:localhost");
        client = TestCertificate.make(directory, "client", "dns:client");
        stranger = TestCertificate.make(directory, "stranger", "ip:127.0.0.1");
        elsewhere = TestCertificate.make(directory, "elsewhere", "dns:elsewhere.example");
        broker = start("broker", server);
        demanding = start("demanding", server, "cafile " + client.file(), "require_certificate true");
        misnamed = start("misnamed", elsewhere);
        plain = new TallyProcess(Files.createDirectory(directory.resolve("plain")));
    }

    private static TallyProcess start(String name, TestCertificate certificate, String... more) throws IOException {
        List<String> settings =
                new ArrayList<>(List.of("certfile " + certificate.file(), "keyfile " + certificate.keyFile()));
        settings.addAll(List.of(more));
        return new TallyProcess(Files.createDirectory(directory.resolve(name)), settings.toArray(String[]::new));
    }

    @AfterAll
    static void stopBrokers() {
        List.of(broker, demanding, misnamed, plain).forEach(TallyProcess::close);
    }

    private static Ended bench(TallyProcess at, String line) {
        return bench(at.port(), line);
    }

    private static Ended bench(int port, String line) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        int exitCode = Bench.run((line + " --port " + port).split(" "), print, print);
        return new Ended(exitCode, output.toString(StandardCharsets.UTF_8));
    }

    /** Runs a load of a moment that must be clean; returns its figures. */
    private static Map<String, String> load(TallyProcess at, String name, String line) throws IOException {
        Path out = directory.resolve("out");
        String trusting = at == misnamed
                ? elsewhere.file() + " --insecure"
                : server.file().toString();
        Ended ended =
                bench(at, line + " --warmup 0.1 --seconds 0.4 --name " + name + " -o " + out + " --cafile " + trusting);
        assertEquals(0, ended.exitCode, ended.text);
        assertTrue(ended.text.contains(", TLSv1.3 TLS_"), ended.text);
        return Files.readAllLines(out.resolve(name + ".json")).stream()
                .filter(field -> field.startsWith("  "))
                .map(field -> field.strip().replaceAll("[\",]", "").split(": ", 2))
                .collect(Collectors.toMap(field -> field[0], field -> field[1]));
    }

    private static void assertComplete(Map<String, String> fields, int subscribers) {
        assertTrue(Long.parseLong(fields.get("sent")) > 0, fields.toString());
        assertEquals(subscribers * Long.parseLong(fields.get("sent")), Long.parseLong(fields.get("received")));
        assertEquals("000", fields.get("lost") + fields.get("doubled") + fields.get("reordered"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void nothingIsLostOrDoubledAtAnyQos(int qos) throws IOException {
        String line = "--publishers 3 --subscribers 2 --lag 500 --qos " + qos;
        assertComplete(load(broker, "small-" + qos, line), 2);
        assertComplete(load(broker, "five-" + qos, line + " --mqtt 5"), 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void payloadsMayBeLongerThanARecord(int qos) throws IOException {
        // At QoS 0 the broker drops what its clients do not take at once.
        String pace = qos == 0 ? " --lag 2" : " --window 40";
        String line = "--publishers 2 --subscribers 2 --size " + LARGE + pace + " --qos " + qos;
        assertComplete(load(broker, "large-" + qos, line), 2);
    }

    @Test
    void clientsThatLoseTheirConnectionsComeBack() throws IOException {
        Map<String, String> resumed = load(broker, "resumed", "resume --publishers 2 --subscribers 4 --resume 3");
        assertComplete(resumed, 4);
        assertEquals("12", resumed.get("reconnects"));

        String line = "reconnect-storm --qos 2 --publishers 4 --subscribers 4 --filter $share/g/# --storms 2 --idle 10";
        Map<String, String> storm = load(broker, "storm", line);
        assertComplete(storm, 1);
        assertEquals("36", storm.get("reconnects"), "twice 4 publishers, 4 subscribers, 10 idle ones");
    }

    @Test
    void aBacklogIsFilledAndFetched() throws IOException {
        String line = "backlog --backlog 1001 --absent 3 --publishers 0 --qos 1";
        Map<String, String> fields = load(broker, "backlog", line);
        assertComplete(fields, 1);
        assertEquals("1001", fields.get("received"));
    }

    @Test
    void takeOversAreMadeAtTheirRate() throws IOException {
        Map<String, String> fields = load(broker, "taken", "storm-q1 --take-overs 100");
        assertEquals("0", fields.get("takeOversMissed"));
        assertTrue(Long.parseLong(fields.get("takeOvers")) >= 40, fields.toString());
    }

    @Test
    void clientsShowTheirCertificate() throws IOException {
        String own = " --cert " + client.file() + " --key " + client.keyFile();
        assertComplete(load(demanding, "own", "--qos 1" + own), 1);
        Ended idle = bench(demanding, "connections --connections 4 --settle 0 --cafile " + server.file() + own);
        assertEquals(0, idle.exitCode, idle.text);
    }

    @Test
    void theBrokersReasonToRefuseAClientIsSaid() {
        for (String command : List.of("", "connections ")) {
            Ended ended = bench(demanding, command + "--cafile " + server.file());
            assertEquals(LoadCommand.CANNOT_RUN, ended.exitCode, ended.text);
            assertTrue(ended.text.contains("Received fatal alert: certificate_required"), ended.text);
        }
    }

    @Test
    void aBrokerOfAnotherAuthorityIsNotSpokenTo() {
        for (String command : List.of("", "connections ")) {
            Ended ended = bench(broker, command + "--cafile " + stranger.file());
            assertEquals(LoadCommand.CANNOT_RUN, ended.exitCode, ended.text);
            String message = "tally bench: 127.0.0.1:" + broker.port()
                    + ": TLS: the broker's certificate is of no authority that is trusted here; see --cafile\n";
            assertTrue(ended.text.endsWith(message), ended.text);
        }
    }

    @Test
    void theCertificateMustBeThatOfTheHostUnlessAnyIsTaken() throws IOException {
        for (String command : List.of("", "connections ")) {
            Ended ended = bench(misnamed, command + "--cafile " + elsewhere.file());
            assertEquals(LoadCommand.CANNOT_RUN, ended.exitCode, ended.text);
            assertTrue(ended.text.contains("TLS: the broker's certificate is refused: No subject"), ended.text);
        }
        assertComplete(load(misnamed, "any-host", "--qos 1"), 1);
        String line = "connections --connections 4 --settle 0 --insecure --cafile " + elsewhere.file();
        Ended idle = bench(misnamed, line);
        assertEquals(0, idle.exitCode, idle.text);
    }

    @Test
    void aPortWithoutTlsIsNamed() {
        Ended ended = bench(plain, "--cafile " + server.file());
        assertEquals(LoadCommand.CANNOT_RUN, ended.exitCode, ended.text);
        assertTrue(ended.text.contains("TLS: the broker has closed the connection in the handshake"), ended.text);
    }

    @Test
    void aHandshakeThatFailsWhenAClientComesBackIsSaid() throws IOException {
        try (FailingRelay relay = new FailingRelay(broker.port(), 2)) {
            String load = "--qos 1 --persistent --resume 1 --warmup 0 --seconds 0.4 --drain 0.5";
            String line = load + " --cafile " + server.file();
            Ended ended = bench(relay.port(), line);
            assertEquals(LoadCommand.NOT_CLEAN, ended.exitCode, ended.text);
            assertTrue(ended.text.contains("  FAILED    TLS: "), ended.text);
            assertTrue(ended.text.contains(" received, 0 lost, "), ended.text);
        }
    }

    @Test
    void thePageTellsOfTlsAndKeepsItApart() throws IOException {
        load(broker, "secured", "lat-q1 --broker tally --durability disk");
        Path out = directory.resolve("out");
        Ended open = bench(
                plain, "lat-q1 --warmup 0.1 --seconds 0.4 --broker tally --durability disk --name open -o " + out);
        assertEquals(0, open.exitCode, open.text);
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        Path page = out.resolve("both.html");
        String line = "report " + out.resolve("secured.json") + " " + out.resolve("open.json") + " -o " + page;
        assertEquals(0, Bench.run(line.split(" "), print, print), output.toString(StandardCharsets.UTF_8));
        String both = Files.readString(page);
        assertTrue(both.contains("tally (disk)") && both.contains("tally (disk, TLS)"), both);
        assertTrue(both.contains("over the loopback interface with TLSv1.3 TLS_"), both);
    }

    @Test
    void saysWhatIsWrongWithTheOptions() throws IOException {
        Path empty = Files.writeString(directory.resolve("empty.pem"), "nothing\n");
        String trusting = "--cafile " + server.file();
        Map<String, String> wrong = Map.of(
                "--cafile " + directory.resolve("none.pem"),
                "--cafile " + directory.resolve("none.pem") + " cannot be read",
                "--cafile " + empty,
                "--cafile " + empty + " holds no certificate in PEM format",
                trusting + " --cert " + client.file(),
                "--cert and --key go together",
                trusting + " --cert " + client.file() + " --key " + empty,
                "--key " + empty + " holds no private key in PEM format",
                trusting + " --cert " + client.file() + " --key " + server.keyFile(),
                "--key " + server.keyFile() + " is not the key of the certificate " + client.file(),
                trusting + " --tls-use-os-certs",
                "--cafile and --tls-use-os-certs exclude each other",
                "--insecure",
                "--cert, --key and --insecure need --cafile or --tls-use-os-certs");
        wrong.forEach((line, message) -> {
            for (String command : List.of("", "connections ")) {
                Ended ended = bench(broker, command + line);
                assertEquals(2, ended.exitCode, ended.text);
                assertTrue(ended.text.startsWith(message + "\n"), ended.text);
            }
        });
    }
}
