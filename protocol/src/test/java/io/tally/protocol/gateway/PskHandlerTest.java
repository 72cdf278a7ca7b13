package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import io.tally.protocol.listener.PskSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Vector;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.PSKTlsClient;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The records of TLS with pre-shared keys, against the library's own client. */
@SuppressWarnings("NullAway.Init")
class PskHandlerTest {
    private static final byte[] NAME = "ann".getBytes(StandardCharsets.UTF_8);
    private static final byte[] KEY = {1, 2, 3, 4};
    private static final byte[] HELLO_OF_NOTHING = {1, 0, 0, 0};
    private static final byte[] KEY_UPDATE = {24, 0, 0, 1, 1};
    private static final int ALERT_BYTES_MAX = 100;

    @TempDir
    private Path dir;

    private PskHandler handler;
    private EmbeddedChannel server;
    private final Client client = new Client();

    @BeforeEach
    void start() throws IOException {
        Path file = Files.writeString(dir.resolve("keys"), "ann:01020304\n");
        handler = new PskHandler(PskKeys.read(new PskSettings("", file.toString(), null, false, Map.of())));
        server = new EmbeddedChannel(handler);
    }

    /** Of one of the versions. */
    private static final class Identity extends PSKTlsClient {
        private final boolean isNewest;

        Identity(boolean isNewest) {
            super(new BcTlsCrypto(new SecureRandom()), NAME, KEY);
            this.isNewest = isNewest;
        }

        @Override
        protected ProtocolVersion[] getSupportedVersions() {
            return (isNewest ? ProtocolVersion.TLSv13 : ProtocolVersion.TLSv12).only();
        }

        @Override
        protected int[] getSupportedCipherSuites() {
            return isNewest ? new int[] {CipherSuite.TLS_AES_128_GCM_SHA256} : super.getSupportedCipherSuites();
        }

        @Override
        @SuppressWarnings("JdkObsolete") // It is the library's.
        public Vector<Object> getExternalPSKs() {
            return new Vector<>(
                    List.of(new BasicTlsPSKExternal(NAME, getCrypto().createSecret(KEY.clone()))));
        }
    }

    private static final class Client extends TlsClientProtocol {
        void record(short type, byte[] content) throws IOException {
            writeRecord(type, content, 0, content.length);
        }

        void sendTo(EmbeddedChannel channel) {
            byte[] records = new byte[getAvailableOutputBytes()];
            readOutput(records, 0, records.length);
            channel.pipeline().fireChannelRead(Unpooled.wrappedBuffer(records));
        }

        /** The size of the largest piece that the server has sent. */
        int receiveFrom(EmbeddedChannel channel) throws IOException {
            int largest = 0;
            for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
                byte[] records = new byte[out.readableBytes()];
                largest = Math.max(largest, records.length);
                out.readBytes(records).release();
                offerInput(records);
            }
            return largest;
        }

        byte[] read() {
            byte[] plain = new byte[getAvailableInputBytes()];
            readInput(plain, 0, plain.length);
            return plain;
        }
    }

    private void handshake(boolean isNewest) throws IOException {
        client.connect(new Identity(isNewest));
        for (int i = 0; i < 3; i++) {
            client.sendTo(server);
            client.receiveFrom(server);
        }
        assertEquals("ann", handler.identity());
    }

    private static byte[] repeat(byte[] message, int count) {
        byte[] all = new byte[message.length * count];
        for (int i = 0; i < all.length; i++) {
            all[i] = message[i % message.length];
        }
        return all;
    }

    private int sentBytes() {
        int bytes = 0;
        for (ByteBuf out = server.readOutbound(); out != null; out = server.readOutbound()) {
            bytes += out.readableBytes();
            out.release();
        }
        return bytes;
    }

    @Test
    void renegotiationEndsTheConnection() throws IOException {
        handshake(false);
        client.record(ContentType.handshake, repeat(HELLO_OF_NOTHING, 4096));
        client.sendTo(server);
        assertFalse(server.isOpen());
        int bytes = sentBytes();
        assertTrue(bytes > 0 && bytes < ALERT_BYTES_MAX, bytes + " bytes");
    }

    @Test
    void newKeysMakeNoOutputByThemselves() throws IOException {
        handshake(true);
        client.record(ContentType.handshake, KEY_UPDATE);
        client.sendTo(server);
        assertTrue(server.isOpen());
        assertEquals(0, sentBytes());
    }

    @Test
    void manyNewKeysForNothingEndTheConnection() throws IOException {
        handshake(true);
        client.record(ContentType.handshake, repeat(KEY_UPDATE, 3000));
        client.sendTo(server);
        assertFalse(server.isOpen());
        int bytes = sentBytes();
        assertTrue(bytes > 0 && bytes < ALERT_BYTES_MAX, bytes + " bytes");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLargeWriteGoesOutRecordByRecord(boolean isNewest) throws IOException {
        handshake(isNewest);
        byte[] plain = new byte[1_000_000];
        plain[0] = 1;
        plain[plain.length - 1] = 2;
        ChannelFuture written = server.writeAndFlush(Unpooled.wrappedBuffer(plain));
        assertTrue(written.isSuccess());
        int largest = client.receiveFrom(server);
        assertTrue(largest <= 1 << 14, largest + " bytes at once");
        assertArrayEquals(plain, client.read());
    }

    /** What the client still sends is not looked at, and does not have the kernel throw away our last words. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void behindOurGoodbyeTheClientsBytesEndNothing(boolean isNewest) throws IOException {
        handshake(isNewest);
        assertTrue(handler.closeOutbound().isSuccess());
        client.record(ContentType.application_data, new byte[100]);
        client.sendTo(server);
        assertTrue(server.isOpen());
        client.receiveFrom(server);
        assertTrue(client.isClosed(), "it got the goodbye");
    }

    @Test
    void aCloseSaysGoodbye() throws IOException {
        handshake(false);
        server.close();
        assertFalse(server.isOpen());
        client.receiveFrom(server);
        assertTrue(client.isClosed(), "it got the goodbye");
    }

    @Test
    void theClientsGoodbyeEndsTheConnection() throws IOException {
        handshake(false);
        client.close();
        client.sendTo(server);
        assertFalse(server.isOpen());
    }
}
