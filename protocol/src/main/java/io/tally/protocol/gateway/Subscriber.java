package io.tally.protocol.gateway;

import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What goes to a subscribing connection. QoS > 0 waits in an {@link OutboundWindow} until the client and the socket
 * take it; QoS 0 is sent at once or dropped. Owned by the I/O loop's thread. Allocates nothing per message while the
 * client keeps up.
 */
final class Subscriber {
    private final LoopContext loop;
    private final DeliveryWriter deliveries;
    private final ConnectionCommands commands;
    private final Output output;
    private final ClientTerms terms;
    private final OutboundWindow window;

    /** Pays for messages that wait here. */
    private final HeldMemory held;

    /** Null when the client takes none. */
    private final @Nullable TopicAliases aliases;

    /** Packet ids whose PUBREL was sent for a delivery that this connection has not made. */
    private final IntHashSet released = new IntHashSet();

    /** Subscription identifiers kept last: mostly the same for all messages of a session. */
    private DirectBuffer lastIds = OutboundWindow.NO_IDS;

    /** The longest packet that was put out, in bytes: it may have been accepted under a larger limit than today's. */
    private int longestSent;

    /** Whether the next message that is read by its position decides whether the client is behind. */
    private boolean isNew = true;

    /** Whether the client was behind before a message that had to be copied, and that waits here. */
    private boolean wasBehind;

    /** Whether the client has come back to a backlog, and the message sent last is still of that. */
    private boolean isBehind;

    Subscriber(LoopContext loop, ConnectionCommands commands, Output output, HeldMemory held, ClientTerms terms) {
        this.loop = loop;
        this.held = held;
        this.deliveries = loop.deliveries;
        this.commands = commands;
        this.output = output;
        this.terms = terms;
        int aliasesMax = Math.min(terms.topicAliasMax(), terms.rules().topicAliasMaxOut());
        this.aliases = aliasesMax == 0 ? null : new TopicAliases(aliasesMax, held);
        this.window = new OutboundWindow(terms.receiveMaximum(), loop.config.inFlightBytesMax());
    }

    /** A DELIVER effect; false when there is no room to keep it. */
    boolean onDeliver(DirectBuffer b, int offset) {
        // With a packet id it comes from a queue, keeps its place there and is acknowledged by us.
        if ((DeliverEffect.flags(b, offset) & DeliverEffect.FLAG_QOS_MASK) == 0
                && DeliverEffect.packetId(b, offset) == 0) {
            deliverQos0(b, offset);
            return true;
        }
        boolean first = !window.hasWaiting();
        long position = DeliverEffect.position(b, offset);
        if (position == 0) {
            wasBehind |= isBehind;
            isBehind = false; // else what has to be copied would wait for a turn, and fill the heap
        }
        if (!window.offer(DeliverEffect.packetId(b, offset), DeliverEffect.flags(b, offset), position)) {
            return false;
        }
        int count = DeliverEffect.subscriptionIdCount(b, offset);
        if (count != 0) {
            window.lastSubscriptionIds(keepIds(b, offset + DeliverEffect.FIXED_LENGTH, count * Integer.BYTES));
        }
        boolean done = first && !isBehind && canSend() && sendFirst();
        return done || position != 0 || keepMessage();
    }

    private boolean keepMessage() {
        StoredMessage message = deliveries.storeBody();
        if (!held.tryTake(message.length())) {
            return false;
        }
        window.lastMessage(message);
        return true;
    }

    private void forget(@Nullable StoredMessage message) {
        if (message != null) {
            held.give(message.length());
        }
    }

    private DirectBuffer keepIds(DirectBuffer b, int offset, int length) {
        if (lastIds.capacity() == length) {
            int i = 0;
            while (i < length && lastIds.getByte(i) == b.getByte(offset + i)) {
                i++;
            }
            if (i == length) {
                return lastIds;
            }
        }
        byte[] ids = new byte[length];
        b.getBytes(offset, ids);
        lastIds = new UnsafeBuffer(ids);
        return lastIds;
    }

    private void deliverQos0(DirectBuffer b, int offset) {
        int batched = output.batchedBytes();
        long stuck = output.pendingBytes() - batched;
        boolean slow = stuck > loop.stuckBytesMax() || batched > loop.config.outputBytesMax();
        if (slow || loop.output.isFarExceeded()) {
            loop.counters.increment(Counter.DROPPED_SLOW);
            return;
        }
        long position = DeliverEffect.position(b, offset);
        int flags = DeliverEffect.flags(b, offset);
        int count = DeliverEffect.subscriptionIdCount(b, offset);
        if (count == 0 && aliases == null && deliveries.writeAgain(terms, flags, position, output)) {
            onWritten();
            return;
        }
        if (position == 0) {
            deliveries.useBody();
        } else {
            deliveries.use(position);
        }
        int verdict = deliveries.prepare(terms, flags, 0, loop.nowMs());
        deliveries.subscriptionIds(b, offset + DeliverEffect.FIXED_LENGTH, count);
        put(verdict);
    }

