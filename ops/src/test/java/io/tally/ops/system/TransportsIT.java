package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT over WebSockets, unix sockets, and behind proxies. */
@SuppressWarnings("NullAway.Init")
final class TransportsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static BrokerProcess broker;
    private static TestAuthority authority;
    private static Path unix;
    private static final List<Integer> PORTS = Ports.free(6);
    private static final int web = PORTS.get(0);
    private static final int secureWeb = PORTS.get(1);
    private static final int guarded = PORTS.get(2);
    private static final int proxy1 = PORTS.get(3);
    private static final int proxy2 = PORTS.get(4);
    private static final int proxyMutual = PORTS.get(5);

    @BeforeAll
    static void start() throws IOException {
        Path home = TestHome.fresh("transports");
        authority = new TestAuthority(home.resolve("ca"), "authority");
        TestAuthority.Issued server = authority.issue("CN=server");
        unix = home.resolve("tally.sock").toAbsolutePath();
        try (SocketChannel stale = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            stale.bind(UnixDomainSocketAddress.of(unix));
        }
        broker = BrokerProcess.start(new BrokerSettings(home)
                .line("listener " + web)
                .line("protocol websockets")
                .line("listener " + secureWeb)
                .line("protocol websockets")
                .line("certfile " + server.file())
                .line("keyfile " + server.keyFile())
                .line("listener " + guarded)
                .line("protocol websockets")
                .line("websockets_origin https://tally.example")
                .line("listener " + proxy1)
                .line("enable_proxy_protocol 1")
                .line("listener " + proxy2)
                .line("enable_proxy_protocol 2")
                .line("proxy_protocol_v2_require_tls true")
                .line("use_identity_as_username true")
                .line("use_username_as_clientid true")
                .line("listener " + proxyMutual)
                .line("enable_proxy_protocol 2")
                .line("require_certificate true")
                .line("use_identity_as_username true")
                .line("use_username_as_clientid true")
                .line("listener 0 " + unix));
        Await.until("all listeners", PATIENCE, () -> log().contains("is ready"));
    }

    @AfterAll
    static void stop() throws InterruptedException {
        assertEquals(0, broker.terminate());
        assertFalse(Files.exists(unix), "the unix socket is removed");
    }

    // ---- WebSockets ----

    @ParameterizedTest
    @EnumSource
    void clientsWorkOverWebSockets(RealClientsIT.Library library) throws IOException {
        exchange(library, new Route(web, true, null));
    }

    @ParameterizedTest
    @EnumSource
    void clientsWorkOverSecureWebSockets(RealClientsIT.Library library) throws IOException {
        exchange(library, new Route(secureWeb, true, new ClientTls(authority.certificate(), null)));
    }

    private static void exchange(RealClientsIT.Library library, Route route) throws IOException {
        try (RealClient client = library.client(route)) {
            client.connect(false, null);
            client.subscribe("web/#", 2);
            for (int qos = 0; qos <= 2; qos++) {
                for (int size : List.of(1, 130, 70_000)) {
                    String text = "x".repeat(size);
                    client.publish("web/" + qos, text, qos, false);
                    assertEquals(new RealClient.Delivery("web/" + qos, text, qos, false), client.receive(PATIENCE));
                }
            }
        }
    }

    /** [MQTT-6.0.0-2] */
    @Test
    void packetsAndFramesNeedNotMatch() throws IOException {
        try (WebSocketClient client = WebSocketClient.open(web)) {
            byte[] connect = new ConnectPacket(4, "frames").bytes();
            client.frame(0x02, Arrays.copyOf(connect, 3));
            client.frame(0x89, "hi".getBytes(StandardCharsets.US_ASCII));
            client.frame(0x00, Arrays.copyOfRange(connect, 3, 5));
            client.frame(0x80, Arrays.copyOfRange(connect, 5, connect.length));
            assertEquals("8a026869", client.read(4), "the ping is answered in the middle of the message");
            assertEquals("820420020000", client.read(6));
            client.frame(0x82, HexFormat.of().parseHex("c000c000"));
            String pings = client.read(6);
            assertTrue(pings.equals("8204d000d000"), pings);
        }
    }

    /** [MQTT-6.0.0-1] */
    @Test
    void aTextFrameClosesTheConnection() throws IOException {
        fails(0x81, "c000", "880203eb");
    }

    @ParameterizedTest
    @CsvSource({
        "c2, c000",
        "80, c000",
        "83, c000",
        "09, 00",
    })
    void framesAgainstTheRulesCloseTheConnection(String first, String payload) throws IOException {
        fails(Integer.parseInt(first, 16), payload, "880203ea");
    }

    private static void fails(int first, String payload, String close) throws IOException {
        try (WebSocketClient client = WebSocketClient.open(web)) {
            client.frame(first, HexFormat.of().parseHex(payload));
            assertEquals(close, client.read(4));
            client.expectEnd();
        }
    }

    @Test
    void aFrameWithoutMaskClosesTheConnection() throws IOException {
        try (WebSocketClient client = WebSocketClient.open(web)) {
            client.raw("8202c000");
            assertEquals("880203ea", client.read(4));
            client.expectEnd();
        }
    }

    /** No memory is taken for a length that is only said. */
    @Test
    void aFrameOfAnyLengthIsReadAsItComes() throws IOException {
        try (WebSocketClient client = WebSocketClient.open(web)) {
            client.raw("82ff7fffffffffffffff00000000");
            client.raw(HexFormat.of().formatHex(new ConnectPacket(4, "long").bytes()));
            assertEquals("820420020000", client.read(6));
        }
    }

    @Test
    void aCloseIsAnswered() throws IOException {
        try (WebSocketClient client = WebSocketClient.open(web)) {
            client.frame(0x88, HexFormat.of().parseHex("03e8"));
            assertEquals("880203e8", client.read(4));
            client.expectEnd();
        }
    }

    @Test
    void theReasonGoesOutBeforeTheClose() throws IOException {
        try (WebSocketClient client = WebSocketClient.open(web)) {
            byte[] connect = new ConnectPacket(5, "twice").bytes();
            client.frame(0x82, connect);
            client.frame(0x82, connect);
            client.expectInTheEnd("e0..82.*880203e8");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET / HTTP/1.1, 426",
        "POST /mqtt HTTP/1.1, 426",
        "rubbish, 400",
    })
    void otherRequestsGetAShortAnswer(String line, String status) throws IOException {
        assertEquals(status, WebSocketClient.statusOf(web, line + "\r\nHost: a\r\n\r\n"));
    }

    @ParameterizedTest
    @CsvSource({
        "Sec-WebSocket-Key, short, 400",
        "Sec-WebSocket-Version, 8, 426",
        "Sec-WebSocket-Protocol, chat, 400",
        "Connection, close, 400",
    })
    void badUpgradesAreRefused(String header, String value, String status) throws IOException {
        String request = WebSocketClient.REQUEST.replaceFirst(header + ": .*\r\n", header + ": " + value + "\r\n");
        assertEquals(status, WebSocketClient.statusOf(web, request));
    }

    @Test
    void anEndlessRequestIsRefused() throws IOException {
        assertEquals("400", WebSocketClient.statusOf(web, "GET /" + "x".repeat(9_000)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mqtt", "mqttv3.1", "chat, mqtt"})
    void theSubProtocolIsNamedBack(String offered) throws IOException {
        String request = WebSocketClient.REQUEST.replace("Protocol: mqtt", "Protocol: " + offered);
        String answer = WebSocketClient.answerTo(web, request);
        assertTrue(answer.startsWith("HTTP/1.1 101 "), answer);
        String expected = offered.equals("mqttv3.1") ? "mqttv3.1" : "mqtt";
        assertTrue(answer.contains("Sec-WebSocket-Protocol: " + expected + "\r\n"), answer);
        assertTrue(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), answer);
    }

    @Test
    void onlyNamedOriginsMayOpenWebSockets() throws IOException {
        assertEquals("403", WebSocketClient.statusOf(guarded, WebSocketClient.REQUEST));
        String own = WebSocketClient.REQUEST.replace("\r\n\r\n", "\r\nOrigin: https://tally.example\r\n\r\n");
        assertEquals("101", WebSocketClient.statusOf(guarded, own));
    }

    // ---- unix sockets ----

    @Test
    void aStaleUnixSocketIsReplacedAndClientsWorkOverTheNewOne() throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(unix))) {
            channel.write(ByteBuffer.wrap(new ConnectPacket(4, "unix").bytes()));
            ByteBuffer answer = ByteBuffer.allocate(4);
            while (answer.hasRemaining() && channel.read(answer) >= 0) {}
            assertArrayEquals(new byte[] {0x20, 2, 0, 0}, answer.array());
        }
        Await.until("its path in the log", PATIENCE, () -> log().contains("from " + unix + " as unix"));
    }

    // ---- PROXY headers ----

    @Test
    void aProxysTextHeaderNamesTheClient() throws IOException {
        try (RawClient client = new RawClient(proxy1, 4)) {
            client.send("PROXY TCP4 192.0.2.7 198.51.100.1 4711 1883\r\n".getBytes(StandardCharsets.US_ASCII));
            client.send(new ConnectPacket(4, "behind").bytes());
            assertNotNull(client.expect(Packets.CONNACK));
        }
        Await.until(
                "its address in the log",
                PATIENCE,
                () -> log().lines()
                        .anyMatch(l -> l.contains("192.0.2.7") && l.contains("4711") && l.contains("as behind")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PROXY TCP4 999.0.2.7 1.1.1.1 1 2\r\n", "PROXY TCP4 1.1.1.1\r\n", "GET / HTTP/1.1\r\n"})
    void aBrokenHeaderClosesTheConnection(String header) throws IOException {
        try (RawClient client = new RawClient(proxy1, 4)) {
            client.send(header.getBytes(StandardCharsets.US_ASCII));
            assertNull(client.read(PATIENCE));
        }
    }

    @Test
    void withoutHeaderTheConnectionIsClosed() throws IOException {
        for (int port : List.of(proxy1, proxy2)) {
            try (RawClient client = new RawClient(port, 4)) {
                client.send(new ConnectPacket(4, "bare").bytes());
                assertNull(client.read(PATIENCE));
            }
        }
    }

    @Test
    void aHeaderWithoutEndIsBounded() throws IOException {
        try (RawClient client = new RawClient(proxy1, 4)) {
            client.send(("PROXY TCP4 " + "1".repeat(200)).getBytes(StandardCharsets.US_ASCII));
            assertNull(client.read(PATIENCE));
        }
    }

    /** Certificate common name "ann", checked by the proxy. */
    @Test
    void aProxysBinaryHeaderTellsTheCommonName() throws IOException {
        Bytes tls = new Bytes().u8(7).u32(0).u8(0x22).u16(3).raw("ann".getBytes(StandardCharsets.US_ASCII));
        try (RawClient client = new RawClient(proxy2, 4)) {
            client.send(binaryHeader(tls));
            client.send(new ConnectPacket(4, "x").bytes());
            assertNotNull(client.expect(Packets.CONNACK));
        }
        Await.until("its name", PATIENCE, () -> log().contains("as ann ("));
    }

    @Test
    void aClientThatDidNotReachTheProxyByTlsIsRefused() throws IOException {
        try (RawClient client = new RawClient(proxy2, 4)) {
            client.send(binaryHeader(null));
            client.send(new ConnectPacket(4, "x").bytes());
            assertNull(client.read(PATIENCE));
        }
    }

    /** Without the bit for a certificate, and with a certificate that the proxy does not trust. */
    @ParameterizedTest
    @CsvSource({"1, 0", "2, 0", "7, 1"})
    void aClientWithoutCertificateAtTheProxyIsRefused(int client, int verify) throws IOException {
        Bytes tls = new Bytes().u8(client).u32(verify).u8(0x22).u16(3).raw("eve".getBytes(StandardCharsets.US_ASCII));
        try (RawClient socket = new RawClient(proxyMutual, 4)) {
            socket.send(binaryHeader(tls));
            socket.send(new ConnectPacket(4, "x").bytes());
            assertNull(socket.read(PATIENCE));
        }
        Await.until("why", PATIENCE, () -> log().contains("the client has no certificate that the proxy trusts"));
        Bytes trusted = new Bytes().u8(5).u32(0).u8(0x22).u16(3).raw("amy".getBytes(StandardCharsets.US_ASCII));
        try (RawClient socket = new RawClient(proxyMutual, 4)) {
            socket.send(binaryHeader(trusted));
            socket.send(new ConnectPacket(4, "x").bytes());
            assertNotNull(socket.expect(Packets.CONNACK));
        }
        assertFalse(log().contains("as eve ("));
    }

    /** Of a proxy's second version: the client is 192.0.2.7, port 4711. */
    static byte[] binaryHeader(@Nullable Bytes tls) {
        Bytes body = new Bytes().u32(0xC0000207L).u32(0xC6336401L).u16(4711).u16(1883);
        if (tls != null) {
            body.u8(0x20).u16(tls.array().length).raw(tls.array());
        }
        byte[] signature = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a");
        return new Bytes()
                .raw(signature)
                .u8(0x21)
                .u8(0x11)
                .u16(body.array().length)
                .raw(body.array())
                .array();
    }

    private static String log() {
        try {
            return broker.log();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
