package io.tally.ops.security;

import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.AuthStep;
import io.tally.protocol.gateway.Authenticator;
import io.tally.protocol.gateway.Login;
import io.tally.protocol.gateway.LoginAttempt;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets in who stands in a password file: by user name and password, or by SCRAM. Passwords are hashed on helper
 * threads; an unknown user takes as long as a known one. Any thread.
 */
final class FileAuthenticator implements Authenticator, ScramExchange.Users {
    private static final byte[] NO_PASSWORD = new byte[0];
    private static final int SALT_LENGTH = 16;

    private final LoginQueue queue;
    private volatile byte[] secret = Hashing.random(SALT_LENGTH);
    private volatile PasswordFile file;

    FileAuthenticator(PasswordFile file, LoginQueue queue) {
        this.file = file;
        this.queue = queue;
    }

    void use(PasswordFile next) {
        file = next;
    }

    /** From now on what unknown users are told depends on this. */
    void useSecret(byte[] key) {
        secret = key;
    }

    /** A user who was let in, as long as the line stays as it was. */
    private final class FileLogin implements Login {
        private final String user;
        private final String encoded;

        FileLogin(String user, PasswordHash hash) {
            this.user = user;
            this.encoded = hash.encoded();
        }

        @Override
        public String userName() {
            return user;
        }

        @Override
        public boolean isValid() {
            PasswordHash now = file.hashOf(user);
            return now != null && now.encoded().equals(encoded);
        }
    }

    @Override
    public void check(LoginAttempt attempt, Consumer<AuthStep> answer) {
        boolean isTaken = queue.tryAdd(attempt, () -> answer.accept(judge(attempt.userName(), attempt.password())));
        if (!isTaken) {
            answer.accept(AuthStep.refused(ReasonCode.SERVER_BUSY));
        }
    }

    @Override
    public void abandon(LoginAttempt attempt) {
        queue.remove(attempt);
    }

    private AuthStep judge(String userName, byte @Nullable [] password) {
        PasswordFile users = file;
        PasswordHash known = users.hashOf(userName);
        PasswordHash compared = known == null ? users.decoy(fingerprint(userName)[0]) : known;
        boolean isGiven = password != null && password.length != 0; // The hash of an empty one lets nobody in.
        boolean matches = compared != null && compared.matches(password == null ? NO_PASSWORD : password);
        return matches && known != null && isGiven
                ? AuthStep.accepted(new FileLogin(userName, known))
                : AuthStep.refused(ReasonCode.NOT_AUTHORIZED);
    }

    /** Of a name, always the same, and not to be guessed. */
    private byte[] fingerprint(String userName) {
        return Hashing.hmac("HmacSHA512", secret, userName.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public @Nullable Exchange begin(String method) {
        return method.equals(ScramExchange.METHOD) ? new ScramExchange(this) : null;
    }

    @Override
    public ScramCredentials credentialsOf(String user) {
        if (file.hashOf(user) instanceof ScramCredentials known) {
            return known;
        }
        byte[] fingerprint = fingerprint(user);
        ScramCredentials alike = file.scramDecoy(ByteBuffer.wrap(fingerprint).getInt());
        int saltLength = alike == null ? SALT_LENGTH : alike.salt().length;
        int iterations = alike == null ? ScramCredentials.ITERATIONS_DEFAULT : alike.iterations();
        byte[] nobody = new byte[32];
        return new ScramCredentials(iterations, bytes(fingerprint, saltLength), nobody, nobody);
    }

    /** So many bytes that belong to a fingerprint. */
    private static byte[] bytes(byte[] fingerprint, int length) {
        byte[] result = new byte[length];
        byte[] block = fingerprint;
        for (int at = 0; at < length; at += block.length) {
            block = Hashing.hmac("HmacSHA512", fingerprint, block);
            System.arraycopy(block, 0, result, at, Math.min(block.length, length - at));
        }
        return result;
    }

    @Override
    public @Nullable Login login(String user, ScramCredentials proved) {
        Login login = new FileLogin(user, proved);
        return login.isValid() ? login : null;
    }
}
