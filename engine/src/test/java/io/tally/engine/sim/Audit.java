package io.tally.engine.sim;

import io.tally.engine.DropCounts;
import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Positions;
import io.tally.engine.sim.ModelSession.Pushed;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.CloseEffect;
import io.tally.protocol.effect.ConnackEffect;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.effect.EffectHeader;
import io.tally.protocol.effect.EffectType;
import io.tally.protocol.effect.SubackEffect;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Watches a simulated broker: every command it applies, every effect it writes, every packet its clients receive.
 * Throws {@link AuditFailure} at the first thing that must not be.
 */
public final class Audit {
    private final SimulatedJournal journal;
    private final MessageView messageView;
    private final LongSupplier clock;
    private final boolean checksForce;
    private final Model model;
    private final WillJudge willJudge = new WillJudge();
    private final Map<String, Message> messages = new HashMap<>();
    private final Map<Long, Long> digests = new LinkedHashMap<>();
    private final PublishCommand publish = new PublishCommand();
    private final Coverage coverage = new Coverage();
    private long messageNumber;

    // ---- of the process ----

    private long epoch;
    private final Set<Long> connacked = new HashSet<>();
    private final List<byte[]> bodies = new ArrayList<>();
    private final List<ArrayDeque<Expected>> pushed = new ArrayList<>();

    // ---- of the command ----

    private long appliedPosition;
    private long commandPosition;
    private long commandTimeMs;

    /** Null when it was judged in a life before. */
    private @Nullable UnsafeBuffer applied;

    private boolean isLive;
    private final List<Effect> effects = new ArrayList<>();
    private final Set<Long> publishedWills = new HashSet<>();

    private record Effect(int gateway, UnsafeBuffer content) {}

    Audit(SimulatedJournal journal, MessageReader reader, LongSupplier clock, boolean checksForce) {
        this.journal = journal;
        this.messageView = new MessageView(reader);
        this.clock = clock;
        this.checksForce = checksForce;
        this.model = new Model(new ModelRouting.Observer() {
            @Override
            public void onRouted(Publication p, ModelSession publisher) {
                Audit.this.onRouted(p, publisher);
            }

            @Override
            public void onRefused(Publication p) {
                Audit.this.onRefused(p);
            }
        });
    }

    // ---- commands ----

    void onProcessStart(int gateways) {
        epoch++;
        connacked.clear();
        bodies.clear();
        pushed.clear();
        for (int i = 0; i < gateways; i++) {
            bodies.add(new byte[0]);
            pushed.add(new ArrayDeque<>());
        }
        AuditFailure.check(
                journal.lastPosition() >= appliedPosition,
                "what was applied has survived",
                Positions.toString(appliedPosition),
                Positions.toString(journal.lastPosition()));
    }

    /** The engine is about to get this command. {@code live} = with effects. */
    void before(long position, long timeMs, UnsafeBuffer command, boolean live) {
        commandPosition = position;
        commandTimeMs = timeMs;
        if (position != 0 && position <= appliedPosition) {
            AuditFailure.check(!live, "no command is applied twice", Positions.toString(position));
            return;
        }
        appliedPosition = Math.max(appliedPosition, position);
        applied = command;
        isLive = live;
    }

    /**
     * The engine has applied the command, and said that full queues have cost so much: the model has to see a reason.
     */
    void after(DropCounts drops) {
        UnsafeBuffer command = applied;
        applied = null;
        if (command == null) {
            return;
        }
        publishedWills.clear();
        model.apply(commandPosition, commandTimeMs, command, drops);
        coverage.add(Coverage.Seen.REFUSALS, drops.rejected());
        coverage.add(Coverage.Seen.DROPS, drops.newest() + drops.oldest());
        coverage.add(Coverage.Seen.TAKE_OVERS, model.takeOverCount());
        boolean isAccepted = model.session(CommandHeader.connection(command, 0)) != null;
        willJudge.judge(commandPosition, commandTimeMs, command, publishedWills, isAccepted);
        if (!isLive) {
            model.expectations().forget();
            return;
        }
        for (Effect e : effects) {
            judge(e.gateway, e.content);
        }
        effects.clear();
        model.expectations().checkDone();
    }

