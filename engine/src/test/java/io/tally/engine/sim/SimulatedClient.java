package io.tally.engine.sim;

import io.tally.engine.sim.Packet.AckKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client that keeps its MQTT state as the standard asks: what it has sent and not seen acknowledged, and the QoS
 * 2 ids that it has received. Somebody else decides when it acts.
 */
final class SimulatedClient {
    private final String id;

    /** Which of the clients with this id. */
    private final String name;

    private final Audit audit;
    private final Trace trace;
    private final Map<Integer, Outgoing> outgoing = new LinkedHashMap<>();
    private final Map<Integer, Expected> receivedQos2 = new LinkedHashMap<>();
    private final Set<Integer> openOnConnection = new HashSet<>();
    private final ArrayDeque<Packet.Ack> owed = new ArrayDeque<>();
    private final List<Packet> inbox = new ArrayList<>();
    private ConnectOptions options = ConnectOptions.CLEAN;
    private @Nullable Link link;

    /** A connection of before that the client still writes to, whatever comes of it; it reads no more. */
    private @Nullable Link former;

    private boolean isConnacked;
    private boolean isRefused;
    private boolean isManual;
    private boolean holdsReleases;
    private boolean resendsLater;
    private boolean hasToResend;
    private boolean needsCleanStart;
    private boolean endsWithConnection;
    private int lastPacketId;
    private int requestsOpen;

    /** A PUBLISH with QoS > 0 that is not over. */
    private static final class Outgoing {
        final Message message;
        final Packet.Publish packet;
        boolean isReleased;

        Outgoing(Message message, Packet.Publish packet) {
            this.message = message;
            this.packet = packet;
        }
    }

    SimulatedClient(String id, String name, Audit audit, Trace trace) {
        this.id = id;
        this.name = name;
        this.audit = audit;
        this.trace = trace;
    }

    String id() {
        return id;
    }

    ConnectOptions options() {
        return options;
    }

    /** What comes is put into the inbox, and is acknowledged only when somebody says so. */
    void manual(boolean manual) {
        isManual = manual;
    }

    /** A PUBREC is answered by PUBREL only on the next connection. */
    void holdReleases(boolean holds) {
        holdsReleases = holds;
    }

    List<Packet> inbox() {
        return inbox;
    }

    /** Has a connection that is accepted, as far as it knows. */
    boolean isConnected() {
        return link != null && isConnacked;
    }

    boolean hasLink() {
        return link != null;
    }

    @Nullable
    Link link() {
        return link;
    }

    /** Its last CONNECT was refused: it may have a session or not. */
    boolean isRefused() {
        return isRefused;
    }

    void tryAgain() {
        isRefused = false;
    }

    int outgoingCount() {
        return outgoing.size();
    }

    boolean isIdle() {
        return former == null
                && (isRefused || (outgoing.isEmpty() && owed.isEmpty() && requestsOpen == 0))
                && (link == null || link.toClient.isEmpty());
    }

    // ---- connections ----

    void connect(Link newLink, ConnectOptions newOptions) {
        abandon();
        if (endsWithConnection) {
            forgetSession();
        }
        isRefused = false;
        // A clean start that was asked for and not seen to happen is asked for again.
        options = needsCleanStart ? newOptions.cleanStart(true) : newOptions;
        link = newLink;
        isConnacked = false;
        hasToResend = false;
        owed.clear();
        openOnConnection.clear();
        requestsOpen = 0;
        if (options.cleanStart()) {
            needsCleanStart = true;
            forgetSession();
        }
        send(new Packet.Connect(id, options));
    }

    /** Connects on another link while it keeps the one of before. */
    void connectBeside(Link newLink, ConnectOptions newOptions) {
        endFormer();
        if (isConnected()) {
            former = link;
            link = null;
        }
        connect(newLink, newOptions);
    }

    boolean hasFormer() {
        return former != null;
    }

    /** Sends on the connection of before what needs no answer: QoS 2 would leave its packet id in use. */
    void sendOnFormer(Packet.Publish packet) {
        if (former != null) {
            audit.onPublished(id, name, packet);
            Packet.Publish numbered = packet.qos() == 0 ? packet : packet.withPacketId(nextPacketId());
            trace.add(id, "on its connection of before: " + numbered);
            former.send(numbered);
        }
    }

