package io.tally.protocol.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Vector;
import java.util.stream.IntStream;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.PSKTlsServer;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.PskIdentity;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsPSKIdentityManager;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.jspecify.annotations.Nullable;

/**
 * What the server of one TLS connection with a pre-shared key answers: RFC 4279 and its successors in TLS 1.2, external
 * keys with ephemeral Diffie-Hellman in TLS 1.3. There is no certificate, so no connection without a key. Owned by the
 * I/O loop's thread.
 */
@SuppressWarnings("JdkObsolete") // The collections are the library's.
final class PskServer extends PSKTlsServer {
    /** By OpenSSL's name, the best first; those at the end keep nothing secret from who gets the key later. */
    static final Map<String, Integer> SUITES;

    private static final TlsCrypto CRYPTO = new BcTlsCrypto(new SecureRandom());
    private static final int HELLO_BYTES_MAX = 1 << 14;

    /** Those whose hash is SHA-256, that of keys which nothing else is said of. */
    private static final int[] TLS13_SUITES = {
        CipherSuite.TLS_AES_128_GCM_SHA256, CipherSuite.TLS_CHACHA20_POLY1305_SHA256, CipherSuite.TLS_AES_128_CCM_SHA256
    };

    private static final int[] GROUPS = {NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1};

    static {
        Map<String, Integer> suites = new LinkedHashMap<>();
        suites.put("ECDHE-PSK-AES128-GCM-SHA256", CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256);
        suites.put("ECDHE-PSK-AES256-GCM-SHA384", CipherSuite.TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384);
        suites.put("ECDHE-PSK-CHACHA20-POLY1305", CipherSuite.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256);
        suites.put("DHE-PSK-AES128-GCM-SHA256", CipherSuite.TLS_DHE_PSK_WITH_AES_128_GCM_SHA256);
        suites.put("DHE-PSK-AES256-GCM-SHA384", CipherSuite.TLS_DHE_PSK_WITH_AES_256_GCM_SHA384);
        suites.put("DHE-PSK-CHACHA20-POLY1305", CipherSuite.TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256);
        suites.put("ECDHE-PSK-AES128-CBC-SHA256", CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256);
        suites.put("ECDHE-PSK-AES256-CBC-SHA384", CipherSuite.TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384);
        suites.put("ECDHE-PSK-AES128-CBC-SHA", CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA);
        suites.put("ECDHE-PSK-AES256-CBC-SHA", CipherSuite.TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA);
        suites.put("DHE-PSK-AES128-CBC-SHA256", CipherSuite.TLS_DHE_PSK_WITH_AES_128_CBC_SHA256);
        suites.put("DHE-PSK-AES256-CBC-SHA384", CipherSuite.TLS_DHE_PSK_WITH_AES_256_CBC_SHA384);
        suites.put("PSK-AES128-GCM-SHA256", CipherSuite.TLS_PSK_WITH_AES_128_GCM_SHA256);
        suites.put("PSK-AES256-GCM-SHA384", CipherSuite.TLS_PSK_WITH_AES_256_GCM_SHA384);
        suites.put("PSK-CHACHA20-POLY1305", CipherSuite.TLS_PSK_WITH_CHACHA20_POLY1305_SHA256);
        suites.put("PSK-AES128-CCM", CipherSuite.TLS_PSK_WITH_AES_128_CCM);
        suites.put("PSK-AES256-CCM", CipherSuite.TLS_PSK_WITH_AES_256_CCM);
        suites.put("PSK-AES128-CCM8", CipherSuite.TLS_PSK_WITH_AES_128_CCM_8);
        suites.put("PSK-AES256-CCM8", CipherSuite.TLS_PSK_WITH_AES_256_CCM_8);
        suites.put("PSK-AES128-CBC-SHA256", CipherSuite.TLS_PSK_WITH_AES_128_CBC_SHA256);
        suites.put("PSK-AES256-CBC-SHA384", CipherSuite.TLS_PSK_WITH_AES_256_CBC_SHA384);
        suites.put("PSK-AES128-CBC-SHA", CipherSuite.TLS_PSK_WITH_AES_128_CBC_SHA);
        suites.put("PSK-AES256-CBC-SHA", CipherSuite.TLS_PSK_WITH_AES_256_CBC_SHA);
        SUITES = Collections.unmodifiableMap(suites);
    }

    private final PskKeys keys;
    private byte @Nullable [] identity;
    private boolean isOffered;
    private boolean isUp;

    PskServer(PskKeys keys) {
        super(CRYPTO, new Lookup(keys));
        this.keys = keys;
    }

    /** Of TLS 1.2. */
    private record Lookup(PskKeys keys) implements TlsPSKIdentityManager {
        @Override
        public byte[] getHint() {
            return keys.hint();
        }

        @Override
        public byte @Nullable [] getPSK(byte[] identity) {
            return keys.key(identity);
        }
    }

    /** Of TLS 1.3: the first that is known. */
    @Override
    public @Nullable TlsPSKExternal getExternalPSK(@SuppressWarnings("rawtypes") Vector identities) {
        identity = null;
        isOffered = true;
        for (Object offered : identities) {
            byte[] name = ((PskIdentity) offered).getIdentity();
            byte[] key = keys.key(name);
            if (key != null) {
                identity = name;
                return new BasicTlsPSKExternal(name, getCrypto().createSecret(key));
            }
        }
        return null;
    }

    /** Asked in TLS 1.3 behind the key: a client without one does not go on. */
    @Override
    public int getSelectedCipherSuite() throws IOException {
        if (context.getServerVersion().equals(ProtocolVersion.TLSv13) && identity == null) {
            throw isOffered
                    ? new TlsFatalAlert(AlertDescription.unknown_psk_identity)
                    : new TlsFatalAlert(AlertDescription.handshake_failure, "the client offers no pre-shared key");
        }
        return super.getSelectedCipherSuite();
    }

    @Override
    public void notifyHandshakeComplete() throws IOException {
        super.notifyHandshakeComplete();
        if (identity == null) {
            identity = context.getSecurityParametersConnection().getPSKIdentity();
        }
        if (identity == null) {
            throw new TlsFatalAlert(AlertDescription.internal_error);
        }
        isUp = true;
    }

    /** Whether the client has proved that it has the key. */
    boolean isUp() {
        return isUp;
    }

    /** Whose key the client has; to be asked when it has. */
    String identity() {
        return identity == null ? "" : new String(identity, StandardCharsets.UTF_8);
    }

    @Override
    protected ProtocolVersion[] getSupportedVersions() {
        return keys == null || !keys.isOnlyTls13()
                ? ProtocolVersion.TLSv13.downTo(ProtocolVersion.TLSv12)
                : ProtocolVersion.TLSv13.only();
    }

    @Override
    protected int[] getSupportedCipherSuites() {
        IntStream suites = keys.suites().stream().mapToInt(Integer::intValue);
        return IntStream.concat(Arrays.stream(TLS13_SUITES), suites).toArray();
    }

    @Override
    public int[] getSupportedGroups() {
        return GROUPS.clone();
    }

    /** A larger group than anybody needs would let one client have the thread for long. */
    @Override
    protected int selectDH(int minimumFiniteFieldBits) {
        return NamedGroup.ffdhe2048;
    }

    @Override
    public int getMaxHandshakeMessageSize() {
        return HELLO_BYTES_MAX;
    }
}
