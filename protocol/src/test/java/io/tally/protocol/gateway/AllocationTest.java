package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.BodyEffect;
import io.tally.protocol.effect.DeliverEffect;
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
    private int packetId;

    AllocationTest() {
        loop.receive(
                connection, Packets.connect(new ConnectEncoder().begin(4, "c").cleanStart(false)));
        loop.settle();
        out.isForgetful = true;
        CommandHeader.write(message, 0, CommandType.PUBLISH, 0, 0, 77);
        PublishCommand.writeFixed(message, 0, 1, 4, 1, 0);
        PublishCommand.writeLengths(message, 0, 10, 0, 254);
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
