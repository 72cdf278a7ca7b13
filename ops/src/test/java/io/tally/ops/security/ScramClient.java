package io.tally.ops.security;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** The client's side of SCRAM-SHA-256, out of what Java brings along; for ASCII passwords. */
public final class ScramClient {
    private static final Base64.Encoder ENCODER = Base64.getEncoder();

    private final String password;
    private final String firstBare;
    private final String nonce;
    private byte[] salted = new byte[0];
    private String authMessage = "";

    public ScramClient(String user, String password, String nonce) {
        this.password = password;
        this.nonce = nonce;
        this.firstBare = "n=" + user + ",r=" + nonce;
    }

    /** The first message. */
    public byte[] first() {
        return ("n,," + firstBare).getBytes(StandardCharsets.UTF_8);
    }

    /** The final message to this challenge. */
    public byte[] last(byte[] challenge) {
        try {
            String serverFirst = new String(challenge, StandardCharsets.UTF_8);
            String[] parts = serverFirst.split(",");
            if (!parts[0].startsWith("r=" + nonce) || parts[0].equals("r=" + nonce)) {
                throw new AssertionError("nonce of the server in " + serverFirst);
            }
            byte[] salt = Base64.getDecoder().decode(parts[1].substring(2));
            int iterations = Integer.parseInt(parts[2].substring(2));
            salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
                    .getEncoded();
            String withoutProof = "c=biws," + parts[0];
            authMessage = firstBare + "," + serverFirst + "," + withoutProof;
            byte[] clientKey = hmac(salted, "Client Key");
            byte[] stored = java.security.MessageDigest.getInstance("SHA-256").digest(clientKey);
            byte[] proof = hmac(stored, authMessage);
            for (int i = 0; i < proof.length; i++) {
                proof[i] ^= clientKey[i];
            }
            return (withoutProof + ",p=" + ENCODER.encodeToString(proof)).getBytes(StandardCharsets.UTF_8);
        } catch (java.security.GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** What the server has to say at the end. */
    public byte[] expectedFromServer() {
        String signature = ENCODER.encodeToString(hmac(hmac(salted, "Server Key"), authMessage));
        return ("v=" + signature).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (java.security.GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
