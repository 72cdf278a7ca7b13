package io.tally.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.port.Positions;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.command.RestartedCommand;
import io.tally.protocol.command.SubscribeCommand;
import java.nio.charset.StandardCharsets;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the engine does with messages and acknowledgements allocates nothing, for each kind of command. */
class EngineAllocationTest {
    private static final int PUBLISHER = 1;
    private static final int LASTING = 2;
    private static final int VOLATILE = 3;
    private static final int VERSION = 5;
    private static final long TIME_MS = 1_000;
    private static final int ENTRY_BYTES = 64;
    private static final int ENTRIES_PER_FILE = 1_000_000;

    private final CountingSink effects = new CountingSink();
    private final Engine engine = new Engine(effects, (position, view) -> -1, new MemoryStateStore());
    private final ExpandableArrayBuffer command = new ExpandableArrayBuffer();
    private long entries;
    private long sequence;

    @BeforeEach
    void connect() {
        engine.load();
        RestartedCommand.write(command, 0, Limits.NONE);
        journaled(RestartedCommand.LENGTH);
        connect(PUBLISHER, 0);
        connect(LASTING, 0);
        connect(VOLATILE, ConnectCommand.FLAG_CLEAN_START | ConnectCommand.FLAG_VOLATILE);
        subscribe(LASTING, "lasting/#");
        subscribe(VOLATILE, "volatile/+");
    }

    private void connect(long connection, int flags) {
        CommandHeader.write(command, 0, CommandType.CONNECT, 0, 0, connection);
        ConnectCommand.writeFixed(command, 0, flags, VERSION, 65_535, flags == 0 ? ConnectCommand.EXPIRY_NEVER : 0);
        ConnectCommand.writeLengths(command, 0, 0, 1, 0, 0);
        command.putByte(ConnectCommand.FIXED_LENGTH, (byte) ('a' + connection));
        journaled(ConnectCommand.FIXED_LENGTH + 1);
    }

    private void subscribe(long connection, String filter) {
        CommandHeader.write(command, 0, CommandType.SUBSCRIBE, 0, 0, connection);
        SubscribeCommand.write(command, 0, 1, 1, 0);
        SubscribeCommand.writeFilterFixed(command, SubscribeCommand.FIXED_LENGTH, 2, 0, filter.length());
        int at = SubscribeCommand.FIXED_LENGTH + SubscribeCommand.FILTER_FIXED_LENGTH;
        command.putBytes(at, filter.getBytes(StandardCharsets.UTF_8));
        journaled(at + filter.length());
    }

    private void journaled(int length) {
        long file = 1 + entries / ENTRIES_PER_FILE;
        long position = Positions.of((int) file, entries++ % ENTRIES_PER_FILE * ENTRY_BYTES + ENTRY_BYTES);
        engine.onCommand(position, TIME_MS, command, 0, length);
    }

    private void bypassed(int length) {
        engine.onCommand(0, TIME_MS, command, 0, length);
    }

    private int publish(int qos, byte[] topic) {
        int packetId = qos == 0 ? 0 : SessionQueue.packetId(sequence);
        CommandHeader.write(command, 0, CommandType.PUBLISH, 0, 0, PUBLISHER);
        PublishCommand.writeFixed(command, 0, qos, VERSION, packetId, 0);
        PublishCommand.writeLengths(command, 0, topic.length, 0, 8);
        command.putBytes(PublishCommand.FIXED_LENGTH, topic);
        return PublishCommand.FIXED_LENGTH + topic.length + 8;
    }

    private int ack(int kind, long connection) {
        CommandHeader.write(command, 0, CommandType.ACKS, 0, 0, connection);
        AcksCommand.count(command, 0, 1);
        AcksCommand.entry(command, 0, 0, kind, 0, SessionQueue.packetId(sequence));
        return AcksCommand.length(1);
    }

    private static byte[] topic(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    /** Each round must have delivered one message. */
    private void assertAllocatesNothing(Runnable round) {
        long before = effects.deliveries;
        long[] rounds = new long[1];
        long bytes = Allocations.leastBytes(() -> {
            round.run();
            rounds[0]++;
        });
        assertEquals(0, bytes);
        assertEquals(rounds[0], effects.deliveries - before);
    }

    @Test
    void qos0() {
        byte[] topic = topic("volatile/1");
        assertAllocatesNothing(() -> bypassed(publish(0, topic)));
    }

    @Test
    void qos1ToALastingSession() {
        byte[] topic = topic("lasting/1");
        assertAllocatesNothing(() -> {
            journaled(publish(1, topic));
            journaled(ack(AcksCommand.PUBACK, LASTING));
            sequence++;
        });
    }

    @Test
    void qos1ToAVolatileSession() {
        byte[] topic = topic("volatile/1");
        assertAllocatesNothing(() -> {
            journaled(publish(1, topic));
            bypassed(ack(AcksCommand.PUBACK, VOLATILE));
            sequence++;
        });
    }

    @Test
    void qos2() {
        byte[] topic = topic("lasting/1");
        assertAllocatesNothing(() -> {
            journaled(publish(2, topic));
            journaled(ack(AcksCommand.PUBREL, PUBLISHER));
            journaled(ack(AcksCommand.PUBREC, LASTING));
            journaled(ack(AcksCommand.PUBCOMP, LASTING));
            sequence++;
        });
    }

    @Test
    void manyInFlight() {
        byte[] topic = topic("lasting/1");
        for (int i = 0; i < 1_000; i++) {
            journaled(publish(1, topic));
        }
        effects.deliveries = 0;
        assertAllocatesNothing(() -> {
            journaled(publish(1, topic));
            journaled(ack(AcksCommand.PUBACK, LASTING));
            sequence++;
        });
    }
}
