package io.tally.protocol.gateway;

import io.tally.protocol.codec.AuthDecoder;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.gateway.Authenticator.Exchange;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The letting in of one client, where it takes more than a look: its CONNECT waits here for the verdict on a password,
 * or for the end of an enhanced authentication (section 4.12). Stays with a client of the latter kind, for
 * re-authentication. Owned by the I/O loop's thread.
 */
final class Authentication {
    private static final byte[] NO_DATA = new byte[0];

    private final Authenticator authenticator;

    /** Empty when the CONNECT named none. */
    private final String method;

    private final int connectFlags;
    private DirectBuffer connect;
    private @Nullable LoginAttempt attempt;
    private @Nullable Exchange exchange;
    private @Nullable Login login;

    /** Goes out with CONNACK. */
    private byte[] data = NO_DATA;

    /** @param method empty = judged by user name and password */
    Authentication(
            Authenticator authenticator, String method, int connectFlags, DirectBuffer b, int offset, int length) {
        this.authenticator = authenticator;
        this.method = method;
        this.connectFlags = connectFlags;
        byte[] copy = new byte[length];
        b.getBytes(offset, copy);
        this.connect = new UnsafeBuffer(copy);
    }

    String method() {
        return method;
    }

    int connectFlags() {
        return connectFlags;
    }

    /** What followed the fixed header of the CONNECT. */
    DirectBuffer connect() {
        return connect;
    }

    /** What is held until the CONNECT is in the command ring: user name and password stand in it and beside it. */
    int heldBytes() {
        return 2 * connect.capacity();
    }

    /** Null until the client is let in. */
    @Nullable
    Login login() {
        return login;
    }

    /** For CONNACK; empty = none. */
    byte[] data() {
        return data;
    }

    void check(LoginAttempt what, Consumer<AuthStep> answer) {
        attempt = what;
        authenticator.check(what, answer);
    }

    /** The client is gone: nobody waits for a verdict any more. */
    void abandon() {
        if (attempt != null) {
            authenticator.abandon(attempt);
        }
    }

    /** Begins with what the CONNECT brought; false when the method is unknown. */
    boolean begin(byte[] first, Consumer<AuthStep> answer) {
        Exchange begun = authenticator.begin(method);
        exchange = begun;
        if (begun != null) {
            begun.next(first, answer);
        }
        return begun != null;
    }

    /**
     * An AUTH packet; anything but SUCCESS closes the connection.
     *
     * @param isOpen whether CONNACK has been sent, so that the client may ask for re-authentication (4.12.1)
     */
    ReasonCode onAuth(AuthDecoder auth, boolean isOpen, Consumer<AuthStep> answer) {
        boolean begins = auth.reasonCode() == ReasonCode.REAUTHENTICATE.code();
        boolean isDue = begins ? isOpen && exchange == null : exchange != null;
        // [MQTT-4.12.0-5], [MQTT-4.12.1-1]: the same method all along.
        if (!isDue || !method.equals(auth.properties().string(Property.AUTHENTICATION_METHOD))) {
            return ReasonCode.PROTOCOL_ERROR;
        }
        byte[] said = bytes(auth.properties().buffer(), auth);
        if (begins) {
            return begin(said, answer) ? ReasonCode.SUCCESS : ReasonCode.BAD_AUTHENTICATION_METHOD;
        }
        Exchange current = exchange;
        if (current != null) {
            current.next(said, answer);
        }
        return ReasonCode.SUCCESS;
    }

    private static byte[] bytes(DirectBuffer b, AuthDecoder auth) {
        if (!auth.properties().has(Property.AUTHENTICATION_DATA)) {
            return NO_DATA;
        }
        byte[] result = new byte[auth.properties().valueLength(Property.AUTHENTICATION_DATA)];
        b.getBytes(auth.properties().valueOffset(Property.AUTHENTICATION_DATA), result);
        return result;
    }

    /** The client has proved who it is; false when it is somebody else now. */
    boolean accept(AuthStep step) {
        Login now = step.login();
        Login before = login;
        if (now == null || (before != null && !before.userName().equals(now.userName()))) {
            return false;
        }
        login = now;
        data = step.data();
        exchange = null;
        return true;
    }

    /** The CONNECT is in the command ring. */
    void onAdmitted() {
        connect = EmptyBuffer.INSTANCE;
        data = NO_DATA;
    }
}
