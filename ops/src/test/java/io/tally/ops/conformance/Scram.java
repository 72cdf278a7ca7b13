package io.tally.ops.conformance;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** The client's messages of SCRAM-SHA-256 (RFC 5802, RFC 7677). */
final class Scram {
    private static final String NONCE = "rOprNGfwEbeRWgbNEkqO";
    private final String password;
    private final String firstBare;
    private byte[] salted = {};
    private String exchange = "";

    Scram(String user, String password) {
        this.password = password;
        this.firstBare = "n=" + user + ",r=" + NONCE;
    }

    String first() {
        return "n,," + firstBare;
    }

    /** The answer to the first message of the server. */
    String last(String serverFirst) {
        String[] parts = serverFirst.split(",");
        byte[] salt = Base64.getDecoder().decode(parts[1].substring(2));
        int iterations = Integer.parseInt(parts[2].substring(2));
        try {
            salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
                    .getEncoded();
            String withoutProof = "c=biws," + parts[0];
            exchange = firstBare + "," + serverFirst + "," + withoutProof;
            byte[] proof = hmac(salted, "Client Key");
            byte[] signature = hmac(MessageDigest.getInstance("SHA-256").digest(proof), exchange);
            for (int i = 0; i < proof.length; i++) {
                proof[i] ^= signature[i];
            }
            return withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** What the server proves itself with. */
    String serverFinal() {
        return "v=" + Base64.getEncoder().encodeToString(hmac(hmac(salted, "Server Key"), exchange));
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
