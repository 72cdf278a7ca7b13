package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import io.tally.protocol.codec.DisconnectDecoder;
import io.tally.protocol.codec.FrameDecoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.PingDecoder;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.command.DisconnectedCommand;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.CloseEffect;
import io.tally.protocol.effect.ConnackEffect;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The life of one connection, without sockets: bytes in, commands out; effects in, bytes out.
 *
 * <p>States: WAIT_CONNECT until a CONNECT is in the command ring; WAIT_CONNACK until the engine has answered it, while
 * further packets are taken already; OPEN; DRAINING when the socket is gone but packets that came before are still to
 * be handled; ENDED. Whoever wrote a CONNECT command writes one DISCONNECTED, however long the ring is full.
 *
 * <p>Nothing is read from the client while a packet of it does not fit the command ring, or while more than the
 * configured bytes wait for it. Owned by the I/O loop's thread. PUBLISH and acknowledgements allocate nothing.
 */
final class MqttConnection implements ConnectionTimers.Timed, FrameReader.PacketHandler {
    private enum State {
        WAIT_CONNECT,
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

    private static final int OUTPUT_FACTOR_MAX = 4;

    /** A client that takes one part in so many of what waits, in a second, is not the one to pay for scarce memory. */
    private static final int GOOD_PART = 8;

    private static final long LINGER_NS = 2_000_000_000;

    final long id;
    private final LoopContext loop;
    private final Output output;
    private final HeldMemory held;
    private final FrameReader frames;
    private final Answers answers;
    private final AckBatch acks = new AckBatch();
    private final ConnectionTimers.Node timer = new ConnectionTimers.Node(this);
    private final Publisher publisher;
    private final StallWatch stall;

    private State state = State.WAIT_CONNECT;
    private @Nullable ClientTerms terms;
    private @Nullable Subscriber subscriber;
    private int suspended;
    private boolean isDirty;
    private boolean isWaitingForRing;
    private boolean isToGoOn;
    private boolean transportGone;
    private long lastReadNs;

    /** The timer looks at {@link #stall}. */
    private boolean isWatched;

    /** What the socket had taken when output was scarce and was looked at. */
    private long takenWhenScarce;

    /** DISCONNECTED is still to be written. */
    private boolean owesDisconnected;

    private int disconnectedFlags;
    private long disconnectedExpirySeconds;

    MqttConnection(LoopContext loop, long id, Output output) {
        this.loop = loop;
        this.id = id;
        this.output = output;
        this.held = new HeldMemory(loop);
        this.frames = new FrameReader(loop, held, this);
        this.answers = new Answers(loop, output);
        this.publisher = new Publisher(loop, id, held);
        this.stall = new StallWatch(loop.config.stallTimeoutMs() * 1_000_000L);
        this.lastReadNs = loop.nowNs();
        loop.connections.put(id, this);
        loop.timers.schedule(timer, lastReadNs + loop.config.connectTimeoutMs() * 1_000_000);
        loop.counters.increment(Counter.CONNECTIONS_OPENED);
    }

    private int version() {
        return terms == null ? 0 : terms.version();
    }

    // ---- bytes in ----

