package io.tally.ops.system;

import java.util.BitSet;
import java.util.function.LongConsumer;

/**
 * A subscriber with a persistent session and its own record of open QoS 2 ids, which lives through broken connections
 * and broker restarts. Owned by the load loop's thread.
 */
final class LedgerSubscriber implements LoadClient {
    /**
     * What a subscriber does.
     *
     * @param group whose account it adds to
     * @param filter what it subscribes to
     */
    record Plan(String clientId, int version, int qos, int group, String filter) {}

    private final Plan plan;
    private final Ledger ledger;
    private final BitSet openIds = new BitSet();
    private LongConsumer latencyNs = ns -> {};
    private boolean wanted = true;
    private boolean known;
    private boolean subscribed;

    LedgerSubscriber(Plan plan, Ledger ledger) {
        this.plan = plan;
        this.ledger = ledger;
    }

    /** Told the time from sending to reception of every message. */
    void latencyTo(LongConsumer consumer) {
        latencyNs = consumer;
    }

    /** Whether to be connected; the session stays while it is not. */
    void wanted(boolean connected) {
        wanted = connected;
    }

    boolean isSubscribed() {
        return subscribed;
    }

    @Override
    public boolean wantsConnection() {
        return wanted;
    }

    @Override
    public void onOpen(LoadConnection connection) {
        connection.send(
                new ConnectPacket(plan.version, plan.clientId).persistent().bytes());
    }

    @Override
    public void onPacket(LoadConnection connection, Packet packet) {
        switch (packet.type()) {
            case Packets.CONNACK -> onConnack(connection, packet);
            case Packets.SUBACK -> onSuback(packet);
            case Packets.PUBLISH -> onPublish(connection, packet);
            case Packets.PUBREL -> {
                openIds.clear(packet.id());
                connection.send(Packets.ack(Packets.PUBCOMP, packet.id()));
            }
            case Packets.DISCONNECT -> {}
            default -> ledger.onSurprise(plan.clientId + " got packet type " + packet.type());
        }
    }

    @Override
    public void onTick(LoadConnection connection, long nowNs) {}

    @Override
    public void onClosed() {}

    private void onConnack(LoadConnection connection, Packet packet) {
        if (packet.connackCode() != 0) {
            ledger.onSurprise(plan.clientId + " got CONNACK with code " + packet.connackCode());
            return;
        }
        if (known && !packet.sessionPresent()) {
            ledger.onSessionLost();
        }
        known = true;
        if (!packet.sessionPresent()) {
            openIds.clear();
            subscribed = false;
        }
        if (!subscribed) {
            connection.send(Packets.subscribe(plan.version, 1, plan.filter, plan.qos));
        }
    }

    private void onSuback(Packet packet) {
        if (packet.lastCode() != plan.qos) {
            ledger.onSurprise(plan.clientId + " got SUBACK with code " + packet.lastCode());
        }
        subscribed = true;
    }

    private void onPublish(LoadConnection connection, Packet packet) {
        int id = packet.id();
        if (packet.qos() == 2) {
            boolean repeated = openIds.get(id);
            openIds.set(id);
            connection.send(Packets.ack(Packets.PUBREC, id));
            if (repeated) {
                return;
            }
        } else if (packet.qos() == 1) {
            connection.send(Packets.ack(Packets.PUBACK, id));
        }
        Message message = Message.parse(packet.payload(plan.version));
        if (message == null || ledger.publishedQos(message.publisher()) == 0) {
            ledger.onDamaged();
            return;
        }
        int qos = Math.min(plan.qos, ledger.publishedQos(message.publisher()));
        if (packet.qos() != qos) {
            ledger.onSurprise(plan.clientId + " got QoS " + packet.qos() + " instead of " + qos);
        }
        String topic = packet.topic();
        int topicIndex = Integer.parseInt(topic.substring(topic.lastIndexOf('/') + 1));
        ledger.onReceived(plan.group, message, qos, topicIndex, !plan.filter.startsWith("$share/"));
        latencyNs.accept(System.nanoTime() - message.sentNs());
    }
}
