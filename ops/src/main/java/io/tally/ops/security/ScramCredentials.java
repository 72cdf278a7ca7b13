package io.tally.ops.security;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import org.jspecify.annotations.Nullable;

/**
 * {@code SCRAM-SHA-256$ITERATIONS:SALT$STORED_KEY:SERVER_KEY} (RFC 5803): what a server needs for SCRAM (RFC 5802),
 * from
 * which nobody can log in elsewhere. Serves for a plain password too.
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
record ScramCredentials(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) implements PasswordHash {
    static final String PREFIX = "SCRAM-SHA-256$";
    static final String HMAC = "HmacSHA256";
    static final String DIGEST = "SHA-256";

    /** RFC 7677 asks for 4096 at least; the client computes it, and clients may be small. */
    static final int ITERATIONS_DEFAULT = 15_000;

    private static final int ITERATIONS_MIN = 4096;
    private static final int SALT_LENGTH = 16;
    private static final int KEY_LENGTH = 32;

    static ScramCredentials of(byte[] password, int iterations) {
        return of(password, Hashing.random(SALT_LENGTH), iterations);
    }

    static ScramCredentials of(byte[] password, byte[] salt, int iterations) {
        byte[] salted = saltedPassword(password, salt, iterations);
        return new ScramCredentials(iterations, salt, storedKey(salted), key(salted, "Server Key"));
    }

    /** Null when the text is something else. */
    static @Nullable ScramCredentials decode(String text) {
        String[] parts = text.substring(PREFIX.length()).split("[$:]", -1);
        if (parts.length != 4 || !parts[0].matches("[0-9]{1,8}")) {
            return null;
        }
        int iterations = Integer.parseInt(parts[0]);
        byte[] salt = Hashing.fromBase64(parts[1]);
        byte[] storedKey = Hashing.fromBase64(parts[2]);
        byte[] serverKey = Hashing.fromBase64(parts[3]);
        boolean isUsable = iterations >= ITERATIONS_MIN
                && iterations <= Pbkdf2Sha512.ITERATIONS_MAX
                && salt.length > 0
                && storedKey.length == KEY_LENGTH
                && serverKey.length == KEY_LENGTH;
        return isUsable ? new ScramCredentials(iterations, salt, storedKey, serverKey) : null;
    }

    static byte[] saltedPassword(byte[] password, byte[] salt, int iterations) {
        String normal = Normalizer.normalize(new String(password, StandardCharsets.UTF_8), Normalizer.Form.NFKC);
        return Hashing.pbkdf2(HMAC, normal.getBytes(StandardCharsets.UTF_8), salt, iterations);
    }

    private static byte[] storedKey(byte[] saltedPassword) {
        return Hashing.digest(DIGEST, key(saltedPassword, "Client Key"));
    }

    static byte[] key(byte[] saltedPassword, String name) {
        return Hashing.hmac(HMAC, saltedPassword, name.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public boolean matches(byte[] password) {
        return Hashing.equal(storedKey, storedKey(saltedPassword(password, salt, iterations)));
    }

    @Override
    public String encoded() {
        return PREFIX + iterations + ":" + Hashing.base64(salt) + "$" + Hashing.base64(storedKey) + ":"
                + Hashing.base64(serverKey);
    }
}