    /**
     * There is no room for this command. The answer to a PUBLISH may be lost with the process, while what followed is
     * accepted.
     */
    void onRefused(UnsafeBuffer command) {
        switch (CommandHeader.type(command, 0)) {
            case CommandType.PUBLISH -> onRefused(Publication.of("", 0, 0, command, 0));
            case CommandType.CONNECT -> coverage.add(Coverage.Seen.REFUSED_CONNECTS);
            case CommandType.SUBSCRIBE, CommandType.UNSUBSCRIBE -> coverage.add(Coverage.Seen.REFUSED_SUBSCRIBES);
            case CommandType.ACKS -> coverage.add(Coverage.Seen.REFUSED_PUBRELS);
            default -> {}
        }
    }

    private void onRefused(Publication p) {
        Message m = messages.get(p.payload());
        if (m != null) {
            m.wasRefused = true;
        }
    }

    private void onRouted(Publication p, ModelSession publisher) {
        if (p.isWill()) {
            AuditFailure.check(publishedWills.add(p.position()), "a will is published once", p);
            coverage.add(Coverage.Seen.WILLS);
            return;
        }
        Message m = messages.get(p.payload());
        if (m != null && !m.isAmbiguous && m.topic.equals(p.topic())) {
            m.routedCount++;
            if (m.first == null) {
                m.first = p;
                m.firstSession = publisher;
            }
            AuditFailure.check(m.publisher.equals(p.publisher()), "a message keeps its publisher", m, p);
            boolean isRepeat = m.routedCount > 1 && m.firstSession == publisher;
            AuditFailure.check(m.qos < 2 || !isRepeat, "a QoS 2 message is accepted once", m);
        }
    }

    /** The state had this digest when this was the last command applied. */
    void recordDigest(long position, long digest) {
        Long before = digests.put(position, digest);
        AuditFailure.check(
                before == null || before == digest, "a replay gives the same state", Positions.toString(position));
    }

    /** A replay that has come to this position has this digest. */
    void checkDigest(long position, LongSupplier digest, String who) {
        Long live = digests.get(position);
        AuditFailure.check(
                live == null || live == digest.getAsLong(),
                who + " gives the same state as the live run",
                Positions.toString(position));
    }

    boolean hasDigest(long position) {
        return digests.containsKey(position);
    }

    /** When the engine must want a TICK at the latest. */
    void checkDeadline(long engineDeadlineMs) {
        AuditFailure.check(
                engineDeadlineMs <= model.nextDeadlineMs(),
                "the engine wants a tick in time",
                engineDeadlineMs,
                model.nextDeadlineMs());
    }

    // ---- effects ----

    void onEffect(int gateway, UnsafeBuffer e) {
        if (checksForce) {
            AuditFailure.check(
                    commandPosition <= journal.forcedPosition(),
                    "nothing comes of a command before it is forced",
                    Positions.toString(commandPosition));
        }
        if (EffectHeader.type(e, 0) != EffectType.RELEASE) {
            effects.add(new Effect(gateway, e));
        }
    }

    private void judge(int gateway, UnsafeBuffer e) {
        int type = EffectHeader.type(e, 0);
        if (type == EffectType.BODY) {
            bodies.set(gateway, SimulatedEffects.body(bodies.get(gateway), e));
            return;
        }
        long connection = EffectHeader.connection(e, 0);
        if (type == EffectType.CONNACK) {
            AuditFailure.check(connacked.add(connection), "a connection gets one CONNACK", connection);
            String what = "CONNACK " + (ConnackEffect.sessionPresent(e, 0) ? "present" : "new") + ", expiry "
                    + ConnackEffect.expirySeconds(e, 0);
            take(connection, what, ConnackEffect.reasonCode(e, 0));
            return;
        }
        AuditFailure.check(connacked.contains(connection), "CONNACK comes first", connection, type);
        switch (type) {
            case EffectType.ACK -> onAck(connection, e);
            case EffectType.DELIVER -> pushed.get(gateway).add(onDeliver(gateway, connection, e));
            case EffectType.SUBACK -> take(connection, suback("SUBACK ", e), 0);
            case EffectType.UNSUBACK -> take(connection, suback("UNSUBACK ", e), 0);
            case EffectType.CLOSE -> take(connection, "CLOSE", CloseEffect.reasonCode(e, 0));
            default -> throw new AuditFailure("an effect has a known type: " + type);
        }
    }

    private static String suback(String name, UnsafeBuffer e) {
        return name + SubackEffect.packetId(e, 0) + " " + SimulatedGateway.reasonCodes(e);
    }

    private void take(long connection, String what, int code) {
        AuditFailure.check(
                model.expectations().take(connection, what, code),
                "nothing is answered that was not asked",
                connection,
                what,
                code,
                model.expectations());
    }

