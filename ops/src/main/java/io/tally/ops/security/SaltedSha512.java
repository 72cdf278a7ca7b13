package io.tally.ops.security;

import org.jspecify.annotations.Nullable;

/** {@code $6$SALT$HASH}, of Mosquitto up to 1.6: one SHA-512 over password and salt. Cheap to guess. */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
record SaltedSha512(byte[] salt, byte[] hash) implements PasswordHash {
    static final String PREFIX = "$6$";
    private static final int HASH_LENGTH = 64;
    private static final int SALT_LENGTH = 12;

    static SaltedSha512 of(byte[] password) {
        byte[] salt = Hashing.random(SALT_LENGTH);
        return new SaltedSha512(salt, Hashing.digest("SHA-512", password, salt));
    }

    /** Null when the text is something else. */
    static @Nullable SaltedSha512 decode(String text) {
        String[] parts = text.substring(PREFIX.length()).split("\\$", -1);
        if (parts.length != 2) {
            return null;
        }
        byte[] salt = Hashing.fromBase64(parts[0]);
        byte[] hash = Hashing.fromBase64(parts[1]);
        return salt.length > 0 && hash.length == HASH_LENGTH ? new SaltedSha512(salt, hash) : null;
    }

    @Override
    public boolean matches(byte[] password) {
        return Hashing.equal(hash, Hashing.digest("SHA-512", password, salt));
    }

    @Override
    public String encoded() {
        return PREFIX + Hashing.base64(salt) + "$" + Hashing.base64(hash);
    }
}
