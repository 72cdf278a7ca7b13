package io.tally.engine;

import io.tally.engine.delivery.Entry;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.egress.EffectWriter;
import io.tally.engine.message.Message;
import io.tally.engine.routing.Lane;
import io.tally.engine.session.Former;
import io.tally.engine.session.Session;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.DeliverEffect;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * Messages out of the queues and acknowledgements into them. What is pushed to a gateway, and how far, is no state:
 * replays push nothing. Owned by the engine thread.
 */
final class Deliveries {
    /** Messages that a gateway may hold for one connection, unacknowledged; the rest waits in the queue. */
    static final int PUSHED_COUNT_MAX = 4_096;

    /** Their bytes; one message may always be pushed. */
    static final long PUSHED_BYTES_MAX = 1 << 21;

    /**
     * Beyond this many no kept message is pushed: the engine itself reads each of them, from journal or state store.
     * Not less than a client may have in flight by default.
     */
    static final int PUSHED_KEPT_MAX = 1_024;

    /** Messages queued for a volatile session that does not keep up; further ones are not delivered to it. */
    static final long VOLATILE_QUEUED_MAX = 100_000;

    /** Their bytes; as above. Their journal files stay while the session is connected. */
    static final long VOLATILE_BYTES_MAX = 64 << 20;

    private static final int[] NO_IDS = new int[0];

    private final BrokerState state;
    private final EffectWriter effects;
    private final Message messages;
    private final Overflow overflow;

    /** Where the messages of shared groups come from that the command has ended, in the order of acknowledgements. */
    private final List<Lane> ackedLanes = new ArrayList<>();

    Deliveries(BrokerState state, EffectWriter effects, Message messages, Overflow overflow) {
        this.state = state;
        this.effects = effects;
        this.messages = messages;
        this.overflow = overflow;
    }

    /**
     * Queues a message with QoS > 0 and sends what may be sent. False when a limit of the queue forbids it.
     *
     * @param queue of the session, or of its {@link Session#former}
     */
    boolean enqueue(Session session, SessionQueue queue, long position, int size, int meta, int[] ids) {
        if (!queue.isDurable()) {
            // Progress that is not journaled is not replayed, so what is queued cannot be either.
            boolean tooMany = queue.count() >= VOLATILE_QUEUED_MAX;
            if (!effects.isOn()) {
                return false;
            }
            if (tooMany || queue.bytes() >= VOLATILE_BYTES_MAX) {
                overflow.onVolatileFull();
                return false;
            }
        } else {
            state.dirty(session);
            if (!overflow.makeRoom(session, queue, size)) {
                return false;
            }
        }
        queue.enqueue(position, size, meta, ids);
        push(session);
        return true;
    }

    /** Queues a retained message for which there was found to be room. */
    void enqueueRetained(Session session, SessionQueue queue, long position, int size, int meta, int[] ids) {
        if (!queue.isDurable()) {
            enqueue(session, queue, position, size, meta, ids);
            return;
        }
        enqueueShared(session, position, size, meta, ids);
    }

    /** Queues a message of a shared group: how many there are is limited by the receive window. */
    void enqueueShared(Session session, long position, int size, int meta, int[] ids) {
        session.queue.enqueue(position, size, meta, ids);
        state.dirty(session);
        push(session);
    }

    /** Hands the gateway as much as it may hold. */
    void push(Session session) {
        if (!effects.isOn() || !session.isConnected()) {
            return;
        }
        Former former = session.former;
        if (former != null) {
            push(session, former.queue);
            if (!former.isDone()) {
                // Packet ids of both queues would meet.
                return;
            }
            session.former = null;
        }
        push(session, session.queue);
    }

    private void push(Session session, SessionQueue queue) {
        while (queue.hasNext(PUSHED_COUNT_MAX, PUSHED_KEPT_MAX, PUSHED_BYTES_MAX)) {
            push(session, queue, queue.next());
        }
    }

    private void push(Session session, SessionQueue queue, long sequence) {
        int meta = queue.meta(sequence);
        int packetId = SessionQueue.packetId(sequence);
        if ((meta & Entry.RELEASED) != 0) {
            effects.ack(session.gateway, session.connection, AcksCommand.PUBREL, packetId, 0);
            return;
        }
        int qos = meta & Entry.QOS_MASK;
        int flags = qos
                | ((meta & Entry.RETAIN) != 0 ? DeliverEffect.FLAG_RETAIN : 0)
                | ((meta & Entry.RETAINED) != 0 ? DeliverEffect.FLAG_RETAINED : 0)
                | (queue.isDurable() ? DeliverEffect.FLAG_JOURNALED : 0)
                | (qos > 0 && queue.maySendAsDup(sequence) ? repeatFlags(queue, sequence, qos) : 0);
        long position = queue.position(sequence);
        if ((meta & Entry.KEPT) != 0) {
            body(session, position);
            position = 0;
        }
        int[] ids = queue.subscriptionIds(meta);
        effects.deliver(session.gateway, session.connection, flags, packetId, position, ids);
    }

