package io.tally.protocol.gateway;

import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.command.SubscribeCommand;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.BodyEffect;
import io.tally.protocol.effect.CloseEffect;
import io.tally.protocol.effect.ConnackEffect;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.effect.EffectType;
import io.tally.protocol.effect.ReleaseEffect;
import io.tally.protocol.effect.SubackEffect;
import io.tally.protocol.topic.TopicFilters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;

/**
 * The far side of the gateway's rings: a broker that grants everything, keeps no session, and delivers each message to
 * every matching subscription. Effects can be written by hand, too.
 */
final class ScriptedEngine implements MessageSource {
    private static final int MESSAGE_TYPE = 1;

    private final ManyToOneRingBuffer commands;
    private final List<OneToOneRingBuffer> effects;
    private final Map<Long, Integer> gatewayOf = new HashMap<>();
    private final Map<Long, Integer> nextPacketId = new HashMap<>();
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final Map<Long, byte[]> journal = new ConcurrentHashMap<>();
    private long lastPosition;
    private long timeMs;

    /** Every command handled, in order. */
    final List<byte[]> handled = new ArrayList<>();

    /** Files released by the gateway. */
    final List<Long> released = new ArrayList<>();

    /** Whether DELIVERs of QoS > 0 name a position; else the body goes ahead of them. */
    boolean byPosition = true;

    private record Subscription(long connection, String filter, int qos, int identifier) {}

    ScriptedEngine(ManyToOneRingBuffer commands, List<OneToOneRingBuffer> effects) {
        this.commands = commands;
        this.effects = effects;
    }

    void timeMs(long now) {
        timeMs = now;
    }

    /** Handles what is in the command ring. */
    int poll() {
        return commands.read((type, b, offset, length) -> onCommand(b, offset, length));
    }

    private void onCommand(DirectBuffer b, int offset, int length) {
        byte[] copy = new byte[length];
        b.getBytes(offset, copy);
        handled.add(copy);
        UnsafeBuffer command = new UnsafeBuffer(copy);
        long connection = CommandHeader.connection(command, 0);
        switch (CommandHeader.type(command, 0)) {
            case CommandType.CONNECT -> {
                gatewayOf.put(connection, CommandHeader.gateway(command, 0));
                connack(connection, 0, false, 0);
            }
            case CommandType.DISCONNECTED -> subscriptions.removeIf(s -> s.connection == connection);
            case CommandType.PUBLISH -> onPublish(connection, command);
            case CommandType.ACKS -> onAcks(connection, command);
            case CommandType.SUBSCRIBE -> onSubscribe(connection, new SubscribeCommand().wrap(command, 0));
            case CommandType.UNSUBSCRIBE -> onUnsubscribe(connection, new SubscribeCommand().wrap(command, 0));
            default -> throw new IllegalStateException("command type " + CommandHeader.type(command, 0));
        }
    }

    private void onPublish(long connection, UnsafeBuffer command) {
        PublishCommand p = new PublishCommand().wrap(command, 0);
        if ((CommandHeader.flags(command, 0) & CommandHeader.FLAG_DENIED) != 0) {
            int code = p.protocolVersion() == 5 ? command.getByte(p.payloadOffset()) & 0xFF : 0;
            ack(connection, p.qos() == 1 ? AcksCommand.PUBACK : AcksCommand.PUBREC, p.packetId(), code);
            return;
        }
        String topic = command.getStringWithoutLengthUtf8(p.topicOffset(), p.topicLength());
        long position = journal(1, command.byteArray());
        for (Subscription s : List.copyOf(subscriptions)) {
            if (TopicFilters.matches(s.filter, topic)) {
                deliver(s, Math.min(s.qos, p.qos()), position, command);
            }
        }
        if (p.qos() != 0) {
            ack(connection, p.qos() == 1 ? AcksCommand.PUBACK : AcksCommand.PUBREC, p.packetId(), 0);
        }
    }

    private void deliver(Subscription s, int qos, long position, UnsafeBuffer command) {
        boolean direct = qos == 0 || !byPosition;
        if (direct) {
            body(s.connection, command);
        }
        int packetId = qos == 0 ? 0 : nextPacketId.merge(s.connection, 1, Integer::sum);
        int[] identifiers = s.identifier == 0 ? new int[0] : new int[] {s.identifier};
        deliver(s.connection, qos, packetId, direct ? 0 : position, identifiers);
    }

    private void onAcks(long connection, UnsafeBuffer command) {
        for (int i = 0; i < AcksCommand.count(command, 0); i++) {
            int packetId = AcksCommand.packetId(command, 0, i);
            switch (AcksCommand.kind(command, 0, i)) {
                case AcksCommand.PUBREC -> ack(connection, AcksCommand.PUBREL, packetId, 0);
                case AcksCommand.PUBREL -> ack(connection, AcksCommand.PUBCOMP, packetId, 0);
                default -> {}
            }
        }
    }

    private void onSubscribe(long connection, SubscribeCommand command) {
        List<Integer> codes = new ArrayList<>();
        while (command.nextFilter()) {
            int qos = command.options() & 3;
            codes.add(command.refusal() != 0 ? command.refusal() : qos);
            subscriptions.add(new Subscription(connection, command.filter(), qos, command.subscriptionId()));
        }
        suback(EffectType.SUBACK, connection, command.packetId(), codes);
    }

