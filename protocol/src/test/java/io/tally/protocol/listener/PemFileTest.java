package io.tally.protocol.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys in the forms that people have them in. */
class PemFileTest {
    private static final String EC = """
            -----BEGIN EC PARAMETERS-----
            BggqhkjOPQMBBw==
            -----END EC PARAMETERS-----
            -----BEGIN EC PRIVATE KEY-----
            MHcCAQEEIIg6c8VfA5l+sWaYuAYIAt9AY2qAgz+7UptYsgehKnz6oAoGCCqGSM49
            AwEHoUQDQgAEaDvxOdqJU4ERvLVgz5jBwD1Fqt4HmAVwAuHdTTStNMmlH6+/4zgc
            uuzB517Nr+B5G4OAx/0DEuStkCqLoOXh5Q==
            -----END EC PRIVATE KEY-----
            """;

    private static final String RSA = """
            -----BEGIN RSA PRIVATE KEY-----
            MIICXAIBAAKBgQDCCCcoRy9n0zLGCRXzsCeP9sXk+9iWKxrzUmU5k8GrKnYlsjJ2
            whp8BD7t72Lpheoh9Y1q+q6Yzmq6gJzG/13B/JylfN/g0B0fxtbZHmR6wygx13u5
            QtQvFgb6UNrHVvDoesw2/Y1ePrwBoNWHoTNp5H4sf6WhJ2kvDKkyXugwuwIDAQAB
            AoGAaF2gSk731b3JGrI6Z4hBz3LqAP/iAOwQo/6WygCK9HlzcVVHRY+kVT6nZq4T
            ow5P4JJGzdsm3LRyvfx915/2Gng6obkvSn+FMQjiHlGG91E+mqzvSiLTh1lBB8wd
            XpnuPfc/NAjHiY6wvKVOMUT6gebHMY9Vsazx2Ls/EKW26ZkCQQDw/kgqmQPbsJlw
            2yZdpIZEOvDnDqHitkUvsLZCNPinCL3sQzkvg3wqAMPXmW4no9qpxfzuOiuWw1Rx
            q2pwwywHAkEAzh1ACMTHC8vDuQYnhGnRtVQaAoQ8Rh0DCwe3q6QNTpR4VrWWKoEN
            sFnf4ND6UZk2Op37N94fQ3uvRWwYOuUQrQJATlBDwVwCLfUgl9UPjaS2YRvKRzux
            DcxvhUTmpXMzTox/s3RQ9AjFY5zmB3z7l/QeTcdiH0RV/+Mv4NR0fXpfJwJBAMLr
            0pT4Uy0KpKwj79c/o70SLg7XM5Ey+p/Byqcd3B/GNQ/7ZmoH5gQy2pBn0XK9rBU/
            NkcdXv+YxqamlTuNSXkCQAzr8Rnyll6VpNUmPSnFkK3zUL0ZN/PKZ7F1xWuRVdGY
            l9JsoHZfS8ZJzjuDGrP96XbWKjdEo223HM7H8vRcHZ8=
            -----END RSA PRIVATE KEY-----
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    private PemFile file(String text) throws IOException {
        return new PemFile(Files.writeString(dir.resolve("a.pem"), text));
    }

    @Test
    void readsTheOlderFormsOfKeys() throws IOException, GeneralSecurityException {
        ECPrivateKey ec = (ECPrivateKey) file(EC).privateKey();
        assertEquals(256, ec.getParams().getOrder().bitLength());
        RSAPrivateCrtKey rsa = (RSAPrivateCrtKey) file("text in front\n" + RSA).privateKey();
        assertEquals(1024, rsa.getModulus().bitLength());
    }

    @ParameterizedTest
    @CsvSource({
        "ENCRYPTED PRIVATE KEY, 'AAAA', is encrypted",
        "RSA PRIVATE KEY, 'Proc-Type: 4,ENCRYPTED', is encrypted",
        "PRIVATE KEY, 'AAAA', damaged key",
        "CERTIFICATE, 'AAAA', no private key",
    })
    void saysWhyAKeyCannotBeUsed(String type, String body, String why) throws IOException {
        PemFile file = file("-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n");
        String message = String.valueOf(
                assertThrows(GeneralSecurityException.class, file::privateKey).getMessage());
        assertTrue(message.contains(why), message);
    }
}
