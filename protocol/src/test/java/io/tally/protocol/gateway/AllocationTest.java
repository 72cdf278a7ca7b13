package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.BodyEffect;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.effect.EffectType;
import io.tally.protocol.effect.SubackEffect;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.junit.jupiter.api.Test;

/** Messages and acknowledgements allocate nothing, in either direction. */
class AllocationTest {
    private static final int WARM_UP = 5_000;
    private static final int ROUNDS = 5_000;
    private static final int BATCH = 50;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final TestLoop loop =
            new TestLoop(GatewayConfig.builder().inFlightMessagesMax(0).build(), 1 << 17);
    private final MemoryOutput out = new MemoryOutput();
    private final MqttConnection connection = loop.open(out);
    private final MessageHandler discard = (type, b, offset, length) -> {};
    private final UnsafeBuffer acks = new UnsafeBuffer(new byte[BATCH * 4]);
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[300]);
    private final int[] subscriptionIds = {300};
    private int packetId;

    AllocationTest() {
        connect(connection, Packets.terse(4, "c").cleanStart(false));
        out.isForgetful = true;
        CommandHeader.write(message, 0, CommandType.PUBLISH, 0, 0, 77);
        PublishCommand.writeFixed(message, 0, 1, 4, 1, 0);
        PublishCommand.writeLengths(message, 0, 10, 0, 254);
    }

    private void connect(MqttConnection c, ConnectEncoder packet) {
        loop.receive(c, Packets.connect(packet));
        loop.settle();
    }

    /** Another connection, of version 5. */
    private MqttConnection connectV5(PropertyWriter properties) {
        MqttConnection c = loop.open(out);
        connect(c, Packets.terse(5, "d").cleanStart(false).properties(properties));
        return c;
    }

    /** A test machine may allocate for its own ends now and then; a byte per message would be 250,000. */
    private void assertAllocatesNothing(Runnable batch) {
        for (int i = 0; i < WARM_UP; i++) {
            batch.run();
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++) {
            batch.run();
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 20_000, allocated + " bytes");
    }

    private static void empty(RingBuffer ring, MessageHandler handler) {
        while (ring.size() > 0) {
            ring.read(handler);
        }
    }

    @Test
    void publishesIn() {
        UnsafeBuffer packets = batchOf(Packets.publish(4, 1, 7, "a/b/c", new byte[100]));
        assertAllocatesNothing(() -> {
            connection.onBytes(packets, 0, packets.capacity());
            empty(loop.commands, discard);
        });
    }

    @Test
    void publishesInThatAreCut() {
        UnsafeBuffer packets = batchOf(Packets.publish(4, 0, 0, "a/b/c", new byte[100]));
        assertAllocatesNothing(() -> {
            connection.onBytes(packets, 0, 1000);
            connection.onBytes(packets, 1000, packets.capacity() - 1000);
            empty(loop.commands, discard);
        });
    }

    private static UnsafeBuffer batchOf(byte[] packet) {
        byte[][] packets = new byte[BATCH][];
        Arrays.fill(packets, packet);
        return new UnsafeBuffer(Packets.join(packets));
    }

    @Test
    void deliveriesByPositionAndTheirAcknowledgements() {
        long position = loop.engine.journal(1, message.byteArray());
        assertAllocatesNothing(() -> deliver(1, position));
    }

    @Test
    void deliveriesOfABody() {
        assertAllocatesNothing(() -> {
            int at = loop.effects.tryClaim(1, BodyEffect.FIXED_LENGTH + message.capacity());
            BodyEffect.write(loop.effects.buffer(), at, 0, message, 0, message.capacity());
            loop.effects.commit(at);
            deliver(0, 0);
        });
    }

    private void deliver(int qos, long position) {
        for (int i = 0; i < BATCH; i++) {
            packetId = packetId % 65_535 + 1;
            int at = loop.effects.tryClaim(1, DeliverEffect.FIXED_LENGTH);
            DeliverEffect.write(loop.effects.buffer(), at, connection.id, qos, qos == 0 ? 0 : packetId, position);
            loop.effects.commit(at);
            acks.putByte(i * 4, (byte) (PacketType.PUBACK << 4));
            acks.putByte(i * 4 + 1, (byte) 2);
            acks.putShort(i * 4 + 2, (short) packetId, ByteOrder.BIG_ENDIAN);
        }
        iterate();
        if (qos != 0) {
            connection.onBytes(acks, 0, acks.capacity());
            empty(loop.commands, discard);
        }
    }

    @Test
    void deliveriesWithQos2AndSubscriptionIdentifiers() {
        MqttConnection c = connectV5(new PropertyWriter());
        long position = loop.engine.journal(1, message.byteArray());
        assertAllocatesNothing(() -> {
            deliverBatch(c, 2, position);
            acknowledge(c, PacketType.PUBREC);
            for (int i = 0; i < BATCH; i++) {
                answer(c, PacketType.PUBREL, acks.getShort(i * 4 + 2, ByteOrder.BIG_ENDIAN) & 0xFFFF);
            }
            iterate();
            acknowledge(c, PacketType.PUBCOMP);
        });
        assertEachCounted(Counter.PUBLISHES_OUT);
    }

    private void assertEachCounted(Counter counter) {
        assertEquals((WARM_UP + ROUNDS) * BATCH, loop.context.counters.value(counter));
    }

    /** Of deliveries that an earlier connection has made. */
    @Test
    void completionsAfterAResume() {
        MqttConnection c = connectV5(new PropertyWriter());
        assertAllocatesNothing(() -> {
            for (int i = 0; i < BATCH; i++) {
                answer(c, PacketType.PUBREL, i + 1);
                acks.putShort(i * 4 + 2, (short) (i + 1), ByteOrder.BIG_ENDIAN);
            }
            iterate();
            acknowledge(c, PacketType.PUBCOMP);
        });
    }

    @Test
    void deliveriesThatWaitForTheClientsReceiveMaximum() {
        MqttConnection c = connectV5(new PropertyWriter().add(Property.RECEIVE_MAXIMUM, BATCH / 5));
        long position = loop.engine.journal(1, message.byteArray());
        assertAllocatesNothing(() -> {
            deliverBatch(c, 1, position);
            for (int i = 0; i < 5; i++) {
                acknowledge(c, PacketType.PUBACK);
                iterate();
            }
        });
        assertEachCounted(Counter.PUBLISHES_OUT);
    }

    @Test
    void queuedQos0() {
        MqttConnection c = connectV5(new PropertyWriter());
        long position = loop.engine.journal(1, message.byteArray());
        assertAllocatesNothing(() -> {
            deliverBatch(c, 0, position);
            empty(loop.commands, discard);
        });
        assertEachCounted(Counter.PUBLISHES_OUT);
    }

    private void deliverBatch(MqttConnection c, int qos, long position) {
        for (int i = 0; i < BATCH; i++) {
            packetId = packetId % 65_535 + 1;
            int at = loop.effects.tryClaim(1, DeliverEffect.length(1));
            DeliverEffect.write(loop.effects.buffer(), at, c.id, qos, packetId, position);
            DeliverEffect.subscriptionIds(loop.effects.buffer(), at, subscriptionIds);
            loop.effects.commit(at);
            acks.putShort(i * 4 + 2, (short) packetId, ByteOrder.BIG_ENDIAN);
        }
        iterate();
    }

    /** All of the batch. */
    private void acknowledge(MqttConnection c, int type) {
        for (int i = 0; i < BATCH; i++) {
            acks.putByte(i * 4, (byte) (type << 4));
            acks.putByte(i * 4 + 1, (byte) 2);
        }
        c.onBytes(acks, 0, acks.capacity());
        empty(loop.commands, discard);
    }

    private void answer(MqttConnection c, int type, int id) {
        int at = loop.effects.tryClaim(1, AckEffect.LENGTH);
        AckEffect.write(loop.effects.buffer(), at, c.id, type, id, 0);
        loop.effects.commit(at);
    }

    @Test
    void publishesInWithQos2() {
        MqttConnection c = connectV5(new PropertyWriter());
        UnsafeBuffer publishes = batchOf(Packets.publish(5, 2, 7, "a/b/c", new byte[100]));
        UnsafeBuffer releases = batchOf(Packets.ack(5, PacketType.PUBREL, 7, 0));
        assertAllocatesNothing(() -> {
            c.onBytes(publishes, 0, publishes.capacity());
            answerBatch(c, PacketType.PUBREC);
            c.onBytes(releases, 0, releases.capacity());
            answerBatch(c, PacketType.PUBCOMP);
            empty(loop.commands, discard);
        });
        assertEachCounted(Counter.PUBLISHES_IN);
    }

    private void answerBatch(MqttConnection c, int type) {
        for (int i = 0; i < BATCH; i++) {
            answer(c, type, 7);
        }
        iterate();
    }

    @Test
    void publishesInByTopicAlias() {
        MqttConnection c = connectV5(new PropertyWriter());
        PropertyWriter alias = new PropertyWriter().add(Property.TOPIC_ALIAS, 3);
        loop.receive(c, Packets.publish(5, 0, 0, "a/b/c", new byte[0], alias));
        UnsafeBuffer packets = batchOf(Packets.publish(5, 0, 0, "", new byte[100], alias));
        assertAllocatesNothing(() -> {
            c.onBytes(packets, 0, packets.capacity());
            empty(loop.commands, discard);
        });
        assertTrue(c.isTalking());
    }

    @Test
    void pingsAndSubacks() {
        UnsafeBuffer pings = batchOf(Packets.PINGREQ);
        assertAllocatesNothing(() -> {
            connection.onBytes(pings, 0, pings.capacity());
            int at = loop.effects.tryClaim(1, SubackEffect.FIXED_LENGTH + 1);
            SubackEffect.write(loop.effects.buffer(), at, EffectType.SUBACK, connection.id, 1, 1);
            SubackEffect.reasonCode(loop.effects.buffer(), at, 0, 1);
            loop.effects.commit(at);
            iterate();
        });
    }

    @Test
    void deadlines() {
        ConnectionTimers timers = new ConnectionTimers(0);
        ConnectionTimers.Node[] nodes = new ConnectionTimers.Node[BATCH];
        Arrays.setAll(nodes, i -> new ConnectionTimers.Node(nowNs -> {}));
        long[] now = new long[1];
        assertAllocatesNothing(() -> {
            for (int i = 0; i < BATCH; i++) {
                timers.schedule(nodes[i], now[0] + i * ConnectionTimers.TICK_NS / 10);
            }
            timers.cancel(nodes[BATCH / 2]);
            now[0] += 10 * ConnectionTimers.TICK_NS;
            timers.poll(now[0]);
        });
        assertEquals(Long.MAX_VALUE, timers.waitNs(now[0]));
    }

    private void iterate() {
        do {
            loop.iterate();
        } while (loop.effects.size() > 0);
    }

    @Test
    void acknowledgementsOut() {
        assertAllocatesNothing(() -> {
            for (int i = 0; i < BATCH; i++) {
                int at = loop.effects.tryClaim(1, AckEffect.LENGTH);
                AckEffect.write(loop.effects.buffer(), at, connection.id, PacketType.PUBACK, i + 1, 0);
                loop.effects.commit(at);
            }
            iterate();
        });
    }
}
