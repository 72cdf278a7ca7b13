package io.tally.protocol.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.concurrent.Future;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import io.tally.protocol.listener.Carrier;
import io.tally.protocol.listener.Listener;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;
import org.agrona.collections.ObjectHashSet;
import org.agrona.concurrent.Agent;
import org.jspecify.annotations.Nullable;

/**
 * One I/O loop as an agent: sockets in, commands out; effects in, sockets out.
 *
 * <p>{@link #onStart}, {@link #doWork}, {@link #idle} and {@link #onClose} are called by one thread, its owner; the
 * loop may share it with other agents. {@link #wakeup} and {@link #shutdown} may be called by any thread.
 */
public final class IoLoop implements Agent {
    private static final String LEAK_DETECTION = "io.netty.leakDetection.level";

    static {
        if (System.getProperty(LEAK_DETECTION) == null) {
            // It takes a stack trace for every 128th buffer.
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        }
    }

    /** Connection numbers are unique among so many loops. */
    static final int LOOPS_MAX = 256;

    private static final int EFFECTS_PER_ITERATION = 1 << 13;

    /** A full command ring, or memory, is looked at again after this time: nobody wakes us for it. */
    private static final long RETRY_NS = 200_000;

    /** A client that does not take the last bytes of TLS is not waited for any longer. */
    private static final long CLOSE_MS_MAX = 1_000;

    /** Bytes of what a PROXY header may tell beside addresses. */
    private static final int PROXY_VALUES_MAX = 4096;

    private final LoopContext context;
    private final EffectDispatcher effects;
    private final DrivenEventLoop eventLoop;
    private final ReceiveBuffer receiveBuffer;
    private final PooledByteBufAllocator allocator;
    private final ObjectHashSet<MqttConnection> open = new ObjectHashSet<>();
    private long opened;
    private BooleanSupplier otherWork = IoLoop::nothingElse;
    private @Nullable Throwable failure;
    private volatile boolean isParked;
    private volatile boolean isShuttingDown;
    private volatile boolean isDrained;
    private boolean shutdownSeen;

    /** The rings must have been made before; no thread is started here. */
    public IoLoop(GatewayConfig config, LoopPorts ports) {
        long largest = (long) config.packetBytesMax() + GatewayConfig.COMMAND_OVERHEAD_MAX;
        if (ports.commands().maxMsgLength() < largest) {
            throw new IllegalArgumentException("command ring takes records of at most "
                    + ports.commands().maxMsgLength() + " bytes; packets of " + config.packetBytesMax()
                    + " bytes need " + largest);
        }
        context = new LoopContext(config, ports);
        context.wakeup(this::wakeup);
        effects = new EffectDispatcher(context);
        receiveBuffer = new ReceiveBuffer(context::isAnyWaitingForRing);
        eventLoop = new DrivenEventLoop(config.transport().handlerFactory());
        allocator = new PooledByteBufAllocator(true, 0, 1, 8192, 7, 64, 32, true);
    }

    /** A Netty event loop that blocks only while this loop has nothing to do. */
    private final class DrivenEventLoop extends ManualIoEventLoop {
        DrivenEventLoop(IoHandlerFactory factory) {
            super(null, null, factory);
        }

        /** Asked after a wake-up has become possible, so none is lost. */
        @Override
        protected boolean canBlock() {
            return isIdle();
        }
    }

    private static boolean nothingElse() {
        return false;
    }

    private boolean isIdle() {
        return effects.isEmpty()
                && !context.hasWork()
                && !context.hasPosted()
                && !otherWork.getAsBoolean()
                && isShuttingDown == shutdownSeen;
    }

    @Override
    public String roleName() {
        return "io-" + context.ports.index();
    }

    /** A thread to drive loops: on others the buffer pools are slower and leave garbage. */
    public static Thread newThread(Runnable task, String name) {
        return new FastThreadLocalThread(task, name);
    }

    @Override
    public void onStart() {
        eventLoop.setOwningThread(Thread.currentThread());
    }

    @Override
    public int doWork() {
        context.expireTime();
        int work = eventLoop.runNow();
        work += context.runPosted();
        work += context.retryWaiting();
        context.goOn();
        ringDoorbell();
        work += drainEffects();
        work += context.timers.poll(context.nowNs());
        if (isShuttingDown) {
            work += continueShutdown();
        }
        context.flushDirty();
        ringDoorbell();
        rethrowFailure();
        return work;
    }

    /** Takes effects only, at most a batch: for a producer on this thread that finds the ring full. */
    public int drainEffects() {
        int work = effects.poll(EFFECTS_PER_ITERATION);
        if (context.shouldFlush()) {
            context.flushDirty();
        }
        return work;
    }

    private void ringDoorbell() {
        if (context.commands.takeWrote()) {
            context.ports.doorbell().run();
        }
    }

    private void rethrowFailure() {
        Throwable cause = failure;
        if (cause instanceof RuntimeException exception) {
            throw exception;
        }
        if (cause instanceof Error error) {
            throw error;
        }
    }

    /** As {@link #idle(long, BooleanSupplier)} with no work but this loop's. */
    public int idle(long maxWaitNs) {
        return idle(maxWaitNs, IoLoop::nothingElse);
    }