    private void onAck(long connection, UnsafeBuffer e) {
        int kind = AckEffect.kind(e, 0);
        String name = kind == AckEffect.PUBREL_AGAIN ? "PUBREL again" : String.valueOf(Packet.AckKind.of(kind));
        String what = name + " " + AckEffect.packetId(e, 0);
        int code = AckEffect.reasonCode(e, 0);
        if (model.expectations().take(connection, what, code)) {
            return;
        }
        ModelSession session = model.session(connection);
        Expected released = session == null ? null : session.byPacketId(AckEffect.packetId(e, 0));
        boolean resumed = kind == Packet.AckKind.PUBREL.type
                && released != null
                && released.isReleased
                && released.pushedTo != serial(connection);
        AuditFailure.check(resumed, "nothing is answered that was not asked", connection, what, code, released);
        if (released != null) {
            released.pushedTo = serial(connection);
        }
    }

    private long serial(long connection) {
        return epoch << 40 | connection;
    }

    private Expected onDeliver(int gateway, long connection, UnsafeBuffer e) {
        int flags = DeliverEffect.flags(e, 0);
        int qos = flags & DeliverEffect.FLAG_QOS_MASK;
        long position = DeliverEffect.position(e, 0);
        PublishCommand message = message(gateway, position);
        Pushed p = new Pushed(
                DeliverEffect.packetId(e, 0),
                position,
                message.buffer().getStringWithoutLengthUtf8(message.topicOffset(), message.topicLength()),
                message.buffer().getStringWithoutLengthUtf8(message.payloadOffset(), message.payloadLength()),
                qos,
                (flags & DeliverEffect.FLAG_RETAIN) != 0,
                SimulatedGateway.subscriptionIds(e));
        ModelSession session = model.session(connection);
        ModelSession was = session == null ? model.detached(connection) : session;
        if (was == null) {
            throw new AuditFailure("nothing is sent to a connection that is gone: " + p);
        }
        AuditFailure.check(qos == 0 || p.packetId() != 0, "QoS > 0 has a packet id", p);
        Expected expected = p.packetId() == 0
                ? model.expectations().takeImmediate(was, connection, p)
                : was.onPushed(p, connection, commandTimeMs, serial(connection));
        if (expected.isShared) {
            coverage.add(Coverage.Seen.SHARED_DELIVERIES);
        }
        if (expected.group != null && expected.group.hasMovedTo(expected)) {
            coverage.add(Coverage.Seen.SHARED_REDELIVERIES);
        }
        if (expected.isLate) {
            coverage.add(Coverage.Seen.LATE_RETAINED);
        }
        int right = session == null ? expected.gateway : session.gateway;
        // What was late may have gone to a connection that this command has ended, wherever that was.
        boolean isRight = right == gateway || (session == null && expected.isLate);
        AuditFailure.check(isRight, "an effect goes to the right gateway", was, gateway);
        return expected;
    }

    private PublishCommand message(int gateway, long position) {
        if (position == 0) {
            return publish.wrap(new UnsafeBuffer(bodies.get(gateway)), 0);
        }
        return messageView.at(position);
    }

    // ---- gateways ----

    /** What the DELIVER is that this gateway takes out of its ring now. */
    Expected nextPushed(int gateway) {
        return pushed.get(gateway).remove();
    }

    /** A delivery with a packet id is sent. */
    void onWire(long connection, Expected expected, boolean dup) {
        Publication p = expected.publication;
        AuditFailure.check(
                expected.isAlike || expected.mayBeStarted() || !p.isExpired(clock.getAsLong()),
                "an expired message is not sent",
                expected);
        if (expected.packetId != 0 && expected.pushedTo != serial(connection)) {
            return; // Its session has been taken over by another connection, on which it may have been sent already.
        }
        AuditFailure.check(dup || expected.qos == 0 || !expected.wasOnWire, "what is sent again is a DUP", expected);
        AuditFailure.check(!dup || expected.mayBeDup, "what is sent first is no DUP", expected);
        expected.wasOnWire = true;
    }

    void onDropped(long connection, Expected expected) {
        expected.isDropped = true;
        coverage.add(Coverage.Seen.EXPIRED);
        boolean isBegun = expected.wasSurelySent || (expected.qos == 2 && expected.wasOnWire);
        AuditFailure.check(
                !isBegun || expected.pushedTo != serial(connection), "what was begun is sent to its end", expected);
        AuditFailure.check(
                expected.isAlike || expected.publication.isExpired(clock.getAsLong()),
                "only expired messages are dropped",
                expected);
    }

    // ---- clients ----