    /** Puts the prepared packet out unless it may not be; returns whether it did. */
    private boolean put(int verdict) {
        int result = verdict;
        if (result == DeliveryWriter.READY && !deliveries.fit(terms.packetBytesMax(), aliases)) {
            result = DeliveryWriter.TOO_LARGE;
        }
        if (result == DeliveryWriter.READY) {
            deliveries.write(output);
            onWritten();
            return true;
        }
        loop.counters.increment(
                switch (result) {
                    case DeliveryWriter.EXPIRED -> Counter.DROPPED_EXPIRED;
                    case DeliveryWriter.TOO_LARGE -> Counter.DROPPED_TOO_LARGE;
                    default -> Counter.DROPPED_DENIED;
                });
        return false;
    }

    private void onWritten() {
        longestSent = Math.max(longestSent, deliveries.packetLength());
        loop.counters.increment(Counter.PUBLISHES_OUT);
    }

    private boolean canSend() {
        return window.canSend()
                && output.isWritable()
                && output.batchedBytes() < loop.batchBytesMax()
                && !loop.output.isFarExceeded();
    }

    /** Whether client and socket would take more: it was memory that was missing, or the batch was full. */
    boolean canGoOn() {
        return window.canSend() && output.isWritable();
    }

    /** Whether the client is behind, so that it sends in its turn only, see {@link BacklogShare}. */
    boolean isBehind() {
        return isBehind;
    }

    /** Sends what waits, as far as client and socket take it. */
    void send() {
        boolean goOn = true;
        while (goOn && canSend()) {
            goOn = sendFirst();
        }
    }

    /** False when the message was to be dropped but the command ring has no room to say so: then it still waits. */
    private boolean sendFirst() {
        StoredMessage stored = window.message();
        long position = window.position();
        if (stored != null) {
            deliveries.use(stored);
        } else if (position != 0) {
            deliveries.use(position);
        } else {
            deliveries.useBody();
        }
        boolean isQos0 = (window.flags() & DeliverEffect.FLAG_QOS_MASK) == 0;
        if (isQos0 && !tryAddDropped()) {
            return false;
        }
        int verdict = deliveries.prepare(terms, window.flags(), isQos0 ? 0 : window.packetId(), loop.nowMs());
        DirectBuffer ids = window.subscriptionIds();
        deliveries.subscriptionIds(ids, 0, ids.capacity() / Integer.BYTES);
        boolean sent = put(verdict);
        if (position == 0) {
            isNew |= wasBehind;
            wasBehind = false;
        }
        if (sent && !isQos0) {
            if (position != 0 && (isBehind || isNew)) {
                isBehind = BacklogShare.isBehind(deliveries.waitedMs(loop.nowMs()));
                isNew = false;
            }
            window.onSent(deliveries.payloadLength());
            forget(stored);
            return true;
        }
        if (!isQos0 && mayBeHeld()) {
            if (!tryRelease()) {
                return false;
            }
        } else {
            if (!isQos0 && !tryAddDropped()) {
                return false;
            }
            window.onDropped();
        }
        forget(stored);
        return true;
    }

    private boolean tryAddDropped() {
        return tryAdd(AcksCommand.DROPPED);
    }

    private boolean tryAdd(int kind) {
        boolean journaled = (window.flags() & DeliverEffect.FLAG_JOURNALED) != 0;
        return commands.tryAddAck(kind, 0, window.packetId(), journaled);
    }

    /** Whether the client may have the message, and hold its packet id, from an earlier connection. */
    private boolean mayBeHeld() {
        return (window.flags() & DeliverEffect.FLAG_QOS_MASK) == 2
                && (window.flags() & DeliverEffect.FLAG_STARTED) != 0;
    }

    /**
     * A QoS 2 delivery that may not be repeated is released as if the client had answered it: one that holds the packet
     * id would take the next message with that id for this one. False when the command ring has no room.
     */
    private boolean tryRelease() {
        int packetId = window.packetId();
        if (!tryAdd(AcksCommand.PUBREC)) {
            return false;
        }
        window.onSent(0);
        window.onAck(AcksCommand.PUBREC, packetId, false);
        return true;
    }

    /** PUBREL goes out: of a delivery of an earlier connection if the window does not know it; its PUBCOMP is owed. */
    void onPubrel(int packetId) {
        if (!window.expects(AcksCommand.PUBCOMP, packetId, false)) {
            released.add(packetId);
        }
    }

    /** Whether the client owes this acknowledgement; others go no further. */
    boolean expects(int kind, int packetId, boolean failed) {
        boolean ofReleased = kind == AcksCommand.PUBCOMP || (kind == AcksCommand.PUBREC && !failed);
        return window.expects(kind, packetId, failed) || (ofReleased && released.contains(packetId));
    }

    /** Whether acknowledgements of this delivery are journaled; those of an earlier connection are. */
    boolean isJournaled(int packetId) {
        return window.isJournaled(packetId);
    }

    void onAck(int kind, int packetId, boolean failed) {
        if (kind != AcksCommand.PUBCOMP || !released.remove(packetId)) {
            window.onAck(kind, packetId, failed);
        }
    }

    /** Copies what waits in a file that goes away, whatever the budget says: else it would be lost. */
    void onRelease(long file) {
        window.copyMessagesOf(file, this::store);
    }

    private StoredMessage store(long position) {
        StoredMessage message = deliveries.store(position);
        held.take(message.length());
        return message;
    }

    int longestSent() {
        return longestSent;
    }

    int lastSentPacketId() {
        return window.lastSentPacketId();
    }
}
