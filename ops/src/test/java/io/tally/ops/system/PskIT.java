package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with pre-shared keys: OpenSSL and Mosquitto's clients get in with the right key, and nobody with another. */
@SuppressWarnings("NullAway.Init")
final class PskIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String KEY = "0123456789abcdef0123456789abcdef";
    private static final int ALERT = 21;

    private static Path home;
    private static Path keys;
    private static BrokerProcess broker;
    private static final List<Integer> PORTS = Ports.free(5);
    private static final int psk = PORTS.get(0);
    private static final int newest = PORTS.get(1);
    private static final int narrow = PORTS.get(2);
    private static final int web = PORTS.get(3);
    private static final int proxied = PORTS.get(4);

    @BeforeAll
    static void start() throws IOException {
        home = TestHome.fresh("psk");
        keys = home.resolve("keys");
        write("# devices\n\nann:" + KEY + "\nbøb:00FF\n");
        broker = BrokerProcess.start(new BrokerSettings(home)
                .line("psk_file " + keys)
                .line("listener " + psk)
                .line("psk_hint meters")
                .line("use_identity_as_username true")
                .line("use_username_as_clientid true")
                .line("listener " + newest)
                .line("psk_hint meters")
                .line("tls_version tlsv1.3")
                .line("listener " + narrow)
                .line("psk_hint meters")
                .line("ciphers PSK-AES128-CCM8")
                .line("listener " + web)
                .line("psk_hint meters")
                .line("protocol websockets")
                .line("listener " + proxied)
                .line("psk_hint meters")
                .line("enable_proxy_protocol 2")
                .line("use_identity_as_username true")
                .line("use_username_as_clientid true"));
        Await.until("all listeners", PATIENCE, () -> log().contains("is ready"));
    }

    private static void write(String text) throws IOException {
        Files.writeString(keys, text);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    /** {@code openssl s_client}, its standard streams being those of the connection. */
    private record OpenSsl(Process process, Path errors) implements AutoCloseable {
        static OpenSsl to(int port, String... flags) throws IOException {
            Assumptions.assumeTrue(Shell.has("openssl"), "NOT RUN: apt-get install openssl");
            List<String> command = new ArrayList<>(List.of(
                    "timeout", "20", "openssl", "s_client", "-quiet", "-nocommands", "-connect", "127.0.0.1:" + port));
            command.addAll(List.of(flags));
            Path errors = Files.createTempFile(home, "openssl", ".txt");
            return new OpenSsl(
                    new ProcessBuilder(command).redirectError(errors.toFile()).start(), errors);
        }

        byte[] exchange(byte[] request, int answerBytes) throws IOException {
            process.getOutputStream().write(request);
            process.getOutputStream().flush();
            return process.getInputStream().readNBytes(answerBytes);
        }

        /** What it says of a handshake that fails. */
        String failure() throws IOException, InterruptedException {
            assertEquals(0, process.getInputStream().readAllBytes().length);
            assertNotEquals(0, process.waitFor());
            return Files.readString(errors);
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private static void connects(int port, String... flags) throws IOException {
        try (OpenSsl client = OpenSsl.to(port, flags)) {
            byte[] connack = client.exchange(new ConnectPacket(4, "c" + port).bytes(), 4);
            assertArrayEquals(new byte[] {0x20, 2, 0, 0}, connack, () -> text(client.errors));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ECDHE-PSK-CHACHA20-POLY1305",
                "ECDHE-PSK-AES128-CBC-SHA256",
                "ECDHE-PSK-AES256-CBC-SHA384",
                "ECDHE-PSK-AES128-CBC-SHA",
                "DHE-PSK-AES256-GCM-SHA384",
                "DHE-PSK-AES128-CBC-SHA256",
                "PSK-AES128-GCM-SHA256",
                "PSK-CHACHA20-POLY1305",
                "PSK-AES128-CCM",
                "PSK-AES128-CCM8",
                "PSK-AES128-CBC-SHA",
                "PSK-AES256-CBC-SHA384",
                "DEFAULT:PSK",
            })
    void ciphersOfTls12(String cipher) throws IOException {
        connects(psk, "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0", "-psk_identity", "ann", "-psk", KEY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X25519", "P-256", "P-521:P-384"})
    void groupsOfTls13(String groups) throws IOException {
        connects(newest, "-tls1_3", "-groups", groups, "-psk_identity", "ann", "-psk", KEY);
    }

    @Test
    void whoTakesEitherVersionGetsTheNewest() throws IOException {
        connects(psk, "-psk_identity", "ann", "-psk", KEY);
        connects(newest, "-psk_identity", "ann", "-psk", KEY);
    }

    @Test
    void onlyTheCiphersOfTheListenerAreTaken() throws Exception {
        String[] identity = {"-psk_identity", "ann", "-psk", KEY, "-tls1_2", "-cipher"};
        connects(narrow, with(identity, "PSK-AES128-CCM8:@SECLEVEL=0"));
        try (OpenSsl client = OpenSsl.to(narrow, with(identity, "PSK-AES128-GCM-SHA256"))) {
            assertTrue(client.failure().contains("alert handshake failure"));
        }
        try (OpenSsl client = OpenSsl.to(newest, with(identity, "PSK-AES128-GCM-SHA256"))) {
            assertTrue(client.failure().contains("alert protocol version"));
        }
    }

    private static String[] with(String[] flags, String last) {
        List<String> all = new ArrayList<>(List.of(flags));
        all.add(last);
        return all.toArray(String[]::new);
    }

    /** The broker's log is asked, for clients of other libraries may say it in other words. */
    @ParameterizedTest
    @CsvSource({
        "-tls1_2, eve, 0123, unknown_psk_identity, unknown psk identity",
        "-tls1_3, eve, 0123, unknown_psk_identity, unknown psk identity",
        "-tls1_2, ann, 0123, bad_record_mac, bad record mac",
        "-tls1_3, ann, 0123, decrypt_error, decrypt error",
    })
    void nobodyGetsInWithoutTheKey(String version, String identity, String key, String logged, String alert)
            throws Exception {
        int before = log().length();
        try (OpenSsl client = OpenSsl.to(psk, version, "-psk_identity", identity, "-psk", key)) {
            String said = client.failure();
            assertTrue(said.contains("alert " + alert), said);
        }
        Await.until("log", PATIENCE, () -> log().substring(before).contains("TLS handshake with 127.0.0.1"));
        String line = log().substring(before);
        assertTrue(line.contains(logged), line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void nobodyGetsInWithoutAnyKey(String version) throws Exception {
        try (OpenSsl client = OpenSsl.to(psk, version)) {
            assertTrue(client.failure().contains("alert handshake failure"));
        }
    }

    @Test
    void theIdentityIsTheUserName() throws IOException {
        connects(psk, "-psk_identity", "bøb", "-psk", "00ff");
        Await.until("log", PATIENCE, () -> log().contains("as bøb ("));
    }

    @ParameterizedTest
    @CsvSource({"tlsv1.2", "tlsv1.3"})
    void mosquittosClientsWork(String version) throws IOException {
        String[] flags = {"--psk", KEY, "--psk-identity", "ann", "--tls-version", version};
        Path large = Files.writeString(home.resolve("large"), "x".repeat(300_000));
        try (CommandLineSubscriber sub = new CommandLineSubscriber(
                broker.port(), home, "sub-" + version, mosquitto("sub", newest, flags, "-t", "psk/" + version))) {
            for (String qos : List.of("0", "1", "2")) {
                List<String> pub =
                        mosquitto("pub", newest, flags, "-t", "psk/" + version, "-q", qos, "-f", large.toString());
                if (version.equals("tlsv1.2")) {
                    pub.set(pub.indexOf(Integer.toString(newest)), Integer.toString(psk));
                }
                Shell.must(pub.toArray(String[]::new));
            }
            assertEquals(List.of("x".repeat(300_000), "x".repeat(300_000), "x".repeat(300_000)), sub.awaitLines(3));
        }
    }

    private static List<String> mosquitto(String verb, int port, String[] flags, String... more) throws IOException {
        Assumptions.assumeTrue(Shell.has("mosquitto_" + verb), "NOT RUN: apt-get install mosquitto-clients");
        List<String> command = new ArrayList<>(List.of("mosquitto_" + verb, "-h", "127.0.0.1", "-p", "" + port));
        command.addAll(List.of(flags));
        command.addAll(List.of(more));
        return command;
    }

    @Test
    void webSocketsWork() throws IOException {
        String request = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                + "Sec-WebSocket-Protocol: mqtt\r\n\r\n";
        try (OpenSsl client = OpenSsl.to(web, "-psk_identity", "ann", "-psk", KEY)) {
            byte[] answer = client.exchange(request.getBytes(StandardCharsets.US_ASCII), 13);
            assertEquals("HTTP/1.1 101 ", new String(answer, StandardCharsets.US_ASCII));
        }
    }

    /** The proxy tells of a certificate of eve, too: the key counts. */
    @Test
    void aProxyTellsTheAddressAndTheKeyWhoItIs() throws IOException {
        Bytes certificate = new Bytes().u8(7).u32(0).u8(0x22).u16(3).raw("eve".getBytes(StandardCharsets.US_ASCII));
        byte[] header = TransportsIT.binaryHeader(certificate);
        try (PskClient client = new PskClient(proxied, header, "ann", KEY)) {
            client.out().write(new ConnectPacket(4, "proxied").bytes());
            assertArrayEquals(new byte[] {0x20, 2, 0, 0}, client.in().readNBytes(4));
        }
        Await.until("client", PATIENCE, () -> log().contains("192.0.2.7:4711 as ann ("));
    }

    @Test
    void theEndIsToldBeforeTheConnectionCloses() throws Exception {
        try (OpenSsl client = OpenSsl.to(psk, "-psk_identity", "ann", "-psk", KEY)) {
            byte[] connect = new ConnectPacket(5, "").bytes();
            byte[] twice = new Bytes().raw(connect).raw(connect).array();
            byte[] all = client.exchange(twice, Integer.MAX_VALUE);
            assertEquals((byte) 0x20, all[0]);
            assertTrue(client.process.waitFor() == 0, () -> text(client.errors)); // 1 without close_notify.
        }
    }

    /** All of it is taken: a reset in the middle would have the client's last bytes fail, or ours be lost. */
    @Test
    void whoGoesOnSendingIsToldWhyItEnds() throws IOException {
        byte[] connect = new ConnectPacket(5, "talker").bytes();
        try (PskClient client = new PskClient(psk, new byte[0], "ann", KEY)) {
            client.out().write(connect);
            assertEquals(0x20, client.in().read());
            client.in().readNBytes(client.in().read());
            client.out().write(connect);
            for (int i = 0; i < 200; i++) {
                client.out().write(new byte[10_000]);
            }
            byte[] last = client.in().readAllBytes(); // To the close_notify.
            assertEquals((byte) 0xE0, last[0]);
            assertEquals((byte) 0x82, last[2]);
        }
    }

    @Test
    void rubbishClosesOnlyItsOwnConnection() throws IOException {
        try (RawClient other = RawClient.connected(broker.port(), 5, "other")) {
            for (int seed = 0; seed < 200; seed++) {
                SplittableRandom random = new SplittableRandom(seed);
                byte[] rubbish = new byte[random.nextInt(1, 400)];
                random.nextBytes(rubbish);
                byte[] head = {
                    0x16,
                    3,
                    (byte) (seed % 5),
                    (byte) (seed % 3 == 0 ? 0x40 : 0),
                    (byte) seed,
                    1,
                    0,
                    0,
                    (byte) (seed - 4)
                };
                System.arraycopy(head, 0, rubbish, 0, Math.min(rubbish.length, seed % (head.length + 1)));
                try (RawClient client = new RawClient(psk, 5)) {
                    client.send(rubbish);
                    client.socket().shutdownOutput();
                    byte[] answer = client.socket().getInputStream().readAllBytes();
                    assertTrue(answer.length == 0 || answer[0] == ALERT, "seed " + seed);
                } catch (java.net.SocketException e) {
                    // Closed with some of it unread.
                }
            }
            other.publish("a", 1, 1, new byte[1]);
            other.expect(Packets.PUBACK);
        }
    }

    @Test
    void aSilentClientIsClosedInTime() throws IOException {
        try (RawClient client = new RawClient(psk, 5)) {
            client.send(new byte[] {0x16, 3, 1});
            assertNull(client.read(Duration.ofSeconds(20)));
        }
    }

    @Test
    void hangUpReadsTheKeysAgainOrKeepsThemAll() throws IOException {
        String before = Files.readString(keys);
        write(before + "kim:00zz\n");
        broker.signal("HUP");
        Await.until("refusal", PATIENCE, () -> log().contains(keys + ":5: the key has to be "));
        connects(psk, "-psk_identity", "ann", "-psk", KEY);
        write(before + "kim:0011\n");
        int length = log().length();
        broker.signal("HUP");
        Await.until("reload", PATIENCE, () -> log().substring(length).contains("reloaded"));
        connects(psk, "-psk_identity", "kim", "-psk", "0011");
        connects(psk, "-psk_identity", "ann", "-psk", KEY);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String log() {
        try {
            return broker.log();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
