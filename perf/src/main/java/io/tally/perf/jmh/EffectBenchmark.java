package io.tally.perf.jmh;

import io.tally.engine.egress.EffectWriter;
import io.tally.protocol.command.AcksCommand;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Effects from the engine into memory. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EffectBenchmark {
    private static final int CONNECTION = 2;
    private static final int[] NO_IDS = {};
    private static final int[] THREE_IDS = {1, 200, 30_000};

    private final CountedEffects effects = new CountedEffects();
    private final EffectWriter writer = new EffectWriter(effects);
    private final UnsafeBuffer message = Commands.publish(1, "meter/4711", 0, 256);
    private int packetId;

    /** PUBACK to a publisher. */
    @Benchmark
    public void acknowledgement() {
        writer.ack(0, CONNECTION, AcksCommand.PUBACK, packetId++ & 0xFFFF, 0);
    }

    /** A delivery by position. */
    @Benchmark
    public void delivery() {
        writer.deliver(0, CONNECTION, 1, packetId++ & 0xFFFF, 4711, NO_IDS);
    }

    @Benchmark
    public void deliveryWithSubscriptionIdentifiers() {
        writer.deliver(0, CONNECTION, 1, packetId++ & 0xFFFF, 4711, THREE_IDS);
    }

    /** A message that is not in the journal, 256 bytes, and its delivery. */
    @Benchmark
    public void bodyAndDelivery() {
        writer.nextBody();
        writer.body(0, 1_000, message, 0, message.capacity());
        writer.deliver(0, CONNECTION, 0, 0, 0, NO_IDS);
    }
}