    /**
     * What was sent does not expire ([MQTT-4.3.3-7], [MQTT-4.4.0-1]), what was not must when its time has come
     * ([MQTT-3.3.2-5]). After a crash or a take-over we often cannot tell. QoS 2 then counts as sent: if its client
     * holds the packet id, it would take a later message with that id for this one and lose it; if the gateway had
     * given it up already, it comes behind its successors. QoS 1 counts as not sent: its client has it already, or too
     * late.
     */
    private static int repeatFlags(SessionQueue queue, long sequence, int qos) {
        boolean started = qos == 2 || queue.wasSent(sequence);
        return DeliverEffect.FLAG_DUP | (started ? DeliverEffect.FLAG_STARTED : 0);
    }

    /** Gives the session's gateway a message read back by its position, for the one DELIVER that follows. */
    private void body(Session session, long position) {
        PublishCommand message = messages.at(position);
        long timeMs = messages.timeMs(state.kept.publishedMs(position));
        effects.nextBody();
        effects.body(session.gateway, timeMs, message.buffer(), message.offset(), message.length());
        effects.nextBody();
    }

    /** A retained message at QoS 0. */
    void deliverRetainedNow(Session session, long position, int[] subscriptionIds) {
        if (effects.isOn() && session.isConnected()) {
            body(session, position);
            int flags = DeliverEffect.FLAG_RETAIN | DeliverEffect.FLAG_RETAINED;
            effects.deliver(session.gateway, session.connection, flags, 0, 0, subscriptionIds);
        }
    }

    /** Acknowledgements of one connection, in their order. */
    void onAcks(Session session, DirectBuffer buffer, int offset, boolean isJournaled) {
        Former former = session.former;
        boolean isOfFormer = !isJournaled && session.isJournaled();
        if (isOfFormer && former == null) {
            return;
        }
        SessionQueue queue = isOfFormer && former != null ? former.queue : session.queue;
        int count = AcksCommand.count(buffer, offset);
        ackedLanes.clear();
        for (int i = 0; i < count; i++) {
            int kind = AcksCommand.kind(buffer, offset, i);
            int packetId = AcksCommand.packetId(buffer, offset, i);
            if (kind == AcksCommand.PUBREL) {
                onPubrel(session, packetId);
            } else {
                onAck(session, queue, kind, packetId, AcksCommand.reasonCode(buffer, offset, i));
            }
        }
        if (isJournaled) {
            state.dirty(session);
        }
        push(session);
    }

    private void onPubrel(Session session, int packetId) {
        pubcomp(session, packetId, session.removeInbound(packetId));
    }

    private void pubcomp(Session session, int packetId, boolean known) {
        // After a resume the id may be one whose PUBCOMP was lost: no error (section 2.4, reason code 0x92).
        int answer = known || session.isResumed ? 0 : ReasonCodes.PACKET_IDENTIFIER_NOT_FOUND;
        effects.ack(session.gateway, session.connection, AcksCommand.PUBCOMP, packetId, answer);
    }

    /**
     * PUBRELs that could not be journaled, so everything stays as it is. Most are for nothing that is held; those that
     * are have to be journaled all the same.
     */
    void refuse(Session session, DirectBuffer buffer, int offset) {
        int count = AcksCommand.count(buffer, offset);
        for (int i = 0; i < count; i++) {
            Invariant.check(AcksCommand.kind(buffer, offset, i) == AcksCommand.PUBREL, "only PUBREL is refused");
            int packetId = AcksCommand.packetId(buffer, offset, i);
            if (session.inboundQos2().contains(packetId)) {
                effects.ack(session.gateway, session.connection, AckEffect.PUBREL_AGAIN, packetId, 0);
            } else {
                pubcomp(session, packetId, false);
            }
        }
    }

    private void onAck(Session session, SessionQueue queue, int kind, int packetId, int reasonCode) {
        long sequence = queue.sequenceOf(packetId);
        if (sequence < 0) {
            return;
        }
        if (kind == AcksCommand.PUBREC && reasonCode < ReasonCodes.FIRST_FAILURE) {
            if (queue.release(sequence)) {
                effects.ack(session.gateway, session.connection, AcksCommand.PUBREL, packetId, 0);
            }
            return;
        }
        if (isAllowed(kind, queue.meta(sequence)) && queue.finish(sequence) && queue.isDurable()) {
            Lane lane = state.takeFrom(session, sequence);
            if (lane != null) {
                state.forgetIfIdle(lane);
                ackedLanes.add(lane);
            }
        }
    }

    /** The lanes of the shared messages that the last acknowledgements have ended, in their order. */
    List<Lane> ackedLanes() {
        return ackedLanes;
    }

    /** Whether this acknowledgement ends a delivery in this state. */
    private static boolean isAllowed(int kind, int meta) {
        return switch (kind) {
            case AcksCommand.PUBACK -> (meta & Entry.QOS_MASK) == 1;
            case AcksCommand.PUBREC -> (meta & Entry.QOS_MASK) == 2 && (meta & Entry.RELEASED) == 0;
            case AcksCommand.PUBCOMP -> (meta & Entry.RELEASED) != 0;
            case AcksCommand.DROPPED -> true;
            default -> false;
        };
    }

    /** QoS 0 straight to a connection; the message is the last body, or in the journal. */
    void deliverNow(Session session, long position, boolean retain, int[] subscriptionIds) {
        int flags = retain ? DeliverEffect.FLAG_RETAIN : 0;
        int[] ids = subscriptionIds.length == 0 ? NO_IDS : subscriptionIds;
        effects.deliver(session.gateway, session.connection, flags, 0, position, ids);
    }
}