    /**
     * Waits until a socket is ready, {@link #wakeup} is called, a timeout is due or the time is over, and handles ready
     * sockets. To be called when {@link #doWork} had nothing to do.
     *
     * @param maxWaitNs at least 1
     * @param otherWork whether something else that shares the thread has work; asked again after a wake-up has become
     * possible, so its producers write first and call {@link #wakeup} then
     */
    public int idle(long maxWaitNs, BooleanSupplier otherWork) {
        long waitNs = Math.min(maxWaitNs, context.timers.waitNs(context.nowNs()));
        if (context.isAnyWaiting()) {
            waitNs = Math.min(waitNs, RETRY_NS);
        }
        if (waitNs <= 0) {
            return 0;
        }
        this.otherWork = otherWork;
        isParked = true;
        context.expireTime();
        try {
            int work = isIdle() ? eventLoop.run(waitNs) : 0;
            rethrowFailure();
            return work;
        } finally {
            isParked = false;
            this.otherWork = IoLoop::nothingElse;
        }
    }

    /** Ends a wait in {@link #idle}; costs little when there is none. Whatever it is about must be visible before. */
    public void wakeup() {
        VarHandle.fullFence();
        if (isParked) {
            eventLoop.wakeup();
        }
    }

    /** Says good-bye to all clients and closes their connections, within the next iterations. */
    public void shutdown() {
        isShuttingDown = true;
        wakeup();
    }

    /** Closes the connections of clients that are not let in any more, within the next iterations. Any thread. */
    public void revalidate() {
        context.post(() -> new ArrayList<>(open).forEach(MqttConnection::revalidate));
    }

    /** Whether after {@link #shutdown} no connection is open and no command is owed any more. */
    public boolean isDrained() {
        return isDrained;
    }

    private int continueShutdown() {
        if (!shutdownSeen) {
            shutdownSeen = true;
            for (MqttConnection connection : new ArrayList<>(open)) {
                connection.closeFor(ReasonCode.SERVER_SHUTTING_DOWN);
            }
            return 1;
        }
        isDrained = open.isEmpty() && !context.isAnyWaitingForRing();
        return 0;
    }

    @Override
    public void onClose() {
        Future<?> terminated = eventLoop.shutdownGracefully(0, 0, TimeUnit.NANOSECONDS);
        while (!terminated.isDone()) {
            eventLoop.runNow();
        }
        receiveBuffer.release();
    }

    public GatewayCounters counters() {
        return context.counters;
    }

    // ---- for the handlers of this package ----

    /** Before it runs: counts connections together with another loop. */
    void share(IoLoop other) {
        context.admission = other.context.admission;
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    GatewayEvents events() {
        return context.ports.events();
    }

    /** Takes over a channel that was accepted, of whatever transport; called by the thread of loop 0. */
    public void adopt(Channel channel, Listener listener) {
        channel.config().setOption(ChannelOption.TCP_NODELAY, true);
        channel.config().setAllocator(allocator);
        channel.config().setWriteBufferWaterMark(ChannelOutput.WATER_MARK);
        buildPipeline(channel, listener);
        EventLoop target = eventLoop;
        target.register(channel).addListener(registered -> {
            if (!registered.isSuccess()) {
                channel.unsafe().closeForcibly();
            }
        });
    }

    /** The bytes' way, from the socket inwards. Where nothing is between it and MQTT, all share one buffer. */
    private void buildPipeline(Channel channel, Listener listener) {
        Carrier carrier = listener.carrier();
        SslContext tls = context.config.tls().of(listener);
        ChannelPipeline pipeline = channel.pipeline();
        PskKeys keys = context.config.tls().keysOf(listener);
        boolean keepsBuffers = tls != null || keys != null || carrier.proxyVersion() != 0;
        channel.config().setRecvByteBufAllocator(keepsBuffers ? ReceiveBuffer.separate() : receiveBuffer);
        if (tls != null || keys != null || carrier.isWebSocket()) {
            pipeline.addLast(new ChannelOutput.WireCount());
        }
        if (carrier.proxyVersion() != 0) {
            pipeline.addLast(new ProxyGuard(carrier.proxyVersion()), new HAProxyMessageDecoder(PROXY_VALUES_MAX));
        }
        if (tls != null) {
            SslHandler handler = tls.newHandler(allocator);
            handler.setHandshakeTimeoutMillis(0); // The connection's own time limit holds.
            handler.setCloseNotifyFlushTimeoutMillis(CLOSE_MS_MAX);
            pipeline.addLast(handler);
        }
        if (keys != null) {
            pipeline.addLast(new PskHandler(keys));
        }
        if (carrier.isWebSocket()) {
            pipeline.addLast(new WebSocketHandler(carrier.origins()));
        }
        pipeline.addLast(new ConnectionHandler(this, listener));
    }

    void countRefused(String address) {
        context.counters.increment(Counter.CONNECTIONS_REFUSED);
        context.ports.events().onRefused(address, ReasonCode.QUOTA_EXCEEDED);
    }

    MqttConnection open(ChannelOutput output) {
        long id = ++opened * LOOPS_MAX + context.ports.index();
        MqttConnection connection = new MqttConnection(context, id, output);
        open.add(connection);
        if (shutdownSeen) {
            connection.closeFor(ReasonCode.SERVER_SHUTTING_DOWN);
        }
        return connection;
    }

    ChannelOutput newOutput(Channel channel, Peer peer) {
        return new ChannelOutput(channel, peer, context.counters, context.output);
    }

    void onClosed(MqttConnection connection) {
        open.remove(connection);
    }

    DirectBuffer view(ByteBuf read) {
        return receiveBuffer.view(read);
    }

    /** Has {@link #doWork} or {@link #idle} throw. */
    void fail(Throwable cause) {
        failure = cause;
    }
}
