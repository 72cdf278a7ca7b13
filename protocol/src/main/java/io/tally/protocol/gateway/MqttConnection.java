package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import io.tally.protocol.listener.Carrier.Identity;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The life of one connection, without sockets: bytes in, commands out; effects in, bytes out.
 *
 * <p>States: WAIT_CONNECT until a CONNECT is in the command ring, or AUTHENTICATING in between; WAIT_CONNACK until
 * the engine has answered it, while
 * further packets are taken already; OPEN; DRAINING when the socket is gone but packets that came before are still to
 * be handled; ENDED. Whoever wrote a CONNECT command writes one DISCONNECTED, however long the ring is full.
 *
 * <p>Nothing is read from the client while a packet of it does not fit the command ring, or while more than the
 * configured bytes wait for it. Owned by the I/O loop's thread. PUBLISH and acknowledgements allocate nothing.
 */
final class MqttConnection implements ConnectionTimers.Timed, FrameReader.PacketHandler {
    private enum State {
        WAIT_CONNECT,
        AUTHENTICATING,
        WAIT_CONNACK,
        OPEN,
        DRAINING,
        ENDED
    }

    /** Reading is suspended: the command ring is full. */
    private static final int FOR_RING = 1;

    /** Reading is suspended: the client does not read. */
    private static final int FOR_OUTPUT = 2;

    /** Reading is suspended: what comes next is answered here, and CONNACK goes out first ([MQTT-3.2.0-1]). */
    private static final int FOR_CONNACK = 4;

    /** Reading is suspended: the client sends more than it may. */
    private static final int FOR_RATE = 8;

    /** Reading is suspended: what the client has proved is being judged. */
    private static final int FOR_VERDICT = 16;

    private static final int OUTPUT_FACTOR_MAX = 4;

    /** A client that takes one part in so many of what waits, in a second, is not the one to pay for scarce memory. */
    private static final int GOOD_PART = 8;

    final long id;
    private final LoopContext loop;
    private final Output output;
    private final HeldMemory held;
    private final FrameReader frames;
    private final Liveness liveness;
    final Answers answers;
    final ConnectionCommands commands;
    final Publisher publisher;

    private State state = State.WAIT_CONNECT;
    private @Nullable ClientTerms terms;
    private @Nullable Subscriber subscriber;
    /** Null when clients may send as much as they can. */
    private final @Nullable TrafficLimit traffic;

    private boolean isAdmitted;
    private boolean isSessionNew;

    /** While the client is let in; stays with one that chose an enhanced authentication. */
    private @Nullable Authentication authentication;

    /** Null = anonymous, or known by its transport. */
    private @Nullable Login login;

    private int suspended;
    private boolean isDirty;
    private boolean isWaitingForRing;
    private boolean isToGoOn;
    private boolean transportGone;

    /** What the socket had taken when output was scarce and was looked at. */
    private long takenWhenScarce;

    MqttConnection(LoopContext loop, long id, Output output) {
        this.loop = loop;
        this.id = id;
        this.output = output;
        this.held = new HeldMemory(loop);
        this.frames = new FrameReader(loop, held, this);
        this.answers = new Answers(loop, output);
        this.commands = new ConnectionCommands(loop.commands, id);
        this.publisher = new Publisher(loop, id, held);
        this.liveness = new Liveness(loop, this, output, frames);
        this.traffic = loop.config.rates().isPerClient() ? new TrafficLimit(loop.config.rates(), loop.nowNs()) : null;
        loop.connections.put(id, this);
        loop.counters.increment(Counter.CONNECTIONS_OPENED);
    }

    // ---- what is known of the client ----

    /** What its CONNECT has settled; null before. */
    @Nullable
    ClientTerms terms() {
        return terms;
    }

    /** 3, 4 or 5; 0 before the CONNECT. */
    int version() {
        return terms == null ? 0 : terms.version();
    }

    /** Highest QoS that it may use. */
    int qosMax() {
        return terms == null ? 2 : terms.rules().qosMax();
    }

    boolean isConnackDue() {
        return state == State.WAIT_CONNACK;
    }