    private void onUnsubscribe(long connection, SubscribeCommand command) {
        List<Integer> codes = new ArrayList<>();
        while (command.nextFilter()) {
            String filter = command.filter();
            boolean had = subscriptions.removeIf(s -> s.connection == connection && s.filter.equals(filter));
            codes.add(had ? 0 : 0x11);
        }
        suback(EffectType.UNSUBACK, connection, command.packetId(), codes);
    }

    /** A PUBLISH command with "x" in it, as a publisher's gateway writes it. */
    static byte[] publishCommand(String topic) {
        byte[] name = Packets.text(topic);
        UnsafeBuffer b = new UnsafeBuffer(new byte[PublishCommand.FIXED_LENGTH + name.length + 1]);
        CommandHeader.write(b, 0, CommandType.PUBLISH, 0, 0, 77);
        PublishCommand.writeFixed(b, 0, 0, 4, 0, 0);
        PublishCommand.writeLengths(b, 0, name.length, 0, 1);
        b.putBytes(PublishCommand.FIXED_LENGTH, name);
        b.putByte(PublishCommand.FIXED_LENGTH + name.length, (byte) 'x');
        return b.byteArray();
    }

    /** Puts a command into the journal; returns its position. */
    long journal(int file, byte[] command) {
        lastPosition += 8;
        long position = ((long) file << 32) | lastPosition;
        journal.put(position, command.clone());
        return position;
    }

    @Override
    public long read(long position, UnsafeBuffer view) {
        byte[] command = journal.get(position);
        if (command == null) {
            return NONE;
        }
        view.wrap(command);
        return timeMs;
    }

    @Override
    public void release(long file) {
        released.add(file);
        journal.keySet().removeIf(position -> position >>> 32 == file);
    }

    // ---- effects by hand ----

    void onConnection(long connection, int gateway) {
        gatewayOf.put(connection, gateway);
    }

    void connack(long connection, int reasonCode, boolean sessionPresent, long expirySeconds) {
        write(
                connection,
                ConnackEffect.LENGTH,
                (b, at) -> ConnackEffect.write(b, at, connection, reasonCode, sessionPresent, expirySeconds));
    }

    void ack(long connection, int kind, int packetId, int reasonCode) {
        write(connection, AckEffect.LENGTH, (b, at) -> AckEffect.write(b, at, connection, kind, packetId, reasonCode));
    }

    void body(long connection, UnsafeBuffer command) {
        int length = command.capacity();
        write(
                connection,
                BodyEffect.FIXED_LENGTH + length,
                (b, at) -> BodyEffect.write(b, at, timeMs, command, 0, length));
    }

    /** As the engine does when the ring takes no longer records; {@code between} is called behind each part. */
    void bodyInParts(long connection, UnsafeBuffer command, int partBytes, Runnable between) {
        body(connection, new UnsafeBuffer(command, 0, partBytes));
        between.run();
        for (int part = partBytes; part < command.capacity(); part += partBytes) {
            int from = part;
            int length = Math.min(partBytes, command.capacity() - part);
            write(
                    connection,
                    BodyEffect.FIXED_LENGTH + length,
                    (b, at) -> BodyEffect.writeNext(b, at, command, from, length));
            between.run();
        }
    }

    /** A delivery whose acknowledgements are journaled. */
    void deliver(long connection, int flags, int packetId, long position, int... identifiers) {
        deliverUnjournaled(connection, flags | DeliverEffect.FLAG_JOURNALED, packetId, position, identifiers);
    }

    void deliverUnjournaled(long connection, int flags, int packetId, long position, int... identifiers) {
        write(connection, DeliverEffect.length(identifiers.length), (b, at) -> {
            DeliverEffect.write(b, at, connection, flags, packetId, position);
            DeliverEffect.subscriptionIds(b, at, identifiers);
        });
    }

    void suback(int type, long connection, int packetId, List<Integer> codes) {
        write(connection, SubackEffect.FIXED_LENGTH + codes.size(), (b, at) -> {
            SubackEffect.write(b, at, type, connection, packetId, codes.size());
            for (int i = 0; i < codes.size(); i++) {
                SubackEffect.reasonCode(b, at, i, codes.get(i));
            }
        });
    }

    void close(long connection, int reasonCode) {
        write(connection, CloseEffect.LENGTH, (b, at) -> CloseEffect.write(b, at, connection, reasonCode));
    }

    void releaseEffect(int gateway, long file) {
        write(effects.get(gateway), ReleaseEffect.LENGTH, (b, at) -> ReleaseEffect.write(b, at, file));
    }

    private void write(long connection, int length, Layout layout) {
        write(effects.get(gatewayOf.getOrDefault(connection, 0)), length, layout);
    }

    private static void write(OneToOneRingBuffer ring, int length, Layout layout) {
        int at = ring.tryClaim(MESSAGE_TYPE, length);
        while (at < 0) {
            Thread.onSpinWait();
            at = ring.tryClaim(MESSAGE_TYPE, length);
        }
        layout.write(ring.buffer(), at);
        ring.commit(at);
    }

    private interface Layout {
        void write(MutableDirectBuffer b, int at);
    }
}
