package io.tally.protocol.gateway;

import io.tally.protocol.codec.AckDecoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.DisconnectDecoder;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.SubackEncoder;
import java.util.ArrayList;
import org.agrona.collections.Long2ObjectHashMap;

/** What the connections of one I/O loop share. Owned by its thread. */
final class LoopContext {
    final GatewayConfig config;
    final LoopPorts ports;
    final GatewayCounters counters = new GatewayCounters();
    final CommandWriter commands;
    final DeliveryWriter deliveries;
    final Handshake handshake;
    final ConnectionTimers timers;

    final PublishDecoder publish = new PublishDecoder(Direction.TO_SERVER);
    final AckDecoder ack = new AckDecoder(Direction.TO_SERVER);
    final DisconnectDecoder disconnect = new DisconnectDecoder(Direction.TO_SERVER);
    final PropertyWriter properties = new PropertyWriter();
    final SubackEncoder suback = new SubackEncoder();
    final SubscriptionWriter subscriptions;

    /** Connections that effects may name. */
    final Long2ObjectHashMap<MqttConnection> connections = new Long2ObjectHashMap<>();

    private ArrayList<MqttConnection> dirty = new ArrayList<>();
    private ArrayList<MqttConnection> dirtyBefore = new ArrayList<>();
    private final ArrayList<MqttConnection> waitingForRing = new ArrayList<>();
    private long nowNs;
    private long nowMs;
    private boolean timeStale;

    LoopContext(GatewayConfig config, LoopPorts ports) {
        this.config = config;
        this.ports = ports;
        commands = new CommandWriter(ports.commands(), ports.index());
        deliveries = new DeliveryWriter(ports.messages());
        handshake = new Handshake(config, ports.index());
        subscriptions = new SubscriptionWriter(config, ports.index());
        readClocks();
        timers = new ConnectionTimers(nowNs);
    }

    /** Time is read at most once between two calls of this. */
    void expireTime() {
        timeStale = true;
    }

    long nowNs() {
        readClocks();
        return nowNs;
    }

    long nowMs() {
        readClocks();
        return nowMs;
    }

    private void readClocks() {
        if (timeStale || nowMs == 0) {
            nowNs = ports.nanoClock().nanoTime();
            nowMs = ports.epochClock().time();
            timeStale = false;
        }
    }

    /** Has {@link MqttConnection#flush} called at the end of the iteration. */
    void addDirty(MqttConnection connection) {
        dirty.add(connection);
    }

    /** Has {@link MqttConnection#retry} called in each iteration until it answers true. */
    void addWaitingForRing(MqttConnection connection) {
        waitingForRing.add(connection);
    }

    /** Lets those go on that found the command ring full; returns how many could. */
    int retryWaiting() {
        int done = 0;
        int size = waitingForRing.size();
        int kept = 0;
        for (int i = 0; i < size; i++) {
            MqttConnection connection = waitingForRing.get(i);
            if (connection.retry()) {
                done++;
            } else {
                waitingForRing.set(kept++, connection);
            }
        }
        while (waitingForRing.size() > kept) {
            waitingForRing.remove(waitingForRing.size() - 1);
        }
        return done;
    }

    boolean isAnyWaitingForRing() {
        return !waitingForRing.isEmpty();
    }

    boolean isAnyDirty() {
        return !dirty.isEmpty();
    }

    /** Flushes each connection that has something to send, once. */
    void flushDirty() {
        ArrayList<MqttConnection> now = dirty;
        dirty = dirtyBefore;
        dirtyBefore = now;
        for (int i = 0; i < now.size(); i++) {
            now.get(i).flush();
        }
        now.clear();
    }

    /** Puts into {@link #properties} what CONNACK tells a client that is accepted. */
    void describe(ClientTerms terms, long sessionExpirySeconds) {
        properties.clear();
        if (sessionExpirySeconds != terms.sessionExpirySeconds()) {
            properties.add(Property.SESSION_EXPIRY_INTERVAL, sessionExpirySeconds);
        }
        if (terms.idAssigned()) {
            properties.add(Property.ASSIGNED_CLIENT_IDENTIFIER, terms.clientId());
        }
        if (terms.keepAliveOurs()) {
            properties.add(Property.SERVER_KEEP_ALIVE, terms.keepAliveSeconds());
        }
        if (config.receiveMaximum() != 65_535) {
            properties.add(Property.RECEIVE_MAXIMUM, config.receiveMaximum());
        }
        if (config.packetBytesMax() < GatewayConfig.PACKET_BYTES_LIMIT) {
            properties.add(Property.MAXIMUM_PACKET_SIZE, config.packetBytesMax());
        }
        if (config.topicAliasMax() != 0) {
            properties.add(Property.TOPIC_ALIAS_MAXIMUM, config.topicAliasMax());
        }
        if (!config.retainAvailable()) {
            properties.add(Property.RETAIN_AVAILABLE, 0);
        }
    }
}