    /** Whether nothing is left of an earlier connection; holds once CONNACK is written. */
    boolean isSessionNew() {
        return isSessionNew;
    }

    /** Whether the CONNECT asked for a session that ends with the connection. */
    boolean hasNoExpiry() {
        return terms != null && terms.sessionExpirySeconds() == 0;
    }

    /** Null when nothing was delivered yet. */
    @Nullable
    Subscriber subscriberIfAny() {
        return subscriber;
    }

    /** Made when there is something to deliver for the first time; null before the CONNECT. */
    @Nullable
    Subscriber subscriber() {
        ClientTerms t = terms;
        if (subscriber == null && t != null) {
            subscriber = new Subscriber(loop, commands, output, held, t);
        }
        return subscriber;
    }

    // ---- bytes in ----

    /** Bytes from the client; they are used up or copied. */
    void onBytes(DirectBuffer b, int offset, int length) {
        loop.counters.add(Counter.BYTES_IN, length);
        if (!isTalking()) {
            return;
        }
        liveness.onRead();
        if (traffic != null && terms != null) { // Before, the size of CONNECT and the time for it are bounded.
            traffic.onBytes(length, loop.nowNs());
        }
        boolean begun = !frames.isEmpty();
        long handled = frames.handledCount();
        if (!frames.onBytes(b, offset, length)) {
            closeFor(ReasonCode.QUOTA_EXCEEDED);
            return;
        }
        if (!frames.isEmpty()) {
            if (!begun || frames.handledCount() != handled) {
                liveness.onPacketBegun();
            }
            watch();
        }
        if (isTalking()) {
            handOverAcks();
            checkRate();
        }
    }

    /** More than the client may send: it is closed, or waits until it may send again. */
    private void checkRate() {
        TrafficLimit t = traffic;
        if (t == null || terms == null || transportGone || (suspended & FOR_RATE) != 0 || !t.isExceeded(loop.nowNs())) {
            return;
        }
        loop.counters.increment(Counter.RATE_EXCEEDED);
        if (t.isClosing()) {
            closeFor(ReasonCode.MESSAGE_RATE_TOO_HIGH);
        } else {
            suspend(FOR_RATE);
            liveness.resumeAt(t.dueNs());
        }
    }

    @Override
    public boolean isTalking() {
        return state != State.ENDED;
    }

    @Override
    public boolean isListening() {
        return suspended == 0 && isTalking();
    }

    @Override
    public boolean isAcceptable(long frame) {
        ReasonCode reason = loop.packets.judge(frame, version());
        if (reason != ReasonCode.SUCCESS) {
            closeFor(reason);
        }
        return reason == ReasonCode.SUCCESS;
    }

    @Override
    public boolean onPacket(DirectBuffer b, int offset, int headerLength, int packetLength) {
        int firstByte = b.getByte(offset) & 0xFF;
        int at = offset + headerLength;
        int length = packetLength - headerLength;
        if (state == State.WAIT_CONNECT) {
            if (!onFirstPacket(firstByte, b, at, length)) {
                suspend(FOR_RING);
                return false;
            }
            return true;
        }
        int type = PacketType.of(firstByte);
        Authentication a = authentication;
        boolean isOfExchange = type == PacketType.AUTH || (state != State.OPEN && type != PacketType.DISCONNECT);
        if (a != null && isOfExchange && state != State.DRAINING) {
            onAuth(a, firstByte, b, at, length);
            return true;
        }
        if (state == State.AUTHENTICATING) {
            end(ReasonCode.SUCCESS, false);
            output.closeNow();
            return true;
        }
        boolean done = goOnAfter(loop.packets.handle(this, firstByte, b, at, length));
        if (traffic != null && done && type == PacketType.PUBLISH && isTalking()) {
            traffic.onMessage(loop.nowNs());
            checkRate();
        }
        return done;
    }

