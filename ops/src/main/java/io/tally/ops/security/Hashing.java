package io.tally.ops.security;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Hashes, keyed hashes and PBKDF2 over bytes; java.security's own PBKDF2 takes characters only. */
final class Hashing {
    private static final SecureRandom RANDOM = new SecureRandom();

    /** HMAC fills its key up with zeros, so this is the empty key, which Java refuses. */
    private static final byte[] EMPTY_KEY = {0};

    private Hashing() {}

    static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    /** @param algorithm as java.security names it: SHA-512, SHA-256 */
    static byte[] digest(String algorithm, byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param algorithm as java.security names it: HmacSHA512, HmacSHA256 */
    static byte[] hmac(String algorithm, byte[] key, byte[] message) {
        return mac(algorithm, key).doFinal(message);
    }

    private static Mac mac(String algorithm, byte[] key) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key.length == 0 ? EMPTY_KEY : key, algorithm));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first block of PBKDF2 (RFC 8018): as many bytes as the HMAC has. */
    static byte[] pbkdf2(String algorithm, byte[] password, byte[] salt, int iterations) {
        Mac mac = mac(algorithm, password);
        mac.update(salt);
        byte[] last = mac.doFinal(new byte[] {0, 0, 0, 1});
        byte[] result = last.clone();
        for (int i = 1; i < iterations; i++) {
            last = mac.doFinal(last);
            for (int at = 0; at < result.length; at++) {
                result[at] ^= last[at];
            }
        }
        return result;
    }

    static boolean equal(byte[] a, byte[] b) {
        return MessageDigest.isEqual(a, b);
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** Of standard base64 with or without padding; empty when it is none. */
    static byte[] fromBase64(String text) {
        try {
            return Base64.getDecoder().decode(text.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }
}
