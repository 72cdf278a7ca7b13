package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS: who is let in, who is not and what is said of it, what a reload changes. */
@SuppressWarnings("NullAway.Init")
final class TlsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static BrokerProcess broker;
    private static TestAuthority authority;
    private static TestAuthority stranger;
    private static TestAuthority.Issued ann;
    private static TestAuthority.Issued revoked;
    private static TestAuthority.Issued lateAndRevoked;
    private static Path serverFile;
    private static Path serverKey;
    private static final List<Integer> PORTS = Ports.free(6);
    private static final int tls = PORTS.get(0);
    private static final int mutual = PORTS.get(1);
    private static final int subject = PORTS.get(2);
    private static final int newest = PORTS.get(3);
    private static final int chained = PORTS.get(4);
    private static final int lenient = PORTS.get(5);

    @BeforeAll
    static void start() throws IOException {
        Path home = TestHome.fresh("tls");
        authority = new TestAuthority(home.resolve("ca"), "authority");
        stranger = new TestAuthority(home.resolve("stranger"), "authority");
        ann = authority.issue("CN=ann,O=Meters");
        revoked = authority.issue("CN=bob");
        lateAndRevoked = authority.issue("CN=bea", Instant.now().minusSeconds(60));
        Path revocations = authority.revoke(revoked, lateAndRevoked);
        Path ofOtherKey = new TestAuthority(home.resolve("other-key"), "authority").revoke();
        Files.writeString(revocations, Files.readString(ofOtherKey) + Files.readString(revocations));
        serverFile = home.resolve("server.pem");
        serverKey = home.resolve("server.key");
        install(authority.issue("CN=server"));
        String certificate = "certfile " + serverFile + "\nkeyfile " + serverKey;
        TestAuthority below = new TestAuthority(home.resolve("below"), "below", authority);
        TestAuthority.Issued leaf = below.issue("CN=server");
        Path both = home.resolve("both.pem");
        Files.writeString(both, Files.readString(authority.file()) + Files.readString(below.file()));
        String clients = certificate + "\ncafile " + authority.file();
        broker = BrokerProcess.start(new BrokerSettings(home)
                .line("listener " + tls)
                .line(certificate)
                .line("listener " + mutual)
                .line(clients)
                .line("crlfile " + revocations)
                .line("require_certificate true")
                .line("use_identity_as_username true")
                .line("use_username_as_clientid true")
                .line("listener " + subject)
                .line(clients)
                .line("use_subject_as_username true")
                .line("use_username_as_clientid true")
                .line("listener " + chained)
                .line("certfile " + leaf.file())
                .line("keyfile " + leaf.keyFile())
                .line("cafile " + both)
                .line("listener " + lenient)
                .line(clients)
                .line("crlfile " + revocations)
                .line("require_certificate true")
                .line("disable_client_cert_date_checks true")
                .line("listener " + newest)
                .line(certificate)
                .line("tls_version tlsv1.3")
                .line("ciphers ECDHE+AESGCM:!aNULL"));
        Await.until("all listeners", PATIENCE, () -> log().contains("is ready"));
    }

    private static void install(TestAuthority.Issued server) throws IOException {
        Files.copy(server.file(), serverFile, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(server.keyFile(), serverKey, StandardCopyOption.REPLACE_EXISTING);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @ParameterizedTest
    @EnumSource
    void clientsWorkOverTls(RealClientsIT.Library library) throws IOException {
        Route route = new Route(tls, false, new ClientTls(authority.certificate(), null));
        try (RealClient client = library.client(route)) {
            client.connect(false, null);
            client.subscribe("tls/#", 2);
            for (int qos = 0; qos <= 2; qos++) {
                client.publish("tls/" + qos, "x".repeat(100_000), qos, false);
                assertEquals(
                        new RealClient.Delivery("tls/" + qos, "x".repeat(100_000), qos, false),
                        client.receive(PATIENCE));
            }
        }
    }

    @Test
    void theCommonNameIsTheUserName() throws IOException {
        connect(mutual, ann, 0);
        Await.until("log", PATIENCE, () -> log().contains("as ann ("));
    }

    @Test
    void theSubjectIsTheUserName() throws IOException {
        connect(subject, ann, 0);
        Await.until("log", PATIENCE, () -> log().contains("as O=Meters,CN=ann ("));
    }

    @Test
    void whoMustHaveANameAndHasNoneIsRefused() throws IOException {
        connect(subject, null, 0x86);
        connect(mutual, authority.issue("O=nobody"), 0x86);
    }

    @Test
    void aClientWithoutCertificateIsRefused() throws IOException {
        refuses(null, "PEER_DID_NOT_RETURN_A_CERTIFICATE");
    }

    @Test
    void aCertificateOfAnotherAuthorityIsRefused() throws IOException {
        refuses(stranger.issue("CN=ann"), "CN=ann: ");
    }

    @Test
    void anExpiredCertificateIsRefused() throws IOException {
        refuses(authority.issue("CN=late", Instant.now().minusSeconds(60)), "CN=late: ");
    }

    @Test
    void aRevokedCertificateIsRefused() throws IOException {
        refuses(revoked, "revoked");
    }

    @Test
    void anExpiredCertificateMayBeAllowedButARevokedOneIsNot() throws IOException {
        connect(lenient, authority.issue("CN=late", Instant.now().minusSeconds(60)), 0);
        connect(lenient, ann, 0);
        refuses(lenient, revoked, "revoked");
        refuses(lenient, lateAndRevoked, "CN=bea: Certificate has been revoked");
        refuses(lenient, stranger.issue("CN=late", Instant.now().minusSeconds(60)), "CN=late: ");
    }

    /** The client trusts the uppermost authority only; certfile holds the server's certificate alone. */
    @Test
    void issuersAreFoundAmongTheAuthorities() throws IOException {
        connect(chained, null, 0);
    }

    private static void refuses(TestAuthority.@Nullable Issued client, String why) throws IOException {
        refuses(mutual, client, why);
    }

    private static void refuses(int port, TestAuthority.@Nullable Issued client, String why) throws IOException {
        int before = log().length();
        SSLSocket socket = open(port, client, "TLSv1.2");
        assertThrows(IOException.class, socket::startHandshake);
        socket.close();
        Await.until(why, PATIENCE, () -> log().substring(before).contains(why));
        String line = log().substring(before)
                .lines()
                .filter(l -> l.contains(why))
                .findFirst()
                .orElse("");
        assertTrue(line.contains("TLS handshake with 127.0.0.1"), line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void bothVersionsAreTaken(String version) throws IOException {
        try (SSLSocket socket = open(tls, null, version)) {
            socket.startHandshake();
            assertEquals(version, socket.getSession().getProtocol());
        }
    }

    @Test
    void aLowerVersionThanTheListenersIsRefused() throws IOException {
        try (SSLSocket socket = open(newest, null, "TLSv1.2")) {
            assertThrows(SSLException.class, socket::startHandshake);
        }
        try (SSLSocket socket = open(newest, null, "TLSv1.3")) {
            socket.startHandshake();
        }
    }

    /** The JDK's client does not speak TLS 1.1 any more: this is its first message by hand. */
    @Test
    void tls11IsRefused() throws IOException {
        Bytes hello = new Bytes().u16(0x0302);
        for (int i = 0; i < 32; i++) {
            hello.u8(i);
        }
        hello.u8(0).u16(2).u16(0xC013).u8(1).u8(0);
        Bytes record = new Bytes().u8(0x16).u16(0x0302).u16(hello.array().length + 4);
        record.u8(1).u8(0).u16(hello.array().length).raw(hello.array());
        try (RawClient client = new RawClient(tls, 5)) {
            client.send(record.array());
            byte[] alert = client.socket().getInputStream().readNBytes(7);
            assertEquals(21, alert[0], "an alert");
            assertEquals(70, alert[6], "protocol version");
        }
    }

    @Test
    void theEndIsToldBeforeTheConnectionCloses() throws IOException {
        try (SSLSocket socket = open(tls, null, "TLSv1.3")) {
            socket.getOutputStream().write(new ConnectPacket(5, "").bytes());
            socket.getOutputStream().write(new ConnectPacket(5, "").bytes());
            byte[] all = socket.getInputStream().readAllBytes(); // Fails without close_notify.
            String hex = HexFormat.of().formatHex(all);
            assertTrue(hex.matches(".*(e0..|20..00)82.*"), hex);
        }
    }

    @Test
    void aSilentClientIsClosedInTime() throws IOException {
        try (RawClient client = new RawClient(tls, 5)) {
            client.send(new byte[] {0x16, 3, 1});
            assertNull(client.read(Duration.ofSeconds(20)));
        }
    }

    @Test
    void hangUpReadsCertificatesAgainOrKeepsThemAll() throws IOException {
        X509Certificate first = serverCertificate();
        TestAuthority.Issued next = authority.issue("CN=next");
        Files.copy(next.file(), serverFile, StandardCopyOption.REPLACE_EXISTING);
        broker.signal("HUP");
        Await.until("refusal", PATIENCE, () -> log().contains("is not the key of the certificate"));
        assertEquals(first, serverCertificate());
        try (RawClient old = RawClient.connected(broker.port(), 5, "stays")) {
            install(next);
            broker.signal("HUP");
            Await.until("new certificate", PATIENCE, () -> serverCertificate().equals(next.certificate()));
            old.publish("a", 1, 1, new byte[1]);
            old.expect(Packets.PUBACK);
        }
    }

    private static X509Certificate serverCertificate() {
        try (SSLSocket socket = open(tls, null, "TLSv1.3")) {
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void connect(int port, TestAuthority.@Nullable Issued client, int code) throws IOException {
        try (SSLSocket socket = open(port, client, "TLSv1.3")) {
            socket.getOutputStream().write(new ConnectPacket(5, "").bytes());
            byte[] connack = socket.getInputStream().readNBytes(4);
            assertEquals(List.of(0x20, code), List.of((int) connack[0], connack[3] & 0xFF));
        }
    }

    private static SSLSocket open(int port, TestAuthority.@Nullable Issued client, String version) throws IOException {
        SSLSocket socket = (SSLSocket) new ClientTls(authority.certificate(), client)
                .socketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setEnabledProtocols(new String[] {version});
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    private static String log() {
        try {
            return broker.log();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