    /** False when the packet has to be offered again. */
    private boolean goOnAfter(ClientPackets.Outcome outcome) {
        return switch (outcome) {
            case DONE -> true;
            case FLUSH -> {
                touch();
                yield true;
            }
            case RING_FULL -> {
                suspend(FOR_RING);
                yield false;
            }
            case CONNACK_FIRST -> {
                suspend(FOR_CONNACK);
                yield false;
            }
            case WRONG -> {
                closeFor(loop.packets.reason());
                yield true;
            }
            case DISCONNECTED -> {
                ReasonCode reason = loop.packets.reason();
                end(reason, reason != ReasonCode.SUCCESS);
                output.closeNow();
                yield true;
            }
        };
    }

    /** False when the command ring is full. */
    private boolean onFirstPacket(int firstByte, DirectBuffer b, int offset, int length) {
        if (PacketType.of(firstByte) != PacketType.CONNECT) {
            closeFor(ReasonCode.PROTOCOL_ERROR);
            return true;
        }
        Handshake handshake = loop.handshake;
        Peer peer = output.peer();
        ReasonCode reason = handshake.judge(peer, firstByte & 0xF, b, offset, length);
        answers.client(handshake.answerVersion(), handshake.packetBytesMax(), handshake.problemInformation());
        if (reason != ReasonCode.SUCCESS) {
            refuse(reason);
            return true;
        }
        Authenticator authenticator = loop.config.gatekeeper().authenticator(peer.listener());
        if (handshake.hasMethod() && (authenticator == null || peer.identity() != null)) {
            refuse(ReasonCode.BAD_AUTHENTICATION_METHOD); // [MQTT-4.12.0-1]
            return true;
        }
        if (peer.identity() == null && peer.listener().carrier().identity() != Identity.NONE) {
            refuse(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
            return true;
        }
        boolean mustProve = handshake.hasMethod() || (handshake.hasUserName() && peer.identity() == null);
        if (authenticator != null && mustProve) {
            authenticate(new Authentication(authenticator, handshake.method(), firstByte & 0xF, b, offset, length));
            return true;
        }
        if (peer.identity() == null && !peer.listener().clients().anonymousAllowed()) {
            refuse(ReasonCode.NOT_AUTHORIZED);
            return true;
        }
        return tryAdmit(peer.identity());
    }

    // ---- who the client is; section 4.12 ----

    /** How often somebody comes is counted before: a guess costs us more than him. */
    private void authenticate(Authentication a) {
        ReasonCode reason = admit(loop.handshake.clientId());
        if (reason != ReasonCode.SUCCESS) {
            refuse(reason);
            return;
        }
        if (!held.tryTake(a.connect().capacity())) {
            refuse(ReasonCode.QUOTA_EXCEEDED);
            return;
        }
        state = State.AUTHENTICATING;
        authentication = a;
        answers.method(a.method());
        suspend(FOR_VERDICT);
        if (!loop.handshake.hasMethod()) {
            a.check(loop.handshake.userName(), loop.handshake.password(), this::post);
        } else if (!a.begin(loop.handshake.data(), this::post)) {
            refuse(ReasonCode.BAD_AUTHENTICATION_METHOD);
        }
    }

    /** Any thread. */
    private void post(AuthStep step) {
        loop.post(() -> onStep(step));
    }

    /** Until CONNACK nothing else may come from a client that named a method ([MQTT-3.1.2-30]). */
    private void onAuth(Authentication a, int firstByte, DirectBuffer b, int offset, int length) {
        ReasonCode reason = ReasonCode.PROTOCOL_ERROR;
        if (PacketType.of(firstByte) == PacketType.AUTH) {
            reason = loop.auth.wrap(ProtocolVersion.V5, firstByte & 0xF, b, offset, length);
        }
        if (reason == ReasonCode.SUCCESS) {
            suspend(FOR_VERDICT);
            reason = a.onAuth(loop.auth, state == State.OPEN, this::post);
            if (state == State.OPEN && loop.auth.reasonCode() == ReasonCode.REAUTHENTICATE.code()) {
                liveness.onProofBegun();
            }
        }
        if (reason != ReasonCode.SUCCESS) {
            closeFor(reason);
        }
    }

    private void onStep(AuthStep step) {
        Authentication a = authentication;
        if (a == null || !isTalking() || (suspended & FOR_VERDICT) == 0) {
            return;
        }
        suspended &= ~FOR_VERDICT;
        if (step.reason() == ReasonCode.CONTINUE_AUTHENTICATION) {
            sendAuth(step);
        } else if (step.reason() != ReasonCode.SUCCESS || !a.accept(step)) {
            closeFor(step.reason().isFailure() ? step.reason() : ReasonCode.NOT_AUTHORIZED);
            return;
        } else if (state != State.AUTHENTICATING) {
            login = a.login();
            liveness.onProved();
            sendAuth(step);
        }
        if (isTalking()) {
            resume();
        }
    }

    private void sendAuth(AuthStep step) {
        if (!answers.auth(step.reason(), step.data())) {
            closeFor(ReasonCode.PACKET_TOO_LARGE);
        }
        touch();
    }

    /** Hands over the CONNECT of a client that has proved itself; false when the command ring is full. */
    private boolean tryAdmit(Authentication a, Login proved) {
        DirectBuffer connect = a.connect();
        ReasonCode reason = loop.handshake.judge(output.peer(), a.connectFlags(), connect, 0, connect.capacity());
        Invariant.check(reason == ReasonCode.SUCCESS, "a CONNECT is judged the same twice");
        if (!proved.isValid()) { // What it has proved was taken back meanwhile.
            refuse(ReasonCode.NOT_AUTHORIZED);
            return true;
        }
        login = proved;
        if (!tryAdmit(proved.userName())) {
            return false;
        }
        if (isTalking()) {
            held.give(connect.capacity());
            answers.proof(a.data());
            a.onAdmitted();
            authentication = a.method().isEmpty() ? null : a;
        }
        return true;
    }

    /** Hands over the CONNECT judged last; false when the command ring is full. */
    private boolean tryAdmit(@Nullable String user) {
        Handshake handshake = loop.handshake;
        ReasonCode reason = handshake.settle(id, output.peer(), user);
        ClientTerms accepted = handshake.terms();
        if (accepted != null && !isAdmitted) {
            reason = admit(accepted.clientId());
        }
        if (accepted == null || reason != ReasonCode.SUCCESS) {
            refuse(reason);
            return true;
        }
        if (!loop.commands.tryWrite(handshake.command(), handshake.commandLength())) {
            return false;
        }
        terms = accepted;
        state = State.WAIT_CONNACK;
        publisher.onConnect(accepted);
        liveness.onConnect(accepted);
        loop.ports
                .events()
                .onConnect(
                        output.peer().address(),
                        accepted.clientId(),
                        accepted.version(),
                        accepted.cleanStart(),
                        accepted.keepAliveSeconds());
        return true;
    }

    /** Asked once, however often the command ring is full. */
    private ReasonCode admit(String clientId) {
        ReasonCode reason = loop.admission.onConnect(output.peer(), clientId, loop.nowNs());
        isAdmitted = reason == ReasonCode.SUCCESS;
        if (reason == ReasonCode.BANNED) {
            loop.counters.increment(Counter.CONNECTS_BANNED);
        } else if (!isAdmitted) {
            loop.counters.increment(Counter.CONNECTS_TOO_FAST);
        }
        return reason;
    }

    /** The users were read again: who is not let in any more has to go. */
    void revalidate() {
        Login known = login;
        if (known != null && isTalking() && state != State.DRAINING && !known.isValid()) {
            closeFor(ReasonCode.ADMINISTRATIVE_ACTION);
        }
    }

    private void handOverAcks() {
        if (!commands.tryHandOver()) {
            suspend(FOR_RING);
        }
    }

    // ---- effects; see also EffectDispatcher ----

    /** The engine has accepted the CONNECT: CONNACK is written. */
    void onAccepted(boolean sessionPresent) {
        isSessionNew = !sessionPresent;
        if (terms != null) {
            loop.admission.onAccepted(output.peer(), terms.clientId(), loop.nowNs());
        }
        if (state == State.WAIT_CONNACK) {
            state = State.OPEN;
        }
        touch();
        if ((suspended & FOR_CONNACK) != 0) {
            suspended &= ~FOR_CONNACK;
            resume();
        }
    }

    /** The journal file is about to go: what waits in it is copied. */
    void onRelease(long file) {
        if (subscriber != null) {
            subscriber.onRelease(file);
        }
    }

    // ---- the end ----

    /** Refuses a CONNECT that the gateway or the engine does not accept. */
    void refuse(ReasonCode reason) {
        // CONNACK has no Server shutting down.
        answers.refused(reason == ReasonCode.SERVER_SHUTTING_DOWN ? ReasonCode.SERVER_UNAVAILABLE : reason);
        end(reason, true);
        closeTransport();
    }

    /** Ends the connection from our side: says why where the protocol can, and closes. The will is published. */
    void closeFor(ReasonCode reason) {
        if (state == State.WAIT_CONNECT) {
            end(reason, true);
            closeTransport();
        } else if (state == State.AUTHENTICATING) {
            refuse(reason);
        } else if (state == State.WAIT_CONNACK) {
            refuse(reason);
        } else if (isTalking()) {
            if (!transportGone) {
                answers.disconnect(reason);
            }
            end(reason, true);
            closeTransport();
        }
    }

    /** What was written is still to go out, unless the client takes nothing while memory is scarce. */
    private void closeTransport() {
        if (transportGone) {
            return;
        }
        boolean holdsScarceMemory = loop.output.isExceeded() && !output.isWritable();
        if (output.pendingBytes() != 0 && !holdsScarceMemory) {
            liveness.linger();
            output.closeGently();
        } else {
            output.closeNow();
        }
    }

    /** From here on nothing of the client is handled; the engine learns of it. */
    private void end(ReasonCode reason, boolean will) {
        state = State.ENDED;
        frames.clear();
        held.giveAll();
        liveness.cancel();
        loop.connections.remove(id);
        ClientTerms t = terms;
        if (t == null) {
            loop.counters.increment(Counter.CONNECTIONS_REFUSED);
            loop.ports.events().onRefused(output.peer().address(), reason);
            return;
        }
        loop.ports.events().onDisconnect(output.peer().address(), t.clientId(), reason);
        AccessChecks access = t.access();
        commands.oweDisconnected(will && (access == null || access.mayPublishWill()));
        if (!tryWriteOwed()) {
            waitForRing();
        }
    }

    private boolean tryWriteOwed() {
        return commands.tryWriteOwed(subscriber == null ? 0 : subscriber.lastSentPacketId());
    }

    /** The socket is closed, by whomever. */
    void onTransportClosed() {
        if (transportGone) {
            return;
        }
        transportGone = true;
        loop.counters.increment(Counter.CONNECTIONS_CLOSED);
        liveness.cancel();
        if (!isTalking()) {
            return;
        }
        if (terms == null || suspended == 0) {
            end(ReasonCode.UNSPECIFIED_ERROR, true);
            return;
        }
        // What came before the socket closed still counts, a DISCONNECT above all.
        state = State.DRAINING;
        suspended &= FOR_RING;
        resume();
    }

    // ---- back pressure, output and time ----

    private void suspend(int why) {
        if ((suspended & why) != 0) {
            return;
        }
        if (suspended == 0 && !transportGone) {
            output.setReading(false);
        }
        suspended |= why;
        if (why == FOR_RING) {
            waitForRing();
        }
        if (why == FOR_RING || why == FOR_OUTPUT) {
            loop.counters.increment(why == FOR_RING ? Counter.SUSPENDED_RING_FULL : Counter.SUSPENDED_OUTPUT_FULL);
        }
    }

    private void waitForRing() {
        if (!isWaitingForRing) {
            isWaitingForRing = true;
            loop.addWaitingForRing(this);
        }
    }

    /** Goes on with what the command ring had no room for; true when nothing waits for it any more. */
    boolean retry() {
        boolean waits;
        if (isTalking() && commands.tryHandOver()) {
            suspended &= ~FOR_RING;
            resume();
        }
        if (isTalking()) {
            waits = (suspended & FOR_RING) != 0;
        } else {
            waits = !tryWriteOwed();
        }
        isWaitingForRing = waits;
        return !waits;
    }

    /** Handles what is held, then reads on, unless there is another reason not to. */
    private void resume() {
        if (suspended != 0) {
            return;
        }
        Login proved = authentication == null ? null : authentication.login();
        if (state == State.AUTHENTICATING
                && proved != null
                && authentication != null
                && !tryAdmit(authentication, proved)) {
            suspend(FOR_RING);
            return;
        }
        frames.handleHeld();
        if (isTalking()) {
            handOverAcks();
        }
        if (suspended != 0 || !isTalking()) {
            return;
        }
        if (transportGone) {
            end(ReasonCode.UNSPECIFIED_ERROR, true);
            return;
        }
        liveness.onResumed();
        output.setReading(true);
        touch();
    }

    void touch() {
        if (!isDirty) {
            isDirty = true;
            loop.addDirty(this);
        }
    }

    /** There may be memory again for what the socket would take. */
    void goOn() {
        isToGoOn = false;
        touch();
    }

    /** The socket takes bytes again. */
    void onWritable() {
        touch();
    }

    /** Sends what is to be sent; called once per iteration for connections that have something. */
    void flush() {
        isDirty = false;
        if (isTalking()) {
            if (subscriber != null) {
                subscriber.send();
            }
            handOverAcks();
        }
        output.flush();
        if (!isTalking() || transportGone) {
            return;
        }
        watchOutput();
        watch();
        boolean waitsForRing = (suspended & FOR_RING) != 0;
        if (isTalking() && !isToGoOn && !waitsForRing && subscriber != null && subscriber.canGoOn()) {
            isToGoOn = true;
            loop.addToGoOn(this);
        }
    }

    private void watchOutput() {
        long pending = output.pendingBytes();
        long most = loop.stuckBytesMax();
        if (pending > (long) loop.config.outputBytesMax() * OUTPUT_FACTOR_MAX + loop.config.packetBytesMax()) {
            cutOff();
        } else if (pending > most) {
            suspend(FOR_OUTPUT);
        } else if ((suspended & FOR_OUTPUT) != 0 && pending < most / 2) {
            suspended &= ~FOR_OUTPUT;
            resume();
        }
    }

    /** Closes without a word: it would only stand behind what waits already. */
    void cutOff() {
        loop.counters.increment(Counter.CLOSED_FOR_MEMORY);
        end(ReasonCode.QUOTA_EXCEEDED, true);
        output.closeNow();
    }

    /** Whether much waits for the client and it has taken little of that since the last call. */
    boolean isHoarding() {
        output.flush();
        long taken = output.takenBytes();
        long lately = taken - takenWhenScarce;
        takenWhenScarce = taken;
        return lately < output.pendingBytes() / GOOD_PART;
    }

    /** Of heap. */
    long heldBytes() {
        return held.bytes();
    }

    long pendingBytes() {
        return output.pendingBytes();
    }

    private void watch() {
        if (terms != null && isTalking()) {
            liveness.watch();
        }
    }

    @Override
    public void onTimer(long nowNs) {
        try {
            switch (state) {
                case WAIT_CONNECT -> closeFor(ReasonCode.MAXIMUM_CONNECT_TIME);
                case AUTHENTICATING -> closeFor(suspended == 0 ? ReasonCode.NOT_AUTHORIZED : ReasonCode.SERVER_BUSY);
                case WAIT_CONNACK, OPEN -> look(nowNs);
                case DRAINING -> {}
                case ENDED -> output.closeNow();
            }
        } catch (Invariant.Broken broken) {
            throw broken;
        } catch (RuntimeException failure) {
            onFailure(failure);
        }
    }

    private void look(long nowNs) {
        if (liveness.isToResume(nowNs)) {
            suspended &= ~FOR_RATE;
            resume();
        }
        if (!isTalking()) {
            return;
        }
        ReasonCode verdict = liveness.look(suspended != 0, suspended == FOR_OUTPUT, nowNs);
        if (verdict != ReasonCode.SUCCESS) {
            closeFor(verdict);
        }
    }

    /** Our code has failed while it worked for this connection: it alone pays. */
    void onFailure(Throwable cause) {
        loop.ports.events().onConnectionFailed(output.peer().address(), terms == null ? "" : terms.clientId(), cause);
        if (isTalking()) {
            end(ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR, true);
        }
        output.closeNow();
    }
}
