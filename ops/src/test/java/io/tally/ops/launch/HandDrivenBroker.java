package io.tally.ops.launch;

import io.tally.engine.Engine;
import io.tally.engine.MemoryStateStore;
import io.tally.protocol.JournalClock;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.RestartedCommand;
import io.tally.protocol.gateway.Gateway;
import io.tally.protocol.gateway.GatewayConfig;
import io.tally.protocol.gateway.GatewayEvents;
import io.tally.protocol.gateway.IoLoop;
import io.tally.protocol.gateway.LoopPorts;
import io.tally.protocol.listener.Listener;
import io.tally.storage.sequencer.CommandFeed;
import io.tally.storage.sequencer.Doorbell;
import io.tally.storage.sequencer.Durability;
import io.tally.storage.sequencer.Sequencer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Gateway, sequencer and engine as they are in the product, on the caller's thread, with real sockets, a journal in
 * memory and a clock that is set. Whatever goes wrong inside is thrown.
 */
final class HandDrivenBroker implements AutoCloseable {
    static final int PACKET_BYTES_MAX = 1 << 14;

    private static final int RING_BYTES = 1 << 20;
    private static final int COMMANDS_PER_TURN = 1024;
    private static final long START_MS = 1_800_000_000_000L;

    private final Failures failures = new Failures();
    private final MemoryJournal journal = new MemoryJournal();
    private final ManyToOneRingBuffer commands = new ManyToOneRingBuffer(ring());
    private final OneToOneRingBuffer bypass = new OneToOneRingBuffer(ring());
    private final OneToOneRingBuffer effectRing = new OneToOneRingBuffer(ring());
    private final AtomicLong released = new AtomicLong();
    private final AtomicLong nextDeadlineMs = new AtomicLong(Long.MAX_VALUE);
    private final IoLoop loop;
    private final RingEffects effects;
    private final Engine engine;
    private final Sequencer sequencer;
    private final CommandFeed feed;
    private final Gateway gateway;
    private final InetSocketAddress address;
    private final JournalClock clock;
    private long timeOfDayMs = START_MS;
    private long passedMs;

    HandDrivenBroker() throws IOException {
        GatewayConfig config = GatewayConfig.builder()
                .listeners(List.of(Listener.tcp("127.0.0.1", 0)))
                .packetBytesMax(PACKET_BYTES_MAX)
                .connectBytesMax(PACKET_BYTES_MAX)
                .build();
        clock = new JournalClock(() -> timeOfDayMs, this::nanoTime, 0);
        loop = new IoLoop(
                config, new LoopPorts(0, commands, effectRing, () -> {}, journal, clock, this::nanoTime, failures));
        loop.onStart();
        effects = new RingEffects(List.of(effectRing), List.of(() -> {}), loop::drainEffects);
        engine = new Engine(effects, journal, new MemoryStateStore());
        engine.load();
        UnsafeBuffer restarted = new UnsafeBuffer(new byte[RestartedCommand.LENGTH]);
        RestartedCommand.write(restarted, 0, Limits.NONE);
        long position = journal.append(clock.time(), restarted, 0, RestartedCommand.LENGTH);
        released.set(position);
        effects.turnOn();
        feed = new CommandFeed(journal.cursor(), 0, released, bypass);
        sequencer = new Sequencer(
                new Sequencer.Inputs(commands, clock, nextDeadlineMs),
                new Sequencer.Outputs(journal, bypass, released, new Doorbell()),
                new Sequencer.Settings(Durability.DISK),
                e -> {
                    throw new AssertionError("the sequencer has failed", e);
                });
        gateway = new Gateway(config, List.of(loop));
        address = (InetSocketAddress) gateway.open().get(0);
    }

    /**
     * Code that fails for one connection is a bug, however well its neighbours get on. Kept until the turn has ended:
     * Netty would only log what is thrown here.
     */
    private static final class Failures implements GatewayEvents {
        @Nullable
        AssertionError first;

        @Override
        public void onConnectionFailed(String from, String clientId, Throwable cause) {
            if (first == null) {
                first = new AssertionError("the code for connection " + from + " of " + clientId + " failed", cause);
            }
        }
    }

    private static UnsafeBuffer ring() {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(RING_BYTES + RingBufferDescriptor.TRAILER_LENGTH));
    }

    private long nanoTime() {
        return passedMs * 1_000_000;
    }

    InetSocketAddress address() {
        return address;
    }

    int connectionCount() {
        return gateway.connectionCount();
    }

    /** Lets each part work once; whether any had something to do. */
    boolean turn() {
        int work = loop.doWork() + sequencer.doWork();
        work += feed.poll(engine, COMMANDS_PER_TURN);
        nextDeadlineMs.set(engine.nextDeadlineMs());
        work += loop.drainEffects();
        if (failures.first != null) {
            throw failures.first;
        }
        return work > 0;
    }

    void advanceMs(long ms) {
        passedMs += ms;
        timeOfDayMs += ms;
    }

    /** Somebody sets the clock. */
    void setBackMs(long ms) {
        timeOfDayMs -= ms;
    }

    void checkpoint() {
        engine.tryCheckpoint();
    }

    /** Fails when another engine with the same journal comes to another state. */
    void checkReplay() {
        RingEffects silent = new RingEffects(List.of(effectRing), List.of(() -> {}), () -> {});
        Engine second = new Engine(silent, journal, new MemoryStateStore());
        second.load();
        journal.replay(second);
        if (second.digest() != engine.digest()) {
            throw new AssertionError("a replay of the journal comes to another state");
        }
    }

    @Override
    public void close() throws IOException {
        gateway.shutdown();
        for (int i = 0; i < 10_000 && !gateway.isDrained(); i++) {
            turn();
        }
        loop.onClose();
        feed.close();
    }
}
