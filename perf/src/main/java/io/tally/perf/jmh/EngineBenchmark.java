package io.tally.perf.jmh;

import io.tally.engine.Engine;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Positions;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.AcksCommand;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What the engine takes for each kind of command, effects included; messages of 256 bytes, sessions that last. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EngineBenchmark {
    private static final int BATCH = 64;
    private static final int PAYLOAD_BYTES = 256;
    private static final int ENTRY_BYTES = 384;
    private static final int ENTRIES_PER_FILE = 300_000;
    private static final int PUBLISHER = 1;
    private static final int SUBSCRIBER = 2;
    private static final int OTHER = 3;
    private static final long TIME_MS = 1_000;

    private final CountedEffects effects = new CountedEffects();
    private final UnsafeBuffer atQos1 = Commands.publish(PUBLISHER, "meter/4711", 1, PAYLOAD_BYTES);
    private final UnsafeBuffer atQos0 = Commands.publish(PUBLISHER, "meter/4711", 0, PAYLOAD_BYTES);
    private final UnsafeBuffer atQos2 = Commands.publish(PUBLISHER, "meter/4711", 2, PAYLOAD_BYTES);
    private final UnsafeBuffer toNobody = Commands.publish(PUBLISHER, "other/4711", 1, PAYLOAD_BYTES);
    private final UnsafeBuffer acks = Commands.acks(SUBSCRIBER, BATCH);
    private final UnsafeBuffer releases = Commands.acks(PUBLISHER, BATCH);
    private final UnsafeBuffer subscribe = Commands.subscribe(PUBLISHER, "site/+/meter/#", 1);
    private final UnsafeBuffer unsubscribe = Commands.unsubscribe(PUBLISHER, "site/+/meter/#");
    private final UnsafeBuffer connect = Commands.connect(OTHER, "other");
    private final UnsafeBuffer disconnected = Commands.disconnected(OTHER);
    private final UnsafeBuffer tick = Commands.tick();
    private final Engine engine = new Engine(effects, new OneMessage(atQos1), new DiscardingStore());
    private long entries;
    private long published;
    private long queued;

    @Setup
    public void setUp() {
        engine.load();
        journaled(Commands.restarted());
        journaled(Commands.connectLasting(PUBLISHER, "publisher"));
        journaled(Commands.connectLasting(SUBSCRIBER, "subscriber"));
        journaled(Commands.subscribe(SUBSCRIBER, "meter/#", 2));
    }

    @TearDown
    public void checkThatAllWasDelivered() {
        Invariant.check(effects.deliveries() == published, "every message is delivered", effects.deliveries());
    }

    private void journaled(UnsafeBuffer command) {
        long file = 1 + entries / ENTRIES_PER_FILE;
        long position = Positions.of((int) file, entries++ % ENTRIES_PER_FILE * ENTRY_BYTES + ENTRY_BYTES);
        engine.onCommand(position, TIME_MS, command, 0, command.capacity());
    }

    /** The same message at every position. */
    private record OneMessage(UnsafeBuffer command) implements MessageReader {
        @Override
        public long read(long position, UnsafeBuffer view) {
            view.wrap(command);
            return TIME_MS;
        }
    }

    /** One message to one subscriber; it is not journaled. */
    @Benchmark
    public long publishAtQos0() {
        published++;
        engine.onCommand(0, TIME_MS, atQos0, 0, atQos0.capacity());
        return engine.position();
    }

    /** One message to one subscriber, and its share of the acknowledgement of 64. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long publishAndAcknowledge() {
        for (int i = 0; i < BATCH; i++) {
            journaled(atQos1);
        }
        acknowledge(acks, AcksCommand.PUBACK, queued);
        published += BATCH;
        queued += BATCH;
        return engine.position();
    }

    /** One message to one subscriber, and its share of PUBREL, PUBREC and PUBCOMP of 64. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long publishAtQos2() {
        for (int i = 0; i < BATCH; i++) {
            Commands.packetId(atQos2, 2, SessionQueue.packetId(queued + i));
            journaled(atQos2);
        }
        acknowledge(releases, AcksCommand.PUBREL, queued);
        acknowledge(acks, AcksCommand.PUBREC, queued);
        acknowledge(acks, AcksCommand.PUBCOMP, queued);
        published += BATCH;
        queued += BATCH;
        return engine.position();
    }

    private void acknowledge(UnsafeBuffer command, int kind, long from) {
        for (int i = 0; i < BATCH; i++) {
            AcksCommand.entry(command, 0, i, kind, 0, SessionQueue.packetId(from + i));
        }
        journaled(command);
    }

    /** Nobody has subscribed. */
    @Benchmark
    public long publishToNobody() {
        journaled(toNobody);
        return engine.position();
    }

    /** A filter comes and goes. */
    @Benchmark
    public long subscribeAndUnsubscribe() {
        journaled(subscribe);
        journaled(unsubscribe);
        return engine.position();
    }

    /** A client comes and goes, with a session that ends with its connection. */
    @Benchmark
    public long connectAndDisconnect() {
        journaled(connect);
        journaled(disconnected);
        return engine.position();
    }

    /** Nothing is due. */
    @Benchmark
    public long tick() {
        journaled(tick);
        return engine.position();
    }
}
