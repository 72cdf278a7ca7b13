package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import io.tally.protocol.listener.Carrier.Identity;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Lets the client of one connection in: judges its CONNECT, has it prove who it is where it must (section 4.12 too),
 * and hands its CONNECT over. Owned by the I/O loop's thread.
 */
final class Entrance {
    /** What came of a CONNECT. */
    enum Outcome {
        /** It is in the command ring; {@link #terms} hold. */
        ADMITTED,
        /** Until {@link #onStep}. */
        WAITS,
        /** It is to be offered again. */
        RING_FULL,
        /** For {@link #reason}. */
        REFUSED
    }

    private final LoopContext loop;
    private final long connection;
    private final Peer peer;
    private final HeldMemory held;
    private final Answers answers;
    private final Consumer<AuthStep> verdicts;
    private boolean isCounted;
    private boolean isAdmitted;

    /** While the client is let in; stays with one that chose an enhanced authentication. */
    private @Nullable Authentication authentication;

    /** Null = anonymous, or known by its transport. */
    private @Nullable Login login;

    private @Nullable ClientTerms terms;
    private ReasonCode reason = ReasonCode.SUCCESS;

    /** @param verdicts takes what {@link #onStep} is to be called with, on any thread */
    Entrance(
            LoopContext loop,
            long connection,
            Peer peer,
            HeldMemory held,
            Answers answers,
            Consumer<AuthStep> verdicts) {
        this.loop = loop;
        this.connection = connection;
        this.peer = peer;
        this.held = held;
        this.answers = answers;
        this.verdicts = verdicts;
    }

    /** Why the client was refused. */
    ReasonCode reason() {
        return reason;
    }

    /** Of the client that was admitted. */
    ClientTerms terms() {
        ClientTerms settled = terms;
        if (settled == null) {
            throw new IllegalStateException("nobody was admitted");
        }
        return settled;
    }

