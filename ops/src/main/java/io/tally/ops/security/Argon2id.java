package io.tally.ops.security;

import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/** {@code $argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH}, of Mosquitto 2.1, base64 without padding. */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
record Argon2id(int memoryKib, int passes, int lanes, byte[] salt, byte[] hash) implements PasswordHash {
    static final String PREFIX = "$argon2id$";
    private static final Pattern FORM = Pattern.compile(
            "\\$argon2id\\$v=19\\$m=([0-9]{1,7}),t=([0-9]{1,3}),p=([0-9]{1,2})\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");

    /** As Mosquitto 2.1. */
    private static final int MEMORY_KIB_DEFAULT = 47_104;

    /** Beyond it a few logins at a time take all memory. */
    private static final int MEMORY_KIB_MAX = 1 << 18;

    private static final int SALT_LENGTH = 64;
    private static final int HASH_LENGTH = 64;
    private static final int HASH_LENGTH_MIN = 16;

    static Argon2id of(byte[] password) {
        Argon2id empty = new Argon2id(MEMORY_KIB_DEFAULT, 1, 1, Hashing.random(SALT_LENGTH), new byte[HASH_LENGTH]);
        return new Argon2id(MEMORY_KIB_DEFAULT, 1, 1, empty.salt, empty.hash(password));
    }

    /** Null when the text is something else. */
    static @Nullable Argon2id decode(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches()) {
            return null;
        }
        int memoryKib = Integer.parseInt(m.group(1));
        int passes = Integer.parseInt(m.group(2));
        int lanes = Integer.parseInt(m.group(3));
        byte[] salt = Hashing.fromBase64(m.group(4));
        byte[] hash = Hashing.fromBase64(m.group(5));
        boolean isUsable = lanes >= 1
                && passes >= 1
                && memoryKib >= 8 * lanes
                && memoryKib <= MEMORY_KIB_MAX
                && salt.length >= 8
                && hash.length >= HASH_LENGTH_MIN;
        return isUsable ? new Argon2id(memoryKib, passes, lanes, salt, hash) : null;
    }

    private byte[] hash(byte[] password) {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(memoryKib)
                .withIterations(passes)
                .withParallelism(lanes)
                .withSalt(salt)
                .build());
        byte[] result = new byte[hash.length];
        generator.generateBytes(password, result);
        return result;
    }

    @Override
    public boolean matches(byte[] password) {
        return Hashing.equal(hash, hash(password));
    }

    @Override
    public String encoded() {
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return PREFIX + "v=19$m=" + memoryKib + ",t=" + passes + ",p=" + lanes + "$" + base64.encodeToString(salt) + "$"
                + base64.encodeToString(hash);
    }
}
