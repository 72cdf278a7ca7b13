package io.tally.engine.sim;

import io.tally.engine.port.MessageReader;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.BodyEffect;
import io.tally.protocol.effect.CloseEffect;
import io.tally.protocol.effect.ConnackEffect;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.effect.EffectHeader;
import io.tally.protocol.effect.EffectType;
import io.tally.protocol.effect.ReleaseEffect;
import io.tally.protocol.effect.SubackEffect;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** One I/O loop: turns packets into commands and effects into packets. */
final class SimulatedGateway {
    private final int index;
    private final CommandPath sequencer;
    private final SimulatedEffects effects;
    private final World world;
    private final MessageView messages;
    private final Map<Long, GatewayConnection> connections = new LinkedHashMap<>();
    private final Map<Link, GatewayConnection> byLink = new LinkedHashMap<>();
    private final List<Link> accepted = new ArrayList<>();
    private UnsafeBuffer body = new UnsafeBuffer(new byte[0]);
    private long bodyTimeMs;

    /** What the gateways of one process share with the rest of the simulation. */
    record World(
            LongSupplier clock,
            LongSupplier nextConnection,
            int inFlightMax,
            boolean journalsQos0,
            Audit audit,
            IntConsumer onReleased,
            Trace trace) {}

    /** What the connections of one gateway share. */
    record Loop(int gateway, CommandPath sequencer, MessageView messages, World world) {}

    SimulatedGateway(int index, CommandPath sequencer, SimulatedEffects effects, MessageReader reader, World world) {
        this.index = index;
        this.sequencer = sequencer;
        this.effects = effects;
        this.world = world;
        this.messages = new MessageView(reader);
    }

    void accept(Link link) {
        accepted.add(link);
    }

    Collection<GatewayConnection> connections() {
        return connections.values();
    }

    // ---- in ----

    /** Whether a link has something for this gateway. */
    boolean canRead() {
        for (Link link : accepted) {
            if (!link.toBroker.isEmpty() || link.hasEndedForBroker()) {
                return true;
            }
        }
        return false;
    }

    /** Reads up to so many packets of one link that has some. */
    void read(Dice dice, int limit) {
        List<Link> ready = new ArrayList<>();
        for (Link link : accepted) {
            if (!link.toBroker.isEmpty() || link.hasEndedForBroker()) {
                ready.add(link);
            }
        }
        if (!ready.isEmpty()) {
            read(dice.pick(ready), limit);
        }
    }

    private void read(Link link, int limit) {
        GatewayConnection connection = byLink.get(link);
        for (int i = 0; i < limit && !link.toBroker.isEmpty(); i++) {
            Packet packet = link.toBroker.remove();
            if (packet instanceof Packet.Connect connect && connection == null) {
                connection = open(link, connect);
            } else if (connection != null && !connection.isClosed()) {
                connection.onPacket(packet);
            }
        }
        if (connection != null) {
            connection.flushAcks();
        }
        if (link.hasEndedForBroker()) {
            accepted.remove(link);
            if (connection != null && !connection.isClosed()) {
                connection.close(true, Packet.NONE);
            }
        }
        forgetClosed(connection);
    }

    private GatewayConnection open(Link link, Packet.Connect connect) {
        long id = world.nextConnection.getAsLong();
        GatewayConnection connection =
                new GatewayConnection(id, link, connect, new Loop(index, sequencer, messages, world));
        connections.put(id, connection);
        byLink.put(link, connection);
        Commands commands = new Commands(index);
        world.trace.add("gateway " + index, "connection " + id + " of " + connect);
        int window = Math.min(connect.options().receiveMaximum(), world.inFlightMax());
        Packet.Connect bounded =
                new Packet.Connect(connect.clientId(), connect.options().receiveMaximum(window));
        sequencer.offer(commands.connect(id, bounded));
        return connection;
    }

    private void forgetClosed(@Nullable GatewayConnection connection) {
        if (connection != null && connection.isClosed()) {
            connections.remove(connection.id());
            byLink.remove(connection.link());
            accepted.remove(connection.link());
        }
    }

