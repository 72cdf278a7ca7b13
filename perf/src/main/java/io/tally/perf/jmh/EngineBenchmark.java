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

/** What the engine takes for a QoS 1 PUBLISH of 256 bytes, effects included. */
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
    private static final long TIME_MS = 1_000;

    private final CountedEffects effects = new CountedEffects();
    private final UnsafeBuffer toSubscriber = Commands.publish(PUBLISHER, "meter/4711", 1, PAYLOAD_BYTES);
    private final Engine engine = new Engine(effects, new OneMessage(toSubscriber), new DiscardingStore());
    private final UnsafeBuffer toNobody = Commands.publish(PUBLISHER, "other/4711", 1, PAYLOAD_BYTES);
    private final UnsafeBuffer acks = Commands.pubacks(SUBSCRIBER, BATCH);
    private long entries;
    private long published;

    @Setup
    public void setUp() {
        engine.load();
        journaled(Commands.restarted());
        journaled(Commands.connect(PUBLISHER, "publisher"));
        journaled(Commands.connect(SUBSCRIBER, "subscriber"));
        journaled(Commands.subscribe(SUBSCRIBER, "meter/#", 1));
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

    /** One message to one subscriber, and its share of the acknowledgement of 64. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long publishAndAcknowledge() {
        for (int i = 0; i < BATCH; i++) {
            journaled(toSubscriber);
            AcksCommand.entry(acks, 0, i, AcksCommand.PUBACK, 0, SessionQueue.packetId(published++));
        }
        engine.onCommand(0, TIME_MS, acks, 0, acks.capacity());
        return engine.position();
    }

    /** Nobody has subscribed. */
    @Benchmark
    public long publishToNobody() {
        journaled(toNobody);
        return engine.position();
    }
}
