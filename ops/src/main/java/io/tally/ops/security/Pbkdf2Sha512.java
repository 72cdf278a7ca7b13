package io.tally.ops.security;

import org.jspecify.annotations.Nullable;

/** {@code $7$ITERATIONS$SALT$HASH}, of Mosquitto 2: PBKDF2 with HMAC-SHA-512, 64 bytes. */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
record Pbkdf2Sha512(int iterations, byte[] salt, byte[] hash) implements PasswordHash {
    static final String PREFIX = "$7$";

    /** What OWASP advises; Mosquitto 2.0 takes 101, 2.1 takes 1000. */
    static final int ITERATIONS_DEFAULT = 210_000;

    /** About ten seconds of a processor. */
    static final int ITERATIONS_MAX = 10_000_000;

    private static final int HASH_LENGTH = 64;

    /** The only length besides 64 that all of Mosquitto 2 reads. */
    private static final int SALT_LENGTH = 12;

    static Pbkdf2Sha512 of(byte[] password, int iterations) {
        byte[] salt = Hashing.random(SALT_LENGTH);
        return new Pbkdf2Sha512(iterations, salt, Hashing.pbkdf2("HmacSHA512", password, salt, iterations));
    }

    /** Null when the text is something else. */
    static @Nullable Pbkdf2Sha512 decode(String text) {
        String[] parts = text.substring(PREFIX.length()).split("\\$", -1);
        if (parts.length != 3 || !parts[0].matches("[0-9]{1,8}")) {
            return null;
        }
        int iterations = Integer.parseInt(parts[0]);
        byte[] salt = Hashing.fromBase64(parts[1]);
        byte[] hash = Hashing.fromBase64(parts[2]);
        boolean isUsable =
                iterations >= 1 && iterations <= ITERATIONS_MAX && salt.length > 0 && hash.length == HASH_LENGTH;
        return isUsable ? new Pbkdf2Sha512(iterations, salt, hash) : null;
    }

    @Override
    public boolean matches(byte[] password) {
        return Hashing.equal(hash, Hashing.pbkdf2("HmacSHA512", password, salt, iterations));
    }

    @Override
    public String encoded() {
        return PREFIX + iterations + "$" + Hashing.base64(salt) + "$" + Hashing.base64(hash);
    }
}
