package io.tally.engine.sim;

import io.tally.engine.port.Positions;
import io.tally.engine.sim.Packet.AckKind;
import io.tally.engine.sim.SimulatedGateway.PendingDelivery;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.DeliverEffect;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One connection as a gateway has it: which deliveries wait, which are on the wire, which acknowledgements are not yet
 * written. Writes CONNECT's counterpart DISCONNECTED exactly once.
 */
final class GatewayConnection {
    /** Deliveries that the engine may give away without an acknowledgement, and a little more. */
    private static final int REACH_MAX = 4_150;

    private final long id;
    private final Link link;
    private final String clientId;
    private final ConnectOptions options;
    private final SimulatedGateway.Loop loop;
    private final Commands commands;
    private final ArrayDeque<PendingDelivery> pending = new ArrayDeque<>();
    private final Set<Integer> onWire = new HashSet<>();
    private final List<Commands.AckEntry> acks = new ArrayList<>();
    private int ackFlags;

    /** Messages of QoS 2 that were received here and are not released. */
    private final Set<Integer> received = new HashSet<>();

    /** Packet ids of earlier connections for which a PUBREL was written again. */
    private final Set<Integer> releasedAgain = new HashSet<>();

    /** Packet ids whose last delivery was not to be journaled. */
    private final Set<Integer> unjournaled = new HashSet<>();

    private final PublishCommand publish = new PublishCommand();
    private boolean isConnacked;
    private boolean isClosed;
    private boolean isStalled;
    private int lastSentPacketId;
    private long messageTimeMs;

    GatewayConnection(long id, Link link, Packet.Connect connect, SimulatedGateway.Loop loop) {
        this.id = id;
        this.link = link;
        this.clientId = connect.clientId();
        this.options = connect.options();
        this.loop = loop;
        this.commands = new Commands(loop.gateway());
    }

    long id() {
        return id;
    }

    Link link() {
        return link;
    }

    boolean isClosed() {
        return isClosed;
    }

    @Override
    public String toString() {
        return "connection " + id + " of " + clientId;
    }

    // ---- in ----

    void onPacket(Packet packet) {
        if (packet instanceof Packet.Ack ack) {
            onWireAck(ack);
            return;
        }
        flushAcks();
        if (packet instanceof Packet.Publish publish) {
            loop.sequencer()
                    .offer(commands.publish(
                            id, publish, options.version(), loop.world().journalsQos0()));
        } else if (packet instanceof Packet.Subscribe subscribe) {
            loop.sequencer().offer(commands.subscribe(id, subscribe));
        } else if (packet instanceof Packet.Unsubscribe unsubscribe) {
            loop.sequencer().offer(commands.unsubscribe(id, unsubscribe));
        } else if (packet instanceof Packet.Disconnect disconnect) {
            close(disconnect.reasonCode() != 0, disconnect.expirySeconds());
        } else {
            throw new AuditFailure("a client does not send " + packet);
        }
    }

    private void onWireAck(Packet.Ack ack) {
        var entry = new Commands.AckEntry(ack.kind().type, ack.packetId(), ack.reasonCode());
        if (ack.kind() == AckKind.PUBREL) {
            add(entry, received.remove(ack.packetId()) ? 0 : CommandHeader.FLAG_REFUSABLE);
            return;
        }
        add(entry, unjournaled.contains(ack.packetId()) ? CommandHeader.FLAG_BYPASS : 0);
        boolean over = ack.kind() == AckKind.PUBACK
                || ack.kind() == AckKind.PUBCOMP
                || (ack.kind() == AckKind.PUBREC && ack.reasonCode() >= 0x80);
        if (over && onWire.remove(ack.packetId())) {
            sendPending();
        }
    }

    /** All of one ACKS command have the same flags. */
    private void add(Commands.AckEntry entry, int flags) {
        if (ackFlags != flags) {
            flushAcks();
        }
        ackFlags = flags;
        acks.add(entry);
    }

    private void drop(PendingDelivery delivery) {
        boolean journaled = (delivery.flags() & DeliverEffect.FLAG_JOURNALED) != 0;
        int flags = journaled ? 0 : CommandHeader.FLAG_BYPASS;
        add(new Commands.AckEntry(AcksCommand.DROPPED, delivery.packetId(), 0), flags);
    }

    void flushAcks() {
        if (!acks.isEmpty()) {
            loop.sequencer().offer(commands.acks(id, acks, ackFlags));
            acks.clear();
        }
    }

    /** Closes the socket and writes DISCONNECTED. */
    void close(boolean will, long expirySeconds) {
        flushAcks();
        isClosed = true;
        link.endByBroker();
        loop.world().trace().add("gateway", this + " is gone" + (will ? "" : ", without its will"));
        loop.sequencer().offer(commands.disconnected(id, will, expirySeconds, lastSentPacketId));
    }

    // ---- out ----

    void onConnack(int reasonCode, boolean sessionPresent, long expirySeconds) {
        AuditFailure.check(!isConnacked, "a connection gets one CONNACK", this);
        isConnacked = true;
        send(new Packet.Connack(reasonCode, sessionPresent, expirySeconds));
        if (reasonCode != 0) {
            close(true, Packet.NONE);
        }
    }