    /** Bytes from the client; they are used up or copied. */
    void onBytes(DirectBuffer b, int offset, int length) {
        loop.counters.add(Counter.BYTES_IN, length);
        if (!isTalking()) {
            return;
        }
        lastReadNs = loop.nowNs();
        boolean begun = !frames.isEmpty();
        long handled = frames.handledCount();
        if (!frames.onBytes(b, offset, length)) {
            closeFor(ReasonCode.QUOTA_EXCEEDED);
            return;
        }
        if (!frames.isEmpty()) {
            if (!begun || frames.handledCount() != handled) {
                stall.onPacketBegun(lastReadNs);
            }
            watch();
        }
        if (isTalking()) {
            handOverAcks();
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
        if (frame == FrameDecoder.MALFORMED) {
            closeFor(ReasonCode.MALFORMED_PACKET);
            return false;
        }
        boolean connected = state != State.WAIT_CONNECT;
        int most = connected ? loop.config.packetBytesMax() : loop.config.connectBytesMax();
        if (FrameDecoder.packetLength(frame) > most) {
            closeFor(ReasonCode.PACKET_TOO_LARGE);
            return false;
        }
        if (version() == ProtocolVersion.V5 && !FrameDecoder.isShortest(frame)) {
            closeFor(ReasonCode.MALFORMED_PACKET);
            return false;
        }
        return true;
    }

    @Override
    public boolean onPacket(DirectBuffer b, int offset, int headerLength, int packetLength) {
        boolean handled = handlePacket(b, offset, headerLength, packetLength);
        if (!handled && (suspended & FOR_CONNACK) == 0) {
            suspend(FOR_RING);
        }
        return handled;
    }

    /** False when the command ring is full, or reading is suspended for something else now. */
    private boolean handlePacket(DirectBuffer b, int offset, int headerLength, int packetLength) {
        int firstByte = b.getByte(offset) & 0xFF;
        int at = offset + headerLength;
        int length = packetLength - headerLength;
        int type = PacketType.of(firstByte);
        if (state == State.WAIT_CONNECT) {
            return onFirstPacket(firstByte, b, at, length);
        }
        return switch (type) {
            case PacketType.PUBLISH -> onPublish(firstByte & 0xF, b, at, length);
            case PacketType.PUBACK, PacketType.PUBREC, PacketType.PUBREL, PacketType.PUBCOMP ->
                onAck(firstByte, b, at, length);
            case PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE -> onSubscription(firstByte, b, at, length);
            case PacketType.PINGREQ -> onPingreq(firstByte, length);
            case PacketType.DISCONNECT -> onDisconnect(firstByte & 0xF, b, at, length);
            default -> onUnexpected();
        };
    }

    /** What only a server sends, a second CONNECT ([MQTT-3.1.0-2]), or AUTH without a method ([MQTT-4.12.0-7]). */
    private boolean onUnexpected() {
        closeFor(ReasonCode.PROTOCOL_ERROR);
        return true;
    }

    // ---- packets of the client ----

    private boolean onFirstPacket(int firstByte, DirectBuffer b, int offset, int length) {
        if (PacketType.of(firstByte) != PacketType.CONNECT) {
            closeFor(ReasonCode.PROTOCOL_ERROR);
            return true;
        }
        Handshake handshake = loop.handshake;
        ReasonCode reason = handshake.judge(id, firstByte & 0xF, b, offset, length);
        ClientTerms accepted = handshake.terms();
        if (accepted == null) {
            refuse(handshake.answerVersion(), reason);
            return true;
        }
        if (!loop.commands.tryWrite(handshake.command(), handshake.commandLength())) {
            return false;
        }
        terms = accepted;
        state = State.WAIT_CONNACK;
        publisher.onConnect(accepted);
        answers.version(accepted.version());
        scheduleLook(loop.nowNs());
        loop.ports
                .events()
                .onConnect(output.address(), accepted.clientId(), accepted.version(), accepted.keepAliveSeconds());
        return true;
    }

    private boolean onPublish(int flags, DirectBuffer b, int offset, int length) {
        PublishDecoder p = loop.publish;
        ReasonCode reason = p.wrap(version(), flags, b, offset, length);
        if (reason == ReasonCode.SUCCESS) {
            reason = publisher.check(p);
        }
        if (reason != ReasonCode.SUCCESS) {
            closeFor(reason);
            return true;
        }
        if (acks.hasPubrel() && !tryHandOverAcks()) {
            return false;
        }
        return publisher.isDenied() ? deny(p) : publisher.tryWrite(p);
    }

    /** A client may not publish to $SYS: the flow is completed, the message goes nowhere. */
    private boolean deny(PublishDecoder p) {
        if (p.qos() != 0) {
            if (waitsForConnack()) {
                return false;
            }
            int type = p.qos() == 1 ? PacketType.PUBACK : PacketType.PUBREC;
            answers.ack(type, p.packetId(), ReasonCode.NOT_AUTHORIZED.code());
            touch();
        }
        return true;
    }

    private boolean waitsForConnack() {
        if (state == State.WAIT_CONNACK) {
            suspend(FOR_CONNACK);
        }
        return state == State.WAIT_CONNACK;
    }

    private boolean onAck(int firstByte, DirectBuffer b, int offset, int length) {
        ReasonCode reason = loop.ack.wrap(version(), firstByte, b, offset, length);
        if (reason != ReasonCode.SUCCESS) {
            closeFor(reason);
            return true;
        }
        int kind = PacketType.of(firstByte);
        int packetId = loop.ack.packetId();
        if (kind == PacketType.PUBREL) {
            return tryAddAck(kind, loop.ack.reasonCode(), packetId);
        }
        boolean failed = ReasonCode.isFailure(loop.ack.reasonCode());
        Subscriber s = subscriber;
        if (s == null || !s.expects(kind, packetId, failed)) {
            return true; // Owed for nothing: the engine must not hear of it.
        }
        if (!tryAddAck(kind, loop.ack.reasonCode(), packetId)) {
            return false;
        }
        s.onAck(kind, packetId, failed);
        touch();
        return true;
    }

    /** Acknowledgements of a volatile session are not journaled; PUBREL belongs to a publisher and always is. */
    boolean tryAddAck(int kind, int reasonCode, int packetId) {
        boolean bypass = kind != PacketType.PUBREL && terms != null && terms.isVolatile();
        if (!acks.accepts(bypass) && !tryHandOverAcks()) {
            return false;
        }
        acks.add(kind, reasonCode, packetId, bypass);
        return true;
    }

    private boolean tryHandOverAcks() {
        return acks.isEmpty() || loop.commands.tryAcks(id, acks);
    }

    private void handOverAcks() {
        if (!tryHandOverAcks()) {
            suspend(FOR_RING);
        }
    }

    private boolean onSubscription(int firstByte, DirectBuffer b, int offset, int length) {
        if (!tryHandOverAcks()) {
            return false;
        }
        SubscriptionWriter writer = loop.subscriptions;
        ReasonCode reason = PacketType.of(firstByte) == PacketType.SUBSCRIBE
                ? writer.subscribe(id, version(), firstByte & 0xF, b, offset, length)
                : writer.unsubscribe(id, version(), firstByte & 0xF, b, offset, length);
        if (reason != ReasonCode.SUCCESS) {
            closeFor(reason);
            return true;
        }
        return loop.commands.tryWrite(writer.command(), writer.commandLength());
    }

    private boolean onPingreq(int firstByte, int length) {
        ReasonCode reason = PingDecoder.check(version(), firstByte, length);
        if (reason != ReasonCode.SUCCESS) {
            closeFor(reason);
            return true;
        }
        if (waitsForConnack()) {
            return false;
        }
        answers.pingresp();
        touch();
        return true;
    }

    private boolean onDisconnect(int flags, DirectBuffer b, int offset, int length) {
        DisconnectDecoder d = loop.disconnect;
        ReasonCode reason = d.wrap(version(), flags, b, offset, length);
        long expiry = d.sessionExpirySeconds();
        boolean hadNoExpiry = terms != null && terms.sessionExpirySeconds() == 0;
        if (reason == ReasonCode.SUCCESS && expiry > 0 && hadNoExpiry) {
            reason = ReasonCode.PROTOCOL_ERROR;
        }
        if (reason != ReasonCode.SUCCESS) {
            closeFor(reason);
            return true;
        }
        ReasonCode said = ReasonCode.of(d.reasonCode());
        if (expiry != DisconnectDecoder.ABSENT) {
            disconnectedFlags = DisconnectedCommand.FLAG_EXPIRY;
            disconnectedExpirySeconds = expiry;
        }
        end(said == null ? ReasonCode.UNSPECIFIED_ERROR : said, d.reasonCode() != 0);
        output.closeNow();
        return true;
    }

    // ---- effects ----

    void onConnack(DirectBuffer b, int offset) {
        ClientTerms t = terms;
        if (state == State.ENDED || t == null) {
            return;
        }
        ReasonCode reason = ReasonCode.of(ConnackEffect.reasonCode(b, offset));
        Invariant.check(reason != null, "reason code of a CONNACK", ConnackEffect.reasonCode(b, offset));
        if (reason == null || reason.isFailure()) {
            refuse(t.version(), reason == null ? ReasonCode.UNSPECIFIED_ERROR : reason);
            return;
        }
        if (state == State.WAIT_CONNACK) {
            state = State.OPEN;
        }
        loop.describe(t, ConnackEffect.expirySeconds(b, offset));
        answers.connack(t.version(), reason, ConnackEffect.sessionPresent(b, offset), loop.properties);
        touch();
        if ((suspended & FOR_CONNACK) != 0) {
            suspended &= ~FOR_CONNACK;
            resume();
        }
    }

    void onAckEffect(DirectBuffer b, int offset) {
        if (!isTalking()) {
            return;
        }
        int kind = AckEffect.kind(b, offset);
        int code = AckEffect.reasonCode(b, offset);
        if (kind != PacketType.PUBREL) {
            publisher.onAnswered(kind, code);
        }
        boolean refused = ReasonCode.isFailure(code) && (kind == PacketType.PUBACK || kind == PacketType.PUBREC);
        if (refused && version() != ProtocolVersion.V5) {
            ReasonCode reason = ReasonCode.of(code);
            closeFor(reason == null ? ReasonCode.UNSPECIFIED_ERROR : reason);
        } else {
            answers.ack(kind, AckEffect.packetId(b, offset), code);
            Subscriber s = kind == PacketType.PUBREL ? subscriber() : null;
            if (s != null) {
                s.onPubrel(AckEffect.packetId(b, offset));
            }
            touch();
        }
    }

    void onSubackEffect(int packetType, DirectBuffer b, int offset) {
        if (isTalking()) {
            answers.suback(packetType, b, offset);
            touch();
        }
    }

    void onDeliver(DirectBuffer b, int offset) {
        Subscriber s = isTalking() ? subscriber() : null;
        if (s == null) {
            return;
        }
        if (!s.onDeliver(b, offset)) {
            closeFor(ReasonCode.QUOTA_EXCEEDED);
        }
        touch();
    }

    /** Made when there is something to deliver for the first time; null before the CONNECT. */
    private @Nullable Subscriber subscriber() {
        ClientTerms t = terms;
        if (subscriber == null && t != null) {
            subscriber = new Subscriber(loop, this, output, held, t);
        }
        return subscriber;
    }

    void onClose(DirectBuffer b, int offset) {
        ReasonCode reason = ReasonCode.of(CloseEffect.reasonCode(b, offset));
        if (isTalking()) {
            closeFor(reason == null ? ReasonCode.UNSPECIFIED_ERROR : reason);
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
    private void refuse(int version, ReasonCode reason) {
        loop.properties.clear();
        // CONNACK has no Server shutting down.
        ReasonCode said = reason == ReasonCode.SERVER_SHUTTING_DOWN ? ReasonCode.SERVER_UNAVAILABLE : reason;
        boolean answered = version != 0 && answers.connack(version, said, false, loop.properties);
        end(reason, true);
        closeTransport(answered);
    }

    /** Ends the connection from our side: says why where the protocol can, and closes. The will is published. */
    void closeFor(ReasonCode reason) {
        if (state == State.WAIT_CONNECT) {
            end(reason, true);
            closeTransport(false);
        } else if (state == State.WAIT_CONNACK) {
            refuse(version(), reason);
        } else if (isTalking()) {
            boolean answered = !transportGone && answers.disconnect(reason);
            end(reason, true);
            closeTransport(answered);
        }
    }

    private void closeTransport(boolean gently) {
        if (transportGone) {
            return;
        }
        boolean holdsScarceMemory = loop.output.isExceeded() && !output.isWritable();
        if (gently && !holdsScarceMemory) {
            loop.timers.schedule(timer, loop.nowNs() + LINGER_NS);
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
        loop.timers.cancel(timer);
        loop.connections.remove(id);
        ClientTerms t = terms;
        if (t == null) {
            loop.counters.increment(Counter.CONNECTIONS_REFUSED);
            loop.ports.events().onRefused(output.address(), reason);
            return;
        }
        loop.ports.events().onDisconnect(output.address(), t.clientId(), reason);
        disconnectedFlags |= will ? DisconnectedCommand.FLAG_WILL : 0;
        owesDisconnected = true;
        if (!tryWriteDisconnected()) {
            waitForRing();
        }
    }

    private boolean tryWriteDisconnected() {
        int lastSent = subscriber == null ? 0 : subscriber.lastSentPacketId();
        if (!tryHandOverAcks()
                || !loop.commands.tryDisconnected(id, disconnectedFlags, lastSent, disconnectedExpirySeconds)) {
            return false;
        }
        owesDisconnected = false;
        return true;
    }

    /** The socket is closed, by whomever. */
    void onTransportClosed() {
        if (transportGone) {
            return;
        }
        transportGone = true;
        loop.counters.increment(Counter.CONNECTIONS_CLOSED);
        loop.timers.cancel(timer);
        if (!isTalking()) {
            return;
        }
        if (state == State.WAIT_CONNECT || suspended == 0) {
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
        if (why != FOR_CONNACK) {
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
        if (isTalking() && tryHandOverAcks()) {
            suspended &= ~FOR_RING;
            resume();
        }
        if (isTalking()) {
            waits = (suspended & FOR_RING) != 0;
        } else {
            waits = owesDisconnected && !tryWriteDisconnected();
        }
        isWaitingForRing = waits;
        return !waits;
    }

    /** Handles what is held, then reads on, unless there is another reason not to. */
    private void resume() {
        if (suspended != 0) {
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
        lastReadNs = loop.nowNs();
        stall.onPacketBegun(lastReadNs);
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

    /** Has the timer look at a client that may stall, if it does not yet. */
    private void watch() {
        if (!isWatched && terms != null && isTalking() && isToBeWatched()) {
            stall.hasMoved(output, loop.nowNs());
            scheduleLook(loop.nowNs());
        }
    }

    private boolean isToBeWatched() {
        return !frames.isEmpty() || output.pendingBytes() != 0;
    }

    @Override
    public void onTimer(long nowNs) {
        try {
            switch (state) {
                case WAIT_CONNECT -> closeFor(ReasonCode.MAXIMUM_CONNECT_TIME);
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

    /** While we don't read, silence is not the client's; while it takes our bytes, it is there ([MQTT-3.1.2-22]). */
    private void look(long nowNs) {
        boolean takesBytes = stall.hasMoved(output, nowNs) && (suspended & FOR_OUTPUT) != 0;
        if ((suspended & ~FOR_OUTPUT) != 0 || takesBytes) {
            lastReadNs = nowNs;
        }
        boolean packetStuck = suspended == 0 && stall.isPacketStuck(frames.heldBytes(), lastReadNs, nowNs);
        if (keepAliveNs() > 0 && nowNs - lastReadNs >= keepAliveNs()) {
            loop.counters.increment(Counter.KEEP_ALIVE_TIMEOUTS);
            closeFor(ReasonCode.KEEP_ALIVE_TIMEOUT);
        } else if (packetStuck || stall.isOutputStuck(nowNs)) {
            loop.counters.increment(Counter.STALL_TIMEOUTS);
            closeFor(ReasonCode.QUOTA_EXCEEDED);
        } else {
            scheduleLook(nowNs);
        }
    }

    private void scheduleLook(long nowNs) {
        isWatched = isToBeWatched();
        if (keepAliveNs() == 0 && !isWatched) {
            loop.timers.cancel(timer);
            return;
        }
        long deadline = keepAliveNs() == 0 ? Long.MAX_VALUE : lastReadNs + keepAliveNs();
        loop.timers.schedule(timer, isWatched ? Math.min(deadline, nowNs + stall.lookNs()) : deadline);
    }

    /** One and a half times the keep alive. */
    private long keepAliveNs() {
        return terms == null ? 0 : terms.keepAliveSeconds() * 1_500_000_000L;
    }

    /** Our code has failed while it worked for this connection: it alone pays. */
    void onFailure(Throwable cause) {
        loop.ports.events().onConnectionFailed(output.address(), terms == null ? "" : terms.clientId(), cause);
        if (isTalking()) {
            end(ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR, true);
        }
        output.closeNow();
    }
}