    /** An application hands a message to its client. */
    Message onPublished(String publisher, String author, Packet.Publish packet) {
        Message known = messages.get(packet.payload());
        if (known != null) {
            known.isAmbiguous = true;
            return known;
        }
        Message m = new Message(publisher, author, packet.topic(), packet.payload(), packet.qos(), ++messageNumber);
        messages.put(packet.payload(), m);
        return m;
    }

    /** A client takes a message for its application: for QoS 2, the first time it sees it. */
    @SuppressWarnings("ReferenceEquality")
    void onReceived(Packet.Publish packet, Expected expected) {
        Publication p = expected.publication;
        AuditFailure.check(
                p.hasContent(packet.topic(), packet.payload()), "a message arrives as it was sent", packet, p);
        expected.applied++;
        // QoS 0 out of a queue is sent again when the broker dies before it has noted that it was sent.
        boolean mayRepeat = expected.qos == 1 || (expected.qos == 0 && expected.packetId != 0);
        AuditFailure.check(mayRepeat || expected.applied == 1, "QoS 0 and QoS 2 arrive once", expected);
        GroupDelivery group = expected.group;
        if (group != null) {
            group.onReceived(expected);
        }
        Message m = messages.get(packet.payload());
        // A crash may lose the word that a message was given up; then QoS 2 comes, behind its successors.
        boolean hasMoved = expected.isShared && (group == null || group.group.hasMoved);
        boolean mayBeLate = expected.isDropped || (m != null && m.wasRefused);
        if (m != null && m.first == p && !m.isAmbiguous && !expected.retain && !mayBeLate && !hasMoved) {
            // Out of a long queue QoS 0 comes behind what was published after the client's return.
            int how = expected.qos > 0 ? 1 : expected.packetId == 0 ? 0 : 2;
            String stream =
                    m.author + " " + m.topic + " " + m.qos + " " + how + (group == null ? "" : " " + group.group);
            expected.session
                    .orders
                    .computeIfAbsent(stream, s -> new Message.Order())
                    .onReceived(m, expected);
        }
    }

    /** A client holds as many messages as its Receive Maximum lets it. */
    void onWindowFull() {
        coverage.add(Coverage.Seen.FULL_WINDOWS);
    }

    Coverage coverage() {
        return coverage;
    }

    // ---- the end ----

    Model model() {
        return model;
    }

    /** Each message that a publisher knows to be accepted has been routed. */
    void checkAccepted() {
        for (Message m : messages.values()) {
            AuditFailure.check(
                    !m.isAccepted || m.isAmbiguous || m.routedCount > 0, "an acknowledged message is not lost", m);
        }
    }

    /** Messages kept outside of the journal are kept for someone. */
    void checkKept(Set<Long> positions) {
        Set<Long> needed = new HashSet<>();
        model.retained().forEach(p -> needed.add(p.position()));
        for (ModelSession session : model.sessions()) {
            Publication will = session.will;
            if (will != null) {
                needed.add(will.position());
            }
            session.waiting().forEach(e -> needed.add(e.publication.position()));
            session.inFlight().forEach(e -> needed.add(e.publication.position()));
            session.late.forEach(late -> late.may.forEach(p -> needed.add(p.position())));
        }
        model.groups().forEach(g -> g.open().forEach(d -> needed.add(d.publication.position())));
        for (long position : positions) {
            AuditFailure.check(
                    needed.contains(position), "what nobody needs is not kept", Positions.toString(position));
        }
    }

    /** Nothing is left to be delivered to any session, and what was delivered has arrived. */
    void checkDrained() {
        long nowMs = clock.getAsLong();
        for (ModelSession session : model.sessions()) {
            for (Expected e : session.waiting()) {
                boolean excused = e.isOptional || e.publication.isExpired(nowMs);
                AuditFailure.check(excused, "each message reaches each matching session", e);
            }
            for (LateRetained late : session.late) {
                for (Publication p : late.must) {
                    boolean isDue = model.isDue(late, p) && !p.isExpired(nowMs);
                    AuditFailure.check(!isDue, "a retained message that had to wait comes in the end", session, p);
                }
            }
            List<Expected> held = session.inFlight().stream()
                    .filter(e -> !e.isLoose && !e.isOptional)
                    .toList();
            AuditFailure.check(held.isEmpty(), "each delivery ends", session, held);
        }
        for (ModelGroup group : model.groups()) {
            for (GroupDelivery d : group.open()) {
                boolean excused = d.isExcused() || d.publication.isExpired(nowMs);
                AuditFailure.check(excused, "each message reaches a member of the group", group.filter, d.publication);
            }
        }
    }
}
