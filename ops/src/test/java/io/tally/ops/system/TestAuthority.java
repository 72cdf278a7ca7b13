package io.tally.ops.system;

import java.io.IOException;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** An authority that issues certificates for tests, into PEM files of its directory. Used by one thread. */
final class TestAuthority {
    /** A certificate and its key, and where they are. */
    record Issued(Path file, Path keyFile, X509Certificate certificate, PrivateKey privateKey) {}

    private static final Duration DAY = Duration.ofDays(1);

    private final Path directory;
    private final X500Name name;
    private final KeyPair keys;
    private final X509Certificate certificate;
    private final Path file;
    private long lastSerial = 1;

    TestAuthority(Path directory, String commonName) throws IOException {
        this(directory, commonName, null);
    }

    /** @param above issues this one's certificate; null = it does so itself */
    TestAuthority(Path directory, String commonName, @Nullable TestAuthority above) throws IOException {
        this.directory = Files.createDirectories(directory);
        name = new X500Name("CN=" + commonName);
        keys = newKeys();
        TestAuthority issuer = above == null ? this : above;
        certificate = issuer.sign(name, keys, Instant.now().plus(DAY), true);
        file = write(commonName + ".pem", certificate);
    }

    X509Certificate certificate() {
        return certificate;
    }

    Path file() {
        return file;
    }

    /** Valid for a day, for this machine. */
    Issued issue(String subject) throws IOException {
        return issue(subject, Instant.now().plus(DAY));
    }

    Issued issue(String subject, Instant until) throws IOException {
        KeyPair own = newKeys();
        X509Certificate issued = sign(new X500Name(subject), own, until, false);
        String base = "issued-" + issued.getSerialNumber();
        return new Issued(
                write(base + ".pem", issued),
                write(base + ".key", new JcaPKCS8Generator(own.getPrivate(), null)),
                issued,
                own.getPrivate());
    }

    /** A revocation list with these in it. */
    Path revoke(Issued... revoked) throws IOException {
        Date now = Date.from(Instant.now().minus(DAY));
        X509v2CRLBuilder list = new X509v2CRLBuilder(name, now);
        list.setNextUpdate(Date.from(Instant.now().plus(DAY)));
        for (Issued one : revoked) {
            list.addCRLEntry(one.certificate().getSerialNumber(), now, 0);
        }
        return write("revoked.pem", list.build(signer()));
    }

    private X509Certificate sign(X500Name subject, KeyPair own, Instant until, boolean isAuthority) throws IOException {
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    name,
                    BigInteger.valueOf(lastSerial++),
                    Date.from(until.minus(DAY).minus(DAY)),
                    Date.from(until),
                    subject,
                    own.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(isAuthority));
            GeneralName[] names = {
                new GeneralName(GeneralName.iPAddress, "127.0.0.1"), new GeneralName(GeneralName.dNSName, "localhost")
            };
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer()));
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private ContentSigner signer() throws IOException {
        try {
            return new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
        } catch (OperatorCreationException e) {
            throw new IOException(e);
        }
    }

    private static KeyPair newKeys() throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private Path write(String fileName, Object content) throws IOException {
        Path path = directory.resolve(fileName);
        try (Writer out = Files.newBufferedWriter(path, StandardCharsets.US_ASCII);
                JcaPEMWriter pem = new JcaPEMWriter(out)) {
            pem.writeObject(content);
        }
        return path;
    }
}
