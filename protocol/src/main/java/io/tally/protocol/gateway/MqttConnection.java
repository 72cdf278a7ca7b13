package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import io.tally.protocol.topic.MountPoint;
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

    private static final int OUTPUT_FACTOR_MAX = 4;

    /** A client that takes one part in so many of what waits, in a second, is not the one to pay for scarce memory. */
    private static final int GOOD_PART = 8;

    final long id;
    private final LoopContext loop;
    private final Output output;
    private final HeldMemory held;
    private final FrameReader frames;
    private final Liveness liveness;
    private final ReadGate gate;
    private final Entrance entrance;
    final Answers answers;
    final ConnectionCommands commands;
    final Publisher publisher;

    private State state = State.WAIT_CONNECT;
    private @Nullable ClientTerms terms;
    private @Nullable Subscriber subscriber;
    private boolean isSessionNew;
    private boolean isDirty;
    private boolean isWaitingForRing;
    private boolean isToGoOn;
    private boolean awaitsTurn;
    private boolean hasTurn;

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
        this.gate = new ReadGate(loop, output, liveness);
        this.entrance = new Entrance(loop, id, output.peer(), held, answers, this::post);
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

    /** What stands in front of its topics. */
    MountPoint mountPoint() {
        return terms == null ? MountPoint.NONE : terms.rules().mountPoint();
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
        boolean begun = !frames.isEmpty();
        long handled = frames.handledCount();
        if (!frames.onBytes(b, offset, length)) {
            closeFor(ReasonCode.QUOTA_EXCEEDED);
            return;
        }
        if (frames.handledCount() != handled || frames.isOfLongPacket()) {
            liveness.onPacket();
        }
        if (!frames.isEmpty()) {
            if (!begun || frames.handledCount() != handled) {
                liveness.onPacketBegun();
            }
            watch();
        }
        if (isTalking()) {
            handOverAcks();
        }
    }

    /** More than the client may send: it is closed, or waits until it may send again. */
    private void checkRate() {
        if (!transportGone && !gate.tryPass()) {
            closeFor(ReasonCode.MESSAGE_RATE_TOO_HIGH);
        }
    }

    @Override
    public boolean isTalking() {
        return state != State.ENDED;
    }

    @Override
    public boolean isListening() {
        return gate.isOpen() && isTalking();
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
            return onFirstPacket(firstByte, b, at, length);
        }
        int type = PacketType.of(firstByte);
        boolean isOfExchange = type == PacketType.AUTH || (state != State.OPEN && type != PacketType.DISCONNECT);
        if (entrance.hasExchange() && isOfExchange && state != State.DRAINING) {
            onAuth(firstByte, b, at, length);
            return true;
        }
        if (state == State.AUTHENTICATING) {
            end(ReasonCode.SUCCESS, false);
            output.closeNow();
            return true;
        }
        boolean done = goOnAfter(loop.packets.handle(this, firstByte, b, at, length));
        if (done && isTalking()) {
            gate.onPacket(type, packetLength);
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
                suspend(ReadGate.FOR_RING);
                yield false;
            }
            case CONNACK_FIRST -> {
                suspend(ReadGate.FOR_CONNACK);
                yield false;
            }
            case WRONG -> {
                closeFor(loop.packets.reason());
                yield true;
            }
            case DISCONNECTED -> {
                ReasonCode reason = loop.packets.reason();
                end(reason, reason != ReasonCode.SUCCESS);
                closeTransport();
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
        return goOnAfter(entrance.onConnect(firstByte & 0xF, b, offset, length));
    }

    /** False when the command ring is full. */
    private boolean goOnAfter(Entrance.Outcome outcome) {
        return switch (outcome) {
            case ADMITTED -> {
                onAdmitted(entrance.terms());
                yield true;
            }
            case WAITS -> {
                state = State.AUTHENTICATING;
                suspend(ReadGate.FOR_VERDICT);
                yield true;
            }
            case RING_FULL -> {
                suspend(ReadGate.FOR_RING);
                yield false;
            }
            case REFUSED -> {
                refuse(entrance.reason());
                yield true;
            }
        };
    }

    /** Any thread. */
    private void post(AuthStep step) {
        loop.post(() -> onPosted(step));
    }

    private void onPosted(AuthStep step) {
        try {
            onStep(step);
        } catch (Invariant.Broken broken) {
            throw broken;
        } catch (RuntimeException failure) {
            onFailure(failure);
        }
    }

    /** Until CONNACK nothing else may come from a client that named a method ([MQTT-3.1.2-30]). */
    private void onAuth(int firstByte, DirectBuffer b, int offset, int length) {
        ReasonCode reason = ReasonCode.PROTOCOL_ERROR;
        if (PacketType.of(firstByte) == PacketType.AUTH) {
            suspend(ReadGate.FOR_VERDICT);
            reason = entrance.onAuth(firstByte & 0xF, b, offset, length, state == State.OPEN);
            if (state == State.OPEN && loop.auth.reasonCode() == ReasonCode.REAUTHENTICATE.code()) {
                liveness.onProofBegun();
            }
        }
        if (reason != ReasonCode.SUCCESS) {
            closeFor(reason);
        }
    }

    private void onStep(AuthStep step) {
        if (!isTalking() || !gate.isClosed(ReadGate.FOR_VERDICT)) {
            return;
        }
        gate.open(ReadGate.FOR_VERDICT);
        ReasonCode reason = entrance.onStep(step);
        if (reason.isFailure()) {
            closeFor(reason);
            return;
        }
        boolean isProved = reason == ReasonCode.SUCCESS;
        if (isProved && state != State.AUTHENTICATING) {
            liveness.onProved();
        }
        if (!isProved || state != State.AUTHENTICATING) {
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

    /** The CONNECT is in the command ring. */
    private void onAdmitted(ClientTerms accepted) {
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
    }

    /** The users were read again: who is not let in any more has to go. */
    void revalidate() {
        if (isTalking() && state != State.DRAINING && !entrance.isLoginValid()) {
            closeFor(ReasonCode.ADMINISTRATIVE_ACTION);
        }
    }

    private void handOverAcks() {
        if (!commands.tryHandOver()) {
            suspend(ReadGate.FOR_RING);
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
        if (gate.open(ReadGate.FOR_CONNACK)) {
            resume();
        }
    }

    /** A PUBREL that was refused is for a message that the session holds: it must not be refused. */
    void releaseAgain(int packetId) {
        if (publisher.mayReleaseAgain(packetId)) {
            commands.releaseAgain(packetId);
        }
        touch();
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
        entrance.onEnd();
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
        if (terms == null || gate.isOpen()) {
            end(ReasonCode.UNSPECIFIED_ERROR, true);
            return;
        }
        // What came before the socket closed still counts, a DISCONNECT above all.
        state = State.DRAINING;
        gate.onTransportClosed();
        resume();
    }

    // ---- back pressure, output and time ----

    private void suspend(int why) {
        gate.close(why);
        if (why == ReadGate.FOR_RING) {
            waitForRing();
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
            gate.open(ReadGate.FOR_RING);
            resume();
        }
        if (isTalking()) {
            waits = gate.isClosed(ReadGate.FOR_RING);
        } else {
            waits = !tryWriteOwed();
        }
        isWaitingForRing = waits;
        return !waits;
    }

    /** Handles what is held, then reads on, unless there is another reason not to. */
    private void resume() {
        if (!gate.isOpen()) {
            return;
        }
        if (state == State.AUTHENTICATING && entrance.isProved() && !goOnAfter(entrance.tryAdmit())) {
            return;
        }
        frames.handleHeld();
        if (isTalking()) {
            handOverAcks();
        }
        if (!gate.isOpen() || !isTalking()) {
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

    /** The next flush may send what has waited for long. */
    void onTurn() {
        awaitsTurn = false;
        hasTurn = true;
        touch();
    }

    /** The socket takes bytes again. */
    void onWritable() {
        touch();
    }

    /** Sends what is to be sent; called once per iteration for connections that have something. */
    void flush() {
        isDirty = false;
        boolean isBehind = subscriber != null && subscriber.isBehind();
        boolean sendsBacklog = isBehind && hasTurn;
        hasTurn = false;
        long beginNs = sendsBacklog ? loop.readNowNs() : 0;
        if (isTalking()) {
            if (subscriber != null && isBehind == sendsBacklog) {
                subscriber.send();
            }
            handOverAcks();
        }
        if (sendsBacklog) {
            flushBacklog(beginNs);
        } else {
            output.flush();
        }
        if (!isTalking() || transportGone) {
            return;
        }
        watchOutput();
        watch();
        boolean waitsForRing = gate.isClosed(ReadGate.FOR_RING);
        if (isTalking() && !waitsForRing && subscriber != null && subscriber.canGoOn()) {
            addToGoOn(subscriber.isBehind());
        }
    }

    /** What has waited for long has been prepared since then. */
    private void flushBacklog(long beginNs) {
        long flushNs = loop.readNowNs();
        int bytes = output.batchedBytes();
        long takenBefore = output.takenBytes();
        output.flush();
        loop.onBacklogSent(beginNs, flushNs, bytes, output.takenBytes() - takenBefore);
    }

    private void addToGoOn(boolean isBehind) {
        if (isBehind && !awaitsTurn) {
            awaitsTurn = true;
            loop.addBehind(this);
        } else if (!isBehind && !isToGoOn) {
            isToGoOn = true;
            loop.addToGoOn(this);
        }
    }

    private void watchOutput() {
        int longest = subscriber == null ? 0 : subscriber.longestSent();
        if (output.pendingBytes()
                > (long) loop.config.outputBytesMax() * OUTPUT_FACTOR_MAX
                        + Math.max(loop.config.packetBytesMax(), longest)) {
            cutOff();
        } else if (gate.watchOutput()) {
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
                case AUTHENTICATING -> closeFor(gate.isOpen() ? ReasonCode.NOT_AUTHORIZED : ReasonCode.SERVER_BUSY);
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
            gate.open(ReadGate.FOR_RATE);
            resume();
        }
        if (!isTalking()) {
            return;
        }
        ReasonCode verdict = liveness.look(!gate.isOpen(), gate.isClosedOnly(ReadGate.FOR_OUTPUT), nowNs);
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
