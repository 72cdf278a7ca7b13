package io.tally.protocol.gateway;

import io.tally.protocol.codec.ReasonCode;
import org.jspecify.annotations.Nullable;

/**
 * An answer of an {@link Authenticator}.
 *
 * @param reason SUCCESS, Continue authentication, or why not
 * @param data for the client, empty = none
 * @param login with SUCCESS only
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
public record AuthStep(
        ReasonCode reason, byte[] data, @Nullable Login login) {
    private static final byte[] NO_DATA = new byte[0];

    public static AuthStep accepted(Login login) {
        return new AuthStep(ReasonCode.SUCCESS, NO_DATA, login);
    }

    public static AuthStep accepted(Login login, byte[] data) {
        return new AuthStep(ReasonCode.SUCCESS, data, login);
    }

    public static AuthStep challenge(byte[] data) {
        return new AuthStep(ReasonCode.CONTINUE_AUTHENTICATION, data, null);
    }

    public static AuthStep refused(ReasonCode reason) {
        return new AuthStep(reason, NO_DATA, null);
    }
}
