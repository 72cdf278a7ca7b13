package io.tally.ops.system;

import java.util.concurrent.TimeUnit;

/**
 * A publisher with its own persistent QoS 1 or 2 state: a window of packet ids, each with its message until it is fully
 * acknowledged; after a reconnect everything open is sent again in the order in which it was first sent. Owned by the
 * load loop's thread.
 */
final class LedgerPublisher implements LoadClient {
    private static final int UNSENT_MAX = 256 * 1024;
    private static final byte FREE = 0;
    private static final byte PUBLISHED = 1;
    private static final byte RELEASED = 2;

    /**
     * What a publisher does.
     *
     * @param version 4 or 5
     * @param qos 1 or 2
     * @param window messages in flight at most
     * @param topics how many topics it publishes to in turn, below {@code topicPrefix/index/}
     * @param bytes payload size
     * @param ratePerS messages a second; 0 = as many as the window lets through
     */
    record Plan(int version, int qos, int window, int topics, int bytes, double ratePerS) {}

    private final String clientId;
    private final String topicPrefix;
    private final int index;
    private final Plan plan;
    private final Ledger ledger;
    private final byte[] states;
    private final long[] sequences;
    private int head;
    private int inFlight;
    private int windowAllowed;
    private long next;
    private long limit = Long.MAX_VALUE;
    private boolean publishing = true;
    private boolean ready;
    private boolean known;
    private boolean mayBeRefused;
    private long dueNs;

    LedgerPublisher(String name, int index, Plan plan, Ledger ledger) {
        this.clientId = name + "-p" + index;
        this.topicPrefix = name + "/" + index + "/";
        this.index = index;
        this.plan = plan;
        this.ledger = ledger;
        states = new byte[plan.window];
        sequences = new long[plan.window];
        windowAllowed = plan.window;
    }

    /** Takes no new messages from now on; open ones are still brought to their end. */
    void stop() {
        publishing = false;
    }

    /** Publishes this many messages in all. */
    void limit(long messages) {
        limit = messages;
    }

    /**
     * The broker may refuse messages, so with MQTT 5.0 a refusal may be lost together with the connection; and
     * connections.
     */
    void mayBeRefused() {
        mayBeRefused = true;
    }

    /** Whether nothing is left to send or to be acknowledged. */
    boolean isDone() {
        return inFlight == 0 && (!publishing || next >= limit);
    }

    @Override
    public boolean wantsConnection() {
        return true;
    }

    @Override
    public void onOpen(LoadConnection connection) {
        connection.send(new ConnectPacket(plan.version, clientId).persistent().bytes());
    }

    @Override
    public void onPacket(LoadConnection connection, Packet packet) {
        switch (packet.type()) {
            case Packets.CONNACK -> onConnack(connection, packet);
            case Packets.PUBACK -> onPuback(packet);
            case Packets.PUBREC -> onPubrec(connection, packet);
            case Packets.PUBCOMP -> onPubcomp(packet);
            case Packets.DISCONNECT -> ready = false;
            default -> ledger.onSurprise(clientId + " got packet type " + packet.type());
        }
    }

    @Override
    public void onTick(LoadConnection connection, long nowNs) {
        while (ready && mayPublish(connection, nowNs)) {
            states[head] = PUBLISHED;
            sequences[head] = next++;
            send(connection, head, false);
            head = (head + 1) % plan.window;
            inFlight++;
        }
    }

    @Override
    public void onClosed() {
        ready = false;
    }

    private boolean mayPublish(LoadConnection connection, long nowNs) {
        if (!publishing || next >= limit || inFlight >= windowAllowed || states[head] != FREE) {
            return false;
        }
        if (plan.ratePerS == 0) {
            return connection.unsent() < UNSENT_MAX;
        }
        if (nowNs - dueNs < 0) {
            return false;
        }
        long step = (long) (TimeUnit.SECONDS.toNanos(1) / plan.ratePerS);
        dueNs = Math.max(dueNs + step, nowNs - TimeUnit.MILLISECONDS.toNanos(200));
        return true;
    }

    private void send(LoadConnection connection, int slot, boolean dup) {
        long sequence = sequences[slot];
        String topic = topicPrefix + sequence % plan.topics;
        byte[] payload = new Message(index, sequence, System.nanoTime()).payload(plan.bytes);
        connection.send(Packets.publish(plan.version, topic, plan.qos, dup ? 8 : 0, slot + 1, payload));
    }

    private void onConnack(LoadConnection connection, Packet packet) {
        if (packet.connackCode() != 0) {
            if (!mayBeRefused) {
                ledger.onSurprise(clientId + " got CONNACK with code " + packet.connackCode());
            }
            return;
        }
        if (known && !packet.sessionPresent()) {
            ledger.onSessionLost();
        }
        known = true;
        windowAllowed = plan.version == 5 ? Math.min(plan.window, packet.receiveMaximum()) : plan.window;
        for (int i = 0; i < plan.window; i++) {
            resend(connection, (head + i) % plan.window, packet.sessionPresent());
        }
        dueNs = System.nanoTime();
        ready = true;
    }

    private void resend(LoadConnection connection, int slot, boolean sessionPresent) {
        if (states[slot] == PUBLISHED) {
            if (mayBeRefused && plan.version == 5) {
                ledger.onSentAgain(index, sequences[slot]);
            }
            send(connection, slot, sessionPresent);
        } else if (states[slot] == RELEASED && sessionPresent) {
            connection.send(Packets.ack(Packets.PUBREL, slot + 1));
        } else if (states[slot] == RELEASED) {
            free(slot);
        }
    }

    private void onPuback(Packet packet) {
        int slot = slot(packet, PUBLISHED);
        if (slot >= 0) {
            account(packet, slot);
            free(slot);
        }
    }

    private void onPubrec(LoadConnection connection, Packet packet) {
        int slot = packet.id() - 1;
        if (slot >= 0 && slot < plan.window && states[slot] == RELEASED) {
            connection.send(Packets.ack(Packets.PUBREL, packet.id()));
            return;
        }
        if (slot(packet, PUBLISHED) < 0) {
            return;
        }
        account(packet, slot);
        if (packet.reason() >= 0x80) {
            free(slot);
        } else {
            states[slot] = RELEASED;
            connection.send(Packets.ack(Packets.PUBREL, packet.id()));
        }
    }

    private void onPubcomp(Packet packet) {
        int slot = slot(packet, RELEASED);
        if (slot >= 0) {
            free(slot);
        }
    }

    private void account(Packet packet, int slot) {
        if (packet.reason() >= 0x80) {
            ledger.onRefused(index, sequences[slot]);
        } else {
            ledger.onAccepted(index, sequences[slot]);
        }
    }

    /** The slot of the packet's id, which must be in this state; -1 and a surprise when it is not. */
    private int slot(Packet packet, byte state) {
        int slot = packet.id() - 1;
        if (slot >= 0 && slot < plan.window && states[slot] == state) {
            return slot;
        }
        ledger.onSurprise(clientId + " got packet type " + packet.type() + " for id " + packet.id());
        return -1;
    }

    private void free(int slot) {
        states[slot] = FREE;
        inFlight--;
    }
}