    void disconnectFormer(int reasonCode, long expirySeconds) {
        if (former != null) {
            trace.add(id, "on its connection of before: DISCONNECT " + reasonCode + " expiry " + expirySeconds);
            former.send(new Packet.Disconnect(reasonCode, expirySeconds));
            endFormer();
        }
    }

    void endFormer() {
        if (former != null) {
            former.endByClient();
            former = null;
        }
    }

    private void forgetSession() {
        outgoing.clear();
        receivedQos2.clear();
    }

    /** Lets go of the connection; the other side finds out. */
    void abandon() {
        if (link != null) {
            link.endByClient();
            link = null;
            trace.add(id, "lets go of its connection");
        }
        isConnacked = false;
    }

    /** Goes for good, and leaves undone what it has begun. */
    void retire() {
        abandon();
        forgetSession();
        owed.clear();
        requestsOpen = 0;
    }

    void disconnect(int reasonCode, long expirySeconds) {
        send(new Packet.Disconnect(reasonCode, expirySeconds));
        abandon();
    }

    private void send(Packet packet) {
        if (link != null) {
            trace.add(id, packet);
            link.send(packet);
        }
    }

    // ---- requests ----

    void publish(Packet.Publish packet) {
        Message message = audit.onPublished(id, name, packet);
        if (packet.qos() == 0) {
            send(packet);
            return;
        }
        Packet.Publish numbered = packet.withPacketId(nextPacketId());
        outgoing.put(numbered.packetId(), new Outgoing(message, numbered));
        if (isConnected()) {
            send(numbered);
        }
    }

    void subscribe(List<Filter> filters) {
        requestsOpen++;
        send(new Packet.Subscribe(nextPacketId(), filters));
    }

    void unsubscribe(List<String> filters) {
        requestsOpen++;
        send(new Packet.Unsubscribe(nextPacketId(), filters));
    }

    private int nextPacketId() {
        do {
            lastPacketId = lastPacketId % 65_535 + 1;
        } while (outgoing.containsKey(lastPacketId));
        return lastPacketId;
    }

    // ---- what comes ----

    /** Takes one packet, or notices the end of the connection; false when there is nothing. */
    boolean receive() {
        if (former != null) {
            former.toClient.clear();
            if (former.hasEndedForClient()) {
                endFormer();
            }
        }
        Link from = link;
        if (from == null) {
            return false;
        }
        Packet packet = from.toClient.poll();
        if (packet != null) {
            onPacket(packet);
            return true;
        }
        if (from.hasEndedForClient()) {
            trace.add(id, "sees the end of its connection");
            from.endByClient();
            link = null;
            isConnacked = false;
            return true;
        }
        return false;
    }

    private void onPacket(Packet packet) {
        AuditFailure.check(isConnacked || packet instanceof Packet.Connack, "CONNACK comes first", id, packet);
        if (packet instanceof Packet.Connack connack) {
            onConnack(connack);
        } else if (packet instanceof Packet.Publish publish) {
            onPublish(publish);
        } else if (packet instanceof Packet.Ack ack) {
            onAck(ack);
        } else {
            requestsOpen -= packet instanceof Packet.Disconnect ? 0 : 1;
            if (isManual) {
                inbox.add(packet);
            }
        }
    }

    private void onConnack(Packet.Connack connack) {
        if (isManual) {
            inbox.add(connack);
        }
        isRefused = connack.reasonCode() != 0;
        if (isRefused) {
            return;
        }
        isConnacked = true;
        needsCleanStart = false;
        endsWithConnection = options.sessionExpirySeconds() == 0;
        AuditFailure.check(
                !connack.sessionPresent() || !options.cleanStart(), "a clean start has no session present", id);
        if (!connack.sessionPresent()) {
            forgetSession();
        }
        if (resendsLater) {
            hasToResend = true;
        } else {
            resend();
        }
    }

    /** From its next connection on it sends again what is not acknowledged when it is told to, not at once. */
    void resendLater() {
        resendsLater = true;
    }

    /** False when it has not held anything back. */
    boolean tryResend() {
        boolean has = hasToResend && isConnected();
        if (has) {
            hasToResend = false;
            resend();
        }
        return has;
    }

