package io.tally.perf.load;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.perf.TestCertificate;
import io.tally.perf.load.FakeBroker.Fault;
import io.tally.perf.load.LoadResult.Totals;
import io.tally.perf.load.Workload.Beside;
import io.tally.perf.load.Workload.Phases;
import io.tally.protocol.codec.ProtocolVersion;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver over TLS against brokers whose records and haste are known. */
class TlsLoadTest {
    private static final int BATCH = 20;
    private static final byte[] CONNACK = {0x20, 2, 0, 0};
    private static final byte[] SUBACK = {(byte) 0x90, 3, 0, 1, 1};
    private static final byte PUBLISH = 0x32;
    private static final int ACK_LENGTH = 4;

    /** So long that no socket takes one at once. */
    private static final int LARGE = 16 << 20;

    private static TestCertificate certificate;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void makeCertificate() throws Exception {
        certificate = TestCertificate.make(directory, "server", "ip:127.0.0.1");
    }

    private static ServerSocket server() throws Exception {
        SSLContext context = certificate.serverContext();
        return context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static Target target(int port) throws Exception {
        return new Target("127.0.0.1", port, ProtocolVersion.V3_1_1, null, null, certificate.trusting());
    }

    private static Workload workload(int clients, int payloadBytes, double seconds) {
        Phases phases = new Phases(0, seconds, 5);
        return new Workload(clients, clients, 1, 1, payloadBytes, 2, 0, 0, false, "t", 1, "t", Beside.NOTHING, phases);
    }

    @Test
    void whatTheSocketDoesNotTakeIsSentLater() throws Exception {
        try (FakeBroker broker = new FakeBroker(Fault.NONE, server());
                LoadRun run = new LoadRun(target(broker.port()), workload(1, LARGE, 0.5), List.of())) {
            LoadResult result = run.run();
            Totals totals = result.totals();
            assertNull(result.failure());
            assertTrue(totals.sent() > 0);
            assertEquals(broker.published(), totals.sent());
            assertEquals(broker.published(), totals.acknowledged());
            assertEquals(broker.published(), totals.received());
            assertEquals(0, totals.lost() + totals.doubled() + totals.reordered());
        }
    }

    /** The broker puts CONNACK and what waits for the client into one record. */
    @Test
    void whatComesWithConnackIsReadAndAnswered() throws Exception {
        try (ServerSocket server = server()) {
            Thread broker = new Thread(() -> serve(server), "broker");
            broker.setDaemon(true);
            broker.start();
            Target target = target(server.getLocalPort());
            Backlog backlog = new Backlog(target, "absent", 2 * BATCH);
            Workload nothing = workload(0, Stamp.LENGTH, 5);
            try (LoadRun run = new LoadRun(target, nothing, List.of()).meanwhile(backlog)) {
                LoadResult result = run.run();
                assertNull(result.failure());
                assertEquals(2 * BATCH, backlog.received());
            }
        }
    }

    /** With TLS 1.2 a session that is resumed has the id that it had before. */
    @Test
    void noConnectionResumesTheTlsSessionOfAnother() throws Exception {
        Set<String> ids = ConcurrentHashMap.newKeySet();
        try (SSLServerSocket server = (SSLServerSocket) server()) {
            server.setEnabledProtocols(new String[] {"TLSv1.2"});
            Thread broker = new Thread(() -> welcome(server, ids), "broker");
            broker.setDaemon(true);
            broker.start();
            Target target = target(server.getLocalPort());
            Handshake handshake = new Handshake(target);
            for (int i = 0; i < 3; i++) {
                handshake.connect("one", false).close();
            }
            try (IdleConnections idle = new IdleConnections(target, 1, List.of())) {
                assertEquals(3, idle.more(3, 0).connections());
            }
        }
        assertEquals(6, ids.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aClientThatLeavesIsNotTroubledByTheEndOfTls(String version) throws Exception {
        try (SSLServerSocket server = (SSLServerSocket) server()) {
            server.setEnabledProtocols(new String[] {version});
            Thread broker = new Thread(() -> serveSubscribers(server), "broker");
            broker.setDaemon(true);
            broker.start();
            try (OfflineSessions sessions = new OfflineSessions(target(server.getLocalPort()), "c%s", "t", 1)) {
                assertDoesNotThrow(() -> sessions.make(0, 3));
            }
        }
    }

    private static void serveSubscribers(ServerSocket server) {
        try {
            while (true) {
                Socket client = server.accept();
                DataInputStream in = new DataInputStream(client.getInputStream());
                skipPacket(in);
                client.getOutputStream().write(CONNACK);
                skipPacket(in);
                client.getOutputStream().write(SUBACK);
                skipPacket(in);
                client.close(); // Says so, as TLS demands.
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private static void skipPacket(DataInputStream in) throws IOException {
        in.readByte();
        in.readFully(new byte[in.readByte()]);
    }

    private static void welcome(SSLServerSocket server, Set<String> ids) {
        try {
            while (true) {
                SSLSocket client = (SSLSocket) server.accept();
                ids.add(HexFormat.of().formatHex(client.getSession().getId()));
                client.getOutputStream().write(CONNACK);
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private static void serve(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                serve(client);
            } catch (IOException e) {
                // It has gone, or the test is over.
            }
        }
    }

    /** The second batch comes when the first one has been acknowledged, as with a broker that has a window. */
    private static void serve(Socket client) throws IOException {
        DataInputStream in = new DataInputStream(client.getInputStream());
        OutputStream out = client.getOutputStream();
        skipPacket(in);
        byte[] batch = batch();
        out.write(ByteBuffer.allocate(CONNACK.length + batch.length)
                .put(CONNACK)
                .put(batch)
                .array());
        in.readFully(new byte[BATCH * ACK_LENGTH]);
        out.write(batch);
        in.readAllBytes();
    }

    private static byte[] batch() {
        int rest = 2 + 1 + 2 + Stamp.LENGTH;
        ByteBuffer batch = ByteBuffer.allocate(BATCH * (2 + rest));
        for (int id = 1; id <= BATCH; id++) {
            batch.put(PUBLISH)
                    .put((byte) rest)
                    .putShort((short) 1)
                    .put((byte) 't')
                    .putShort((short) id);
            batch.position(batch.position() + Stamp.LENGTH);
        }
        return batch.array();
    }
}