    void onAck(AckKind kind, int packetId, int reasonCode) {
        boolean refused = (kind == AckKind.PUBACK || kind == AckKind.PUBREC) && reasonCode >= 0x80;
        if (refused && options.version() < 5) {
            close(true, Packet.NONE);
            return;
        }
        if (kind == AckKind.PUBREC && reasonCode < 0x80) {
            received.add(packetId);
        }
        if (kind == AckKind.PUBCOMP) {
            releasedAgain.remove(packetId);
        }
        send(new Packet.Ack(kind, packetId, options.version() < 5 ? 0 : reasonCode));
    }

    void releaseAgain(int packetId) {
        if (releasedAgain.add(packetId)) {
            add(new Commands.AckEntry(AcksCommand.PUBREL, packetId, 0), 0);
            flushAcks();
        }
    }

    void onClose(int reasonCode) {
        if (options.version() == 5) {
            link.deliver(new Packet.Disconnect(reasonCode, Packet.NONE));
        }
        close(true, Packet.NONE);
    }

    void onDeliver(PendingDelivery delivery) {
        if (delivery.qos() == 0) {
            onDeliverQos0(delivery);
            return;
        }
        pending.add(delivery);
        AuditFailure.check(pending.size() + onWire.size() <= REACH_MAX, "a gateway holds a bounded number", this);
        sendPending();
        flushAcks();
    }

    /** Sent at once; one that comes from a queue is finished by DROPPED. */
    private void onDeliverQos0(PendingDelivery delivery) {
        if (remainingSeconds(delivery) != 0) {
            loop.world().audit().onWire(id, delivery.expected(), (delivery.flags() & DeliverEffect.FLAG_DUP) != 0);
            send(packet(delivery));
        }
        if (delivery.packetId() != 0) {
            drop(delivery);
            flushAcks();
        }
    }

    void send(Packet packet) {
        AuditFailure.check(isConnacked, "CONNACK comes first", this, packet);
        loop.world().trace().add("-> " + clientId, packet);
        link.deliver(packet);
    }

    /** The channel is not writable while stalled. */
    void stall(boolean stalled) {
        isStalled = stalled;
        if (!stalled) {
            sendPending();
            flushAcks();
        }
    }

    boolean isStalled() {
        return isStalled;
    }

    private int window() {
        return Math.min(options.receiveMaximum(), loop.world().inFlightMax());
    }

    private void sendPending() {
        while (!isStalled && !isClosed && !pending.isEmpty() && onWire.size() < window()) {
            PendingDelivery delivery = pending.remove();
            boolean started = (delivery.flags() & DeliverEffect.FLAG_STARTED) != 0;
            if (!started && remainingSeconds(delivery) == 0) {
                loop.world().trace().add("gateway", this + " drops " + delivery.packetId() + ", which is expired");
                loop.world().audit().onDropped(id, delivery.expected());
                drop(delivery);
                continue;
            }
            if ((delivery.flags() & DeliverEffect.FLAG_JOURNALED) != 0) {
                lastSentPacketId = delivery.packetId();
                unjournaled.remove(delivery.packetId());
            } else {
                unjournaled.add(delivery.packetId());
            }
            onWire.add(delivery.packetId());
            send(packet(delivery));
            loop.world().audit().onWire(id, delivery.expected(), (delivery.flags() & DeliverEffect.FLAG_DUP) != 0);
        }
    }

    /** The message of a delivery; its time is {@link #messageTimeMs} then. */
    private PublishCommand message(PendingDelivery delivery) {
        if (delivery.position() == 0) {
            messageTimeMs = delivery.bodyTimeMs();
            return publish.wrap(delivery.body(), 0);
        }
        PublishCommand message = loop.messages().at(delivery.position());
        messageTimeMs = loop.messages().timeMs();
        return message;
    }

    /** {@link Packet#NONE} for a message that does not expire; 0 when it is too late. */
    private long remainingSeconds(PendingDelivery delivery) {
        PublishCommand message = message(delivery);
        if (!message.expires()) {
            return Packet.NONE;
        }
        long leftMs = message.expirySeconds() * 1000 - (loop.world().clock().getAsLong() - messageTimeMs);
        return leftMs <= 0 ? 0 : (leftMs + 999) / 1000;
    }

    private Packet.Publish packet(PendingDelivery delivery) {
        PublishCommand message = message(delivery);
        String topic = message.buffer().getStringWithoutLengthUtf8(message.topicOffset(), message.topicLength());
        String payload = message.buffer().getStringWithoutLengthUtf8(message.payloadOffset(), message.payloadLength());
        return new Packet.Publish(
                topic,
                payload,
                delivery.qos(),
                (delivery.flags() & DeliverEffect.FLAG_RETAIN) != 0,
                (delivery.flags() & DeliverEffect.FLAG_DUP) != 0,
                delivery.packetId(),
                remainingSeconds(delivery),
                delivery.subscriptionIds(),
                delivery.expected());
    }

    /** What waits in this file is held as a copy from here on: the file goes away. */
    void copyMessagesOf(int file) {
        for (int i = pending.size(); i > 0; i--) {
            PendingDelivery d = pending.remove();
            boolean copies = d.position() != 0 && Positions.file(d.position()) == file;
            pending.add(copies ? copy(d) : d);
        }
    }

    private PendingDelivery copy(PendingDelivery d) {
        PublishCommand message = message(d);
        UnsafeBuffer body =
                new UnsafeBuffer(SimulatedJournal.copy(message.buffer(), message.offset(), message.length()));
        return new PendingDelivery(d.flags(), d.packetId(), 0, body, messageTimeMs, d.subscriptionIds(), d.expected());
    }
}
