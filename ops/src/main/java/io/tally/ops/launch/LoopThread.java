package io.tally.ops.launch;

import io.tally.protocol.Invariant;
import io.tally.protocol.gateway.IoLoop;
import io.tally.storage.sequencer.Doorbell;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.jspecify.annotations.Nullable;

/** A thread that drives an I/O loop, the engine, or both. Started and stopped by the thread that runs the broker. */
final class LoopThread {
    private static final long IDLE_MAX_NS = TimeUnit.SECONDS.toNanos(1);

    private final Thread thread;
    private final @Nullable IoLoop loop;
    private final @Nullable EngineAgent engine;
    private final Doorbell bell;
    private final boolean isSpinning;
    private final ErrorHandler onFailure;
    private final BooleanSupplier hasOtherWork = this::hasOtherWork;
    private volatile boolean isStopping;

    private LoopThread(
            String name,
            @Nullable IoLoop loop,
            @Nullable EngineAgent engine,
            Doorbell bell,
            boolean isSpinning,
            ErrorHandler onFailure) {
        this.loop = loop;
        this.engine = engine;
        this.bell = bell;
        this.isSpinning = isSpinning;
        this.onFailure = onFailure;
        this.thread = IoLoop.newThread(this::run, name);
        thread.setDaemon(true);
    }

    /** @param bell rung for the engine; wakes the loop */
    static LoopThread shared(
            IoLoop loop, EngineAgent engine, Doorbell bell, boolean isSpinning, ErrorHandler onFailure) {
        return new LoopThread("tally-engine", loop, engine, bell, isSpinning, onFailure);
    }

    static LoopThread engine(EngineAgent engine, Doorbell bell, boolean isSpinning, ErrorHandler onFailure) {
        return new LoopThread("tally-engine", null, engine, bell, isSpinning, onFailure);
    }

    static LoopThread io(IoLoop loop, boolean isSpinning, ErrorHandler onFailure) {
        return new LoopThread("tally-" + loop.roleName(), loop, null, new Doorbell(), isSpinning, onFailure);
    }

    void start() {
        thread.start();
    }

    void stop() {
        isStopping = true;
        bell.close();
        if (loop != null) {
            loop.wakeup();
        }
        Threads.join(thread);
    }

    private void run() {
        try {
            if (loop != null) {
                loop.onStart();
            }
            while (!isStopping) {
                cycle();
            }
            if (loop != null) {
                loop.onClose();
            }
        } catch (Throwable e) { // the agent's loop: whatever it is, the process cannot go on
            onFailure.onError(e);
        }
    }

    private void cycle() {
        int work = work(loop) + work(engine);
        if (work > 0 || isStopping) {
            return;
        }
        if (isSpinning) {
            Thread.onSpinWait();
        } else {
            sleep();
        }
    }

    private void sleep() {
        if (loop == null) {
            EngineAgent agent = Invariant.present(engine, "a thread without a loop has the engine");
            bell.await(agent::hasWork, agent.timeoutNs());
        } else if (engine == null) {
            loop.idle(IDLE_MAX_NS, hasOtherWork);
        } else {
            bell.arm();
            loop.idle(engine.timeoutNs(), hasOtherWork);
            bell.disarm();
        }
    }

    private boolean hasOtherWork() {
        return isStopping || (engine != null && engine.hasWork());
    }

    private static int work(@Nullable Agent agent) {
        try {
            return agent == null ? 0 : agent.doWork();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
