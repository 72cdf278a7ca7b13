package io.tally.ops.security;

import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.AuthStep;
import io.tally.protocol.gateway.Authenticator;
import io.tally.protocol.gateway.Login;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding. An unknown user is told apart at the
 * end only. Computes a few hashes, so an I/O loop may do it.
 */
final class ScramExchange implements Authenticator.Exchange {
    static final String METHOD = "SCRAM-SHA-256";

    private static final int NONCE_LENGTH = 18;
    private static final int MESSAGE_MAX = 4096;

    private enum State {
        WAIT_FIRST,
        WAIT_FINAL,
        ENDED
    }

    /** Knows the users. */
    interface Users {
        /** Of an unknown user too: then a password does not lead to them. */
        ScramCredentials credentialsOf(String user);

        /** Null when these are not the user's, whatever was proved. */
        @Nullable
        Login login(String user, ScramCredentials proved);
    }

    private final Users users;
    private State state = State.WAIT_FIRST;
    private String user = "";
    private String binding = "";
    private String nonce = "";
    private String clientFirstBare = "";
    private String serverFirst = "";
    private @Nullable ScramCredentials credentials;

    ScramExchange(Users users) {
        this.users = users;
    }

    @Override
    public void next(byte[] data, Consumer<AuthStep> answer) {
        String message = new String(data, StandardCharsets.UTF_8);
        AuthStep step = null;
        if (data.length <= MESSAGE_MAX && state == State.WAIT_FIRST) {
            step = onFirst(message);
        } else if (data.length <= MESSAGE_MAX && state == State.WAIT_FINAL) {
            step = onFinal(message);
        }
        if (step == null) {
            state = State.ENDED;
            step = AuthStep.refused(ReasonCode.NOT_AUTHORIZED);
        }
        answer.accept(step);
    }

    /** {@code n,[a=AUTHZID],n=USER,r=NONCE[,…]}; null when it is something else. */
    private @Nullable AuthStep onFirst(String message) {
        String[] parts = message.split(",", -1);
        boolean isUsable = parts.length >= 4
                && (parts[0].equals("n") || parts[0].equals("y"))
                && parts[2].startsWith("n=")
                && parts[3].startsWith("r=")
                && parts[3].length() > 2;
        String name = isUsable ? unescaped(parts[2].substring(2)) : null;
        if (name == null || name.isEmpty() || !(parts[1].isEmpty() || parts[1].equals("a=" + parts[2].substring(2)))) {
            return null;
        }
        user = name;
        binding = parts[0] + "," + parts[1] + ",";
        clientFirstBare = message.substring(binding.length());
        nonce = parts[3].substring(2) + Hashing.base64(Hashing.random(NONCE_LENGTH));
        ScramCredentials known = users.credentialsOf(name);
        credentials = known;
        serverFirst = "r=" + nonce + ",s=" + Hashing.base64(known.salt()) + ",i=" + known.iterations();
        state = State.WAIT_FINAL;
        return AuthStep.challenge(serverFirst.getBytes(StandardCharsets.UTF_8));
    }

    /** {@code c=BINDING,r=NONCE[,…],p=PROOF}; null when it is something else or proves nothing. */
    private @Nullable AuthStep onFinal(String message) {
        int proofAt = message.lastIndexOf(",p=");
        ScramCredentials known = credentials;
        if (proofAt < 0 || known == null) {
            return null;
        }
        String withoutProof = message.substring(0, proofAt);
        String expected = "c=" + Hashing.base64(binding.getBytes(StandardCharsets.UTF_8)) + ",r=" + nonce;
        if (!withoutProof.equals(expected) && !withoutProof.startsWith(expected + ",")) {
            return null;
        }
        String signed = clientFirstBare + "," + serverFirst + "," + withoutProof;
        byte[] authMessage = signed.getBytes(StandardCharsets.UTF_8);
        byte[] proof = Hashing.fromBase64(message.substring(proofAt + 3));
        byte[] signature = Hashing.hmac(ScramCredentials.HMAC, known.storedKey(), authMessage);
        boolean isProved = proof.length == signature.length
                && Hashing.equal(known.storedKey(), Hashing.digest(ScramCredentials.DIGEST, xor(proof, signature)));
        Login login = users.login(user, known);
        if (!isProved || login == null) {
            return null;
        }
        state = State.ENDED;
        byte[] serverSignature = Hashing.hmac(ScramCredentials.HMAC, known.serverKey(), authMessage);
        return AuthStep.accepted(login, ("v=" + Hashing.base64(serverSignature)).getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] xor(byte[] a, byte[] b) {
        byte[] result = a.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] ^= b[i];
        }
        return result;
    }

    /** {@code =2C} is a comma and {@code =3D} an equals sign; null when something else follows an equals sign. */
    private static @Nullable String unescaped(String name) {
        String plain = name.replace("=2C", ",");
        int marks = name.length() - name.replace("=", "").length();
        int known = (name.length() - name.replace("=2C", "").replace("=3D", "").length()) / 3;
        return marks == known ? plain.replace("=3D", "=") : null;
    }
}