    /** Takes what follows the fixed header of a CONNECT, and its flags. */
    Outcome onConnect(int flags, DirectBuffer b, int offset, int length) {
        Handshake handshake = loop.handshake;
        ReasonCode judged = handshake.judge(peer, flags, b, offset, length);
        answers.client(handshake.answerVersion(), handshake.packetBytesMax(), handshake.problemInformation());
        if (judged != ReasonCode.SUCCESS) {
            return refused(judged);
        }
        Authenticator authenticator = loop.config.gatekeeper().authenticator(peer.listener());
        if (handshake.hasMethod() && (authenticator == null || peer.identity() != null)) {
            return refused(ReasonCode.BAD_AUTHENTICATION_METHOD); // [MQTT-4.12.0-1]
        }
        if (peer.identity() == null && peer.listener().carrier().identity() != Identity.NONE) {
            return refused(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        }
        boolean mustProve = handshake.hasMethod() || (handshake.hasUserName() && peer.identity() == null);
        if (authenticator != null && mustProve) {
            return authenticate(new Authentication(authenticator, handshake.method(), flags, b, offset, length));
        }
        if (peer.identity() == null && !peer.listener().clients().anonymousAllowed()) {
            return refused(ReasonCode.NOT_AUTHORIZED);
        }
        return tryAdmit(peer.identity());
    }

    private Outcome refused(ReasonCode why) {
        reason = why;
        return Outcome.REFUSED;
    }

    /** How often somebody comes is counted before: a guess costs us more than him. */
    private Outcome authenticate(Authentication a) {
        ReasonCode judged = count();
        if (judged == ReasonCode.SUCCESS) {
            judged = noted(loop.admission.onLogin(peer, loop.nowNs()));
        }
        if (judged != ReasonCode.SUCCESS) {
            return refused(judged);
        }
        if (!held.tryTake(a.heldBytes())) {
            return refused(ReasonCode.QUOTA_EXCEEDED);
        }
        authentication = a;
        answers.method(a.method());
        if (!loop.handshake.hasMethod()) {
            Handshake handshake = loop.handshake;
            a.check(new LoginAttempt(handshake.userName(), handshake.password(), peer.host()), verdicts);
        } else if (!a.begin(loop.handshake.data(), verdicts)) {
            return refused(ReasonCode.BAD_AUTHENTICATION_METHOD);
        }
        return Outcome.WAITS;
    }

    /** Whether AUTH, and until CONNACK anything else, is part of an authentication. */
    boolean hasExchange() {
        return authentication != null;
    }

    /** An AUTH; anything but SUCCESS closes the connection. */
    ReasonCode onAuth(int flags, DirectBuffer b, int offset, int length, boolean isOpen) {
        Authentication a = authentication;
        ReasonCode judged = loop.auth.wrap(ProtocolVersion.V5, flags, b, offset, length);
        return a == null || judged != ReasonCode.SUCCESS ? judged : a.onAuth(loop.auth, isOpen, verdicts);
    }

    /**
     * A verdict: SUCCESS, Continue authentication, or why the connection is to be closed. Who guesses many at a time is
     * told nothing of those that were waiting when the ban came.
     */
    ReasonCode onStep(AuthStep step) {
        Authentication a = authentication;
        if (a == null || step.reason() == ReasonCode.CONTINUE_AUTHENTICATION) {
            return step.reason();
        }
        if (terms == null && noted(loop.admission.onLogin(peer, loop.nowNs())) != ReasonCode.SUCCESS) {
            return ReasonCode.BANNED;
        }
        if (step.reason() == ReasonCode.NOT_AUTHORIZED && loop.admission.onLoginFailed(peer, loop.nowNs())) {
            loop.ports.events().onBanned(peer.address(), loop.config.rates().failedLoginBanSeconds());
        }
        if (step.reason() != ReasonCode.SUCCESS || !a.accept(step)) {
            return step.reason().isFailure() ? step.reason() : ReasonCode.NOT_AUTHORIZED;
        }
        login = a.login();
        return ReasonCode.SUCCESS;
    }

    /** Whether {@link #tryAdmit()} is due. */
    boolean isProved() {
        return authentication != null && login != null && terms == null;
    }

    /** Hands over the CONNECT of a client that has proved itself. */
    Outcome tryAdmit() {
        Authentication a = authentication;
        Login proved = login;
        if (a == null || proved == null) {
            throw new IllegalStateException("nothing was proved");
        }
        DirectBuffer connect = a.connect();
        ReasonCode judged = loop.handshake.judge(peer, a.connectFlags(), connect, 0, connect.capacity());
        Invariant.check(judged == ReasonCode.SUCCESS, "a CONNECT is judged the same twice");
        if (!proved.isValid()) { // What it has proved was taken back meanwhile.
            return refused(ReasonCode.NOT_AUTHORIZED);
        }
        Outcome outcome = tryAdmit(proved.userName());
        if (outcome == Outcome.ADMITTED) {
            held.give(a.heldBytes());
            answers.proof(a.data());
            a.onAdmitted();
            authentication = a.method().isEmpty() ? null : a;
        }
        return outcome;
    }

    /** Hands over the CONNECT judged last. */
    private Outcome tryAdmit(@Nullable String user) {
        Handshake handshake = loop.handshake;
        ReasonCode judged = handshake.settle(connection, peer, user);
        ClientTerms accepted = handshake.terms();
        if (accepted != null) {
            judged = count();
        }
        if (accepted != null && judged == ReasonCode.SUCCESS) {
            judged = admit(accepted.clientId());
        }
        if (accepted == null || judged != ReasonCode.SUCCESS) {
            return refused(judged);
        }
        if (!loop.commands.tryWrite(handshake.command(), handshake.commandLength())) {
            return Outcome.RING_FULL;
        }
        terms = accepted;
        return Outcome.ADMITTED;
    }

    /** Counted once, before anything has to be proved. */
    private ReasonCode count() {
        ReasonCode judged = isCounted ? ReasonCode.SUCCESS : loop.admission.onConnect(peer, loop.nowNs());
        isCounted = true;
        return noted(judged);
    }

    /**
     * Asked once, however often the command ring is full.
     *
     * @param clientId the one that it will have
     */
    private ReasonCode admit(String clientId) {
        ReasonCode judged = isAdmitted ? ReasonCode.SUCCESS : loop.admission.onProved(peer, clientId, loop.nowNs());
        isAdmitted = true;
        return noted(judged);
    }

    private ReasonCode noted(ReasonCode judged) {
        if (judged != ReasonCode.SUCCESS) {
            boolean isBanned = judged == ReasonCode.BANNED;
            loop.counters.increment(isBanned ? Counter.CONNECTS_BANNED : Counter.CONNECTS_TOO_FAST);
        }
        return judged;
    }

    /** The connection has ended. */
    void onEnd() {
        if (authentication != null) {
            authentication.abandon();
            authentication = null;
        }
    }

    /** Whether a client that was admitted would be let in still. */
    boolean isLoginValid() {
        Login known = login;
        return terms == null || known == null || known.isValid();
    }
}
