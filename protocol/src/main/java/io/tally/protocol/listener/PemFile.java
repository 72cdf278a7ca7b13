package io.tally.protocol.listener;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CRL;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A PEM file: base64 between BEGIN and END lines, anything around them. */
public final class PemFile {
    private record Block(String type, String body) {
        byte[] der() throws GeneralSecurityException {
            try {
                return Base64.getMimeDecoder().decode(body);
            } catch (IllegalArgumentException e) {
                throw new GeneralSecurityException("is damaged: its base64 does not decode", e);
            }
        }
    }

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

    /** What a PKCS#8 key begins with: version 0. */
    private static final byte[] VERSION = {2, 1, 0};

    /** AlgorithmIdentifier rsaEncryption. */
    private static final byte[] RSA = {
        0x30, 13, 6, 9, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 13, 1, 1, 1, 5, 0
    };

    /** OBJECT IDENTIFIER ecPublicKey. */
    private static final byte[] EC = {6, 7, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 2, 1};

    private static final byte TAG_SEQUENCE = 0x30;
    private static final byte TAG_OCTETS = 4;
    private static final byte TAG_CURVE = (byte) 0xA0;

    private final List<Block> blocks = new ArrayList<>();

    /** Reads it; what it holds is looked at when it is asked for. */
    public PemFile(Path file) throws IOException {
        String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2)));
        }
    }

    /** At least one. */
    public List<X509Certificate> certificates() throws GeneralSecurityException {
        List<X509Certificate> found = new ArrayList<>();
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (Block block : blocks) {
            if (block.type.endsWith("CERTIFICATE")) {
                found.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.der())));
            }
        }
        if (found.isEmpty()) {
            throw new GeneralSecurityException("holds no certificate in PEM format");
        }
        return found;
    }

    /** At least one. */
    public List<CRL> revocations() throws GeneralSecurityException {
        List<CRL> found = new ArrayList<>();
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (Block block : blocks) {
            if (block.type.endsWith("CRL")) {
                found.add(factory.generateCRL(new ByteArrayInputStream(block.der())));
            }
        }
        if (found.isEmpty()) {
            throw new GeneralSecurityException("holds no revocation list in PEM format");
        }
        return found;
    }

    /** PKCS#8, or the older forms of RSA and elliptic curves. */
    public PrivateKey privateKey() throws GeneralSecurityException {
        for (Block block : blocks) {
            if (block.type.equals("ENCRYPTED PRIVATE KEY") || block.body.contains("ENCRYPTED")) {
                throw new GeneralSecurityException("is encrypted, and nobody could type the password;"
                        + " decrypt it with 'openssl pkey -in OLD -out NEW'");
            }
            if (block.type.equals("PRIVATE KEY")) {
                return fromPkcs8(block.der());
            }
            if (block.type.equals("RSA PRIVATE KEY")) {
                return fromPkcs8(wrap(TAG_SEQUENCE, join(VERSION, RSA, wrap(TAG_OCTETS, block.der()))));
            }
            if (block.type.equals("EC PRIVATE KEY")) {
                return fromPkcs8(ec(block.der()));
            }
        }
        throw new GeneralSecurityException("holds no private key in PEM format");
    }

    /** Whether what the key signs is found right with the certificate. */
    public static boolean isKeyOf(PrivateKey key, X509Certificate certificate) {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update((byte) 1);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update((byte) 1);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // Of another kind, for example.
        }
    }

    private static PrivateKey fromPkcs8(byte[] der) throws GeneralSecurityException {
        GeneralSecurityException last = null;
        for (String algorithm : new String[] {"RSA", "EC", "EdDSA"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (GeneralSecurityException e) {
                last = e;
            }
        }
        throw new GeneralSecurityException("holds a damaged key, or one that is not RSA, EC or Ed25519", last);
    }

    /** RFC 5915 has the curve as element [0], PKCS#8 in front of the key. */
    private static byte[] ec(byte[] key) throws GeneralSecurityException {
        for (int at = 0; at + 3 < key.length; at++) {
            if (key[at] == TAG_CURVE && key[at + 2] == 6 && key[at + 1] == key[at + 3] + 2) {
                byte[] curve = java.util.Arrays.copyOfRange(key, at + 2, at + 2 + key[at + 1]);
                byte[] algorithm = wrap(TAG_SEQUENCE, join(EC, curve));
                return wrap(TAG_SEQUENCE, join(VERSION, algorithm, wrap(TAG_OCTETS, key)));
            }
        }
        throw new GeneralSecurityException("holds an EC key that does not name its curve");
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** A DER element. */
    private static byte[] wrap(byte tag, byte[] content) {
        int length = content.length;
        byte[] head;
        if (length < 0x80) {
            head = new byte[] {tag, (byte) length};
        } else if (length < 0x100) {
            head = new byte[] {tag, (byte) 0x81, (byte) length};
        } else {
            head = new byte[] {tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        }
        return join(head, content);
    }
}