    // ---- out ----

    boolean hasEffects() {
        return !effects.ring(index).isEmpty();
    }

    /** Takes up to so many effects out of its ring. */
    void pollEffects(int limit) {
        ArrayDeque<byte[]> ring = effects.ring(index);
        for (int i = 0; i < limit && !ring.isEmpty(); i++) {
            onEffect(new UnsafeBuffer(ring.remove()));
        }
    }

    private void onEffect(UnsafeBuffer e) {
        int type = EffectHeader.type(e, 0);
        if (type == EffectType.BODY) {
            body = new UnsafeBuffer(SimulatedEffects.body(body.byteArray(), e));
            bodyTimeMs = BodyEffect.isNext(e, 0) ? bodyTimeMs : BodyEffect.timeMs(e, 0);
            return;
        }
        if (type == EffectType.RELEASE) {
            onRelease((int) ReleaseEffect.file(e, 0));
            return;
        }
        Expected expected = type == EffectType.DELIVER ? world.audit.nextPushed(index) : null;
        GatewayConnection connection = connections.get(EffectHeader.connection(e, 0));
        if (connection == null) {
            return;
        }
        switch (type) {
            case EffectType.CONNACK ->
                connection.onConnack(
                        ConnackEffect.reasonCode(e, 0),
                        ConnackEffect.sessionPresent(e, 0),
                        ConnackEffect.expirySeconds(e, 0));
            case EffectType.ACK -> onAck(connection, e);
            case EffectType.DELIVER ->
                connection.onDeliver(new PendingDelivery(
                        DeliverEffect.flags(e, 0),
                        DeliverEffect.packetId(e, 0),
                        DeliverEffect.position(e, 0),
                        body,
                        bodyTimeMs,
                        subscriptionIds(e),
                        Objects.requireNonNull(expected)));
            case EffectType.SUBACK -> connection.send(new Packet.Suback(SubackEffect.packetId(e, 0), reasonCodes(e)));
            case EffectType.UNSUBACK ->
                connection.send(new Packet.Unsuback(SubackEffect.packetId(e, 0), reasonCodes(e)));
            case EffectType.CLOSE -> connection.onClose(CloseEffect.reasonCode(e, 0));
            default -> throw new AuditFailure("an effect has a known type: " + type);
        }
        forgetClosed(connection);
    }

    private static void onAck(GatewayConnection connection, UnsafeBuffer e) {
        int kind = AckEffect.kind(e, 0);
        if (kind == AckEffect.PUBREL_AGAIN) {
            connection.releaseAgain(AckEffect.packetId(e, 0));
        } else {
            connection.onAck(Packet.AckKind.of(kind), AckEffect.packetId(e, 0), AckEffect.reasonCode(e, 0));
        }
    }

    /**
     * A DELIVER that waits for its place on the wire.
     *
     * @param position 0 = the message is {@code body}
     */
    record PendingDelivery(
            int flags,
            int packetId,
            long position,
            UnsafeBuffer body,
            long bodyTimeMs,
            List<Integer> subscriptionIds,
            Expected expected) {
        int qos() {
            return flags & DeliverEffect.FLAG_QOS_MASK;
        }
    }

    private void onRelease(int file) {
        for (GatewayConnection connection : connections.values()) {
            connection.copyMessagesOf(file);
        }
        world.onReleased.accept(file);
    }

    static List<Integer> subscriptionIds(UnsafeBuffer e) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < DeliverEffect.subscriptionIdCount(e, 0); i++) {
            ids.add(DeliverEffect.subscriptionId(e, 0, i));
        }
        return ids;
    }

    static List<Integer> reasonCodes(UnsafeBuffer e) {
        List<Integer> codes = new ArrayList<>();
        for (int i = 0; i < SubackEffect.count(e, 0); i++) {
            codes.add(SubackEffect.reasonCode(e, 0, i));
        }
        return codes;
    }
}
