package io.tally.perf.jmh;

import io.tally.engine.delivery.SessionQueue;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.AcksCommand;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the engine takes for each kind of command, effects included; messages of 256 bytes, sessions that last. All but
 * RESTARTED: there is one per start of the process, and what it takes is a matter of how many were connected.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EngineBenchmark {
    private static final int BATCH = 64;
    private static final int PAYLOAD_BYTES = 256;
    private static final int PUBLISHER = 1;
    private static final int SUBSCRIBER = 2;
    private static final int OTHER = 3;
    private static final int RETURNING = 4;
    private static final int AWAY = 5;

    /** Most that the broker asks of a CLEAN. */
    private static final int CLEANED = 1_024;

    private static final int UNACKNOWLEDGED = 1_024;

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
    private final UnsafeBuffer resume = Commands.connectLasting(RETURNING, "returning");
    private final UnsafeBuffer goneAgain = Commands.disconnected(RETURNING);
    private final FedEngine engine = new FedEngine(atQos1);
    private long published;
    private long queued;

    @Setup
    public void setUp() {
        engine.load();
        journaled(Commands.connectLasting(PUBLISHER, "publisher"));
        journaled(Commands.connectLasting(SUBSCRIBER, "subscriber"));
        journaled(Commands.subscribe(SUBSCRIBER, "meter/#", 2));
        journaled(resume);
        journaled(Commands.subscribe(RETURNING, "returning/#", 1));
        journaled(goneAgain);
    }

    private long journaled(UnsafeBuffer command) {
        return engine.journaled(command);
    }

    @TearDown
    public void checkThatAllWasDelivered() {
        long deliveries = engine.effects.deliveries();
        Invariant.check(deliveries == published, "every message is delivered", deliveries);
    }

    /** One message to one subscriber; it is not journaled. */
    @Benchmark
    public long publishAtQos0() {
        published++;
        engine.bypassing(atQos0);
        return published;
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
        return queued;
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
        return queued;
    }

    private void acknowledge(UnsafeBuffer command, int kind, long from) {
        for (int i = 0; i < BATCH; i++) {
            AcksCommand.entry(command, 0, i, kind, 0, SessionQueue.packetId(from + i));
        }
        journaled(command);
    }

    /** Messages that the subscriber has been sent, anew for each invocation. */
    @State(Scope.Thread)
    public static class Unacknowledged {
        /** JMH gives this state another one than that whose method it calls. */
        @SuppressWarnings("NullAway.Init")
        private EngineBenchmark of;

        @Setup(Level.Invocation)
        public void publish(EngineBenchmark benchmark) {
            of = benchmark;
            for (int i = 0; i < UNACKNOWLEDGED; i++) {
                benchmark.journaled(benchmark.atQos1);
            }
            benchmark.published += UNACKNOWLEDGED;
        }
    }

    /** A PUBACK's share of an ACKS command of 64. */
    @Benchmark
    @OperationsPerInvocation(UNACKNOWLEDGED)
    public long acknowledge(Unacknowledged messages) {
        return messages.of.acknowledgeAll();
    }

    private long acknowledgeAll() {
        for (int i = 0; i < UNACKNOWLEDGED; i += BATCH) {
            acknowledge(acks, AcksCommand.PUBACK, queued);
            queued += BATCH;
        }
        return queued;
    }

    /** Nobody has subscribed. */
    @Benchmark
    public long publishToNobody() {
        return journaled(toNobody);
    }

    /** A filter comes and goes. */
    @Benchmark
    public long subscribeAndUnsubscribe() {
        journaled(subscribe);
        return journaled(unsubscribe);
    }

    /** A client comes and goes, with a session that ends with its connection. */
    @Benchmark
    public long connectAndDisconnect() {
        journaled(connect);
        return journaled(disconnected);
    }

    /** A client with a session that lasts resumes it and goes again; it has a filter, and nothing waits. */
    @Benchmark
    public long resumeAndDisconnect() {
        journaled(resume);
        return journaled(goneAgain);
    }

    /** A journal file with 1,024 messages that a session still needs, anew for each invocation. */
    @State(Scope.Thread)
    public static class OldFile {
        /** One of so many that were queued is needed, the others have been acknowledged. */
        @Param({"1", "16"})
        public int neededOneOf;

        private final UnsafeBuffer connect = Commands.connectAfresh(AWAY, "away");
        private final UnsafeBuffer subscribe = Commands.subscribe(AWAY, "away/#", 1);
        private final UnsafeBuffer publish = Commands.publish(PUBLISHER, "away/4711", 1, PAYLOAD_BYTES);
        private final UnsafeBuffer disconnected = Commands.disconnected(AWAY);
        private UnsafeBuffer clean = disconnected;
        private int file;

        /** As above. */
        @SuppressWarnings("NullAway.Init")
        private EngineBenchmark of;

        @Setup(Level.Invocation)
        public void fill(EngineBenchmark benchmark) {
            of = benchmark;
            FedEngine engine = benchmark.engine;
            engine.journaled(connect);
            engine.journaled(subscribe);
            engine.nextFile();
            file = engine.file();
            int count = CLEANED * neededOneOf;
            for (int i = 0; i < count; i += BATCH) {
                publishBatch(engine, i);
            }
            benchmark.published += count;
            engine.journaled(disconnected);
            engine.nextFile();
            clean = Commands.clean(file, CLEANED);
        }

        private void publishBatch(FedEngine engine, int from) {
            for (int i = 0; i < BATCH; i++) {
                engine.journaled(publish);
            }
            int entries = 0;
            UnsafeBuffer acks = Commands.acks(AWAY, BATCH - BATCH / neededOneOf);
            for (int i = from; i < from + BATCH; i++) {
                if (i % neededOneOf != 0) {
                    AcksCommand.entry(acks, 0, entries++, AcksCommand.PUBACK, 0, SessionQueue.packetId(i));
                }
            }
            if (entries > 0) {
                engine.journaled(acks);
            }
        }

        /** What the engine remembers of files and sessions that are gone must not become more and more. */
        @TearDown(Level.Invocation)
        public void forget(EngineBenchmark benchmark) {
            long left = benchmark.engine.engine.cleanableBytes(file);
            Invariant.check(left == 0, "one command is enough to clean the file", left);
            benchmark.engine.engine.release(file);
            benchmark.engine.engine.tryCheckpoint();
        }
    }

    /** 1,024 messages are kept apart from their old journal file, for one session. */
    @Benchmark
    public long clean(OldFile old) {
        return old.of.journaled(old.clean);
    }

    /** Nothing is due. */
    @Benchmark
    public long tick() {
        return journaled(tick);
    }
}