    private void resend() {
        for (Outgoing o : outgoing.values()) {
            send(o.isReleased ? new Packet.Ack(AckKind.PUBREL, o.packet.packetId(), 0) : o.packet.asDup());
        }
    }

    private void onPublish(Packet.Publish p) {
        Expected expected = p.delivery();
        if (expected == null) {
            throw new AuditFailure("a broker's PUBLISH is expected: " + p);
        }
        if (p.qos() > 0) {
            openOnConnection.add(p.packetId());
            AuditFailure.check(
                    openOnConnection.size() <= options.receiveMaximum(),
                    "no more is in flight than Receive Maximum",
                    id,
                    openOnConnection);
            if (openOnConnection.size() == options.receiveMaximum()) {
                audit.onWindowFull();
            }
        }
        if (p.qos() < 2) {
            audit.onReceived(p, expected);
        } else {
            onPublishQos2(p, expected);
        }
        if (isManual) {
            inbox.add(p);
        } else if (p.qos() > 0) {
            owed.add(new Packet.Ack(p.qos() == 1 ? AckKind.PUBACK : AckKind.PUBREC, p.packetId(), 0));
        }
    }

    private void onPublishQos2(Packet.Publish p, Expected expected) {
        Expected known = receivedQos2.get(p.packetId());
        if (known != null && known.session != expected.session) {
            known = null; // Its session expired, and the CONNACK that said so was lost.
        }
        receivedQos2.put(p.packetId(), expected);
        if (known == null) {
            audit.onReceived(p, expected);
        } else {
            AuditFailure.check(known == expected, "a packet id is not in use twice", id, p, known, expected);
            AuditFailure.check(p.dup(), "what comes again is a DUP", id, p);
        }
    }

    private void onAck(Packet.Ack ack) {
        if (ack.kind() == AckKind.PUBREL) {
            receivedQos2.remove(ack.packetId());
            if (isManual) {
                inbox.add(ack);
            } else {
                owed.add(new Packet.Ack(AckKind.PUBCOMP, ack.packetId(), 0));
            }
            return;
        }
        if (isManual) {
            inbox.add(ack);
        }
        Outgoing o = outgoing.get(ack.packetId());
        if (o == null && isManual) {
            return; // Asked for by hand.
        }
        if (o == null) {
            throw new AuditFailure("only what was sent is acknowledged: " + ack + " to " + id);
        }
        boolean refused = ack.reasonCode() >= 0x80 && ack.kind() != AckKind.PUBCOMP;
        int kindForQos = o.packet.qos() == 1 ? AckKind.PUBACK.type : AckKind.PUBREC.type;
        AuditFailure.check(
                ack.kind() == AckKind.PUBCOMP ? o.isReleased : ack.kind().type == kindForQos,
                "an acknowledgement is of the right kind",
                ack,
                o.packet);
        o.message.isAccepted |= !refused && ack.kind() != AckKind.PUBCOMP;
        if (ack.kind() == AckKind.PUBREC && !refused) {
            o.isReleased = true;
            if (holdsReleases) {
                return;
            }
            send(new Packet.Ack(AckKind.PUBREL, ack.packetId(), 0));
        } else {
            outgoing.remove(ack.packetId());
        }
    }

    // ---- acknowledgements ----

    boolean owesAck() {
        return !owed.isEmpty();
    }

    /** Sends the oldest acknowledgement it owes. */
    void acknowledge() {
        Packet.Ack ack = owed.poll();
        if (ack != null) {
            acknowledge(ack);
        }
    }

    /** Sends the newest first, as clients with several threads may. */
    void acknowledgeOutOfOrder() {
        Packet.Ack ack = owed.pollLast();
        if (ack != null) {
            acknowledge(ack);
        }
    }

    void acknowledge(Packet.Ack ack) {
        boolean over = ack.kind() != AckKind.PUBREC || ack.reasonCode() >= 0x80;
        if (over) {
            openOnConnection.remove(ack.packetId());
        }
        if (ack.kind() == AckKind.PUBREC && ack.reasonCode() >= 0x80) {
            receivedQos2.remove(ack.packetId());
        }
        send(ack);
    }
}
