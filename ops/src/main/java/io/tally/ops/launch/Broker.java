package io.tally.ops.launch;

import io.tally.engine.Engine;
import io.tally.ops.config.AgentThread;
import io.tally.ops.config.BrokerConfig;
import io.tally.ops.config.ConfigException;
import io.tally.ops.config.Placement;
import io.tally.ops.config.ProtocolConfig;
import io.tally.ops.log.Logs;
import io.tally.ops.security.FileGatekeeper;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.Limit;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.gateway.Addresses;
import io.tally.protocol.gateway.Gateway;
import io.tally.protocol.gateway.GatewayConfig;
import io.tally.protocol.gateway.GatewayEvents;
import io.tally.protocol.gateway.IoLoop;
import io.tally.protocol.gateway.LoopPorts;
import io.tally.protocol.gateway.TlsContexts;
import io.tally.storage.journal.JournalException;
import io.tally.storage.sequencer.CommandFeed;
import io.tally.storage.sequencer.Doorbell;
import io.tally.storage.sequencer.DoorbellIdle;
import io.tally.storage.sequencer.Sequencer;
import io.tally.storage.state.StoreAgent;
import io.tally.storage.state.StoreException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole broker, put together. Read from top to bottom: what is recovered, which rings lie between whom, which
 * thread drives what, and how it stops. Owned by the thread that calls {@link #run}.
 */
public final class Broker {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    private static final int RING_BYTES_MIN = 1 << 22;
    private static final int RECORD_OVERHEAD = 4096;
    private static final int CONNECT_BYTES_MAX = 131_072;
    private static final long STOP_STEP_MS_MAX = 5_000;

    private final BrokerConfig config;
    private final long startNs = System.nanoTime();
    private final Failure failure = new Failure();
    private final AtomicLong releases = new AtomicLong();
    private final AtomicLong released = new AtomicLong();
    private final AtomicLong nextDeadlineMs = new AtomicLong(Long.MAX_VALUE);

    private final TlsContexts tls;
    private final FileGatekeeper gatekeeper;
    private final int loopCount;
    private final boolean isShared;
    private final ManyToOneRingBuffer commands;
    private final OneToOneRingBuffer bypass;
    private final List<OneToOneRingBuffer> effectRings = new ArrayList<>();
    private final List<JournalMessageSource> messageSources = new ArrayList<>();
    private final List<IoLoop> loops = new ArrayList<>();
    private final Doorbell sequencerBell = new Doorbell();
    private final Doorbell storeBell = new Doorbell();
    private final Doorbell engineBell;
    private final RingEffects effects;
    private final Node node;
    private final CommandFeed feed;
    private final EngineAgent engineAgent;
    private final Gateway gateway;
    private final AgentRunner sequencer;
    private final AgentRunner store;
    private final List<LoopThread> threads = new ArrayList<>();

    /**
     * Runs until the process is told to stop.
     *
     * @param out takes the one line that says that the broker is ready
     * @return exit code, 0 after a clean stop
     */
    public static int run(BrokerConfig config, PrintStream out) throws ConfigException {
        FileGatekeeper gatekeeper = gatekeeper(config);
        gatekeeper.notices().forEach(LOG::warn);
        StopSignal stop = StopSignal.install(() -> PidFile.delete(config.process()));
        try {
            Broker broker = new Broker(config, gatekeeper);
            String readyLine = broker.open();
            stop.started();
            new Reload(broker.tls::reload, broker::readAccessFiles).onHangUp();
            PidFile.write(config.process());
            out.println(readyLine);
            stop.await();
            return broker.close() ? 0 : 1;
        } catch (IOException | JournalException | StoreException e) {
            LOG.error("cannot run: {}", e.getMessage());
            Logs.tellOnce("cannot run: " + e.getMessage());
            return 1;
        } catch (RuntimeException e) {
            LOG.error("cannot run", e);
            Logs.tellOnce("cannot run: " + e);
            return 1;
        } finally {
            PidFile.delete(config.process());
            Logs.flush();
            stop.done();
        }
    }

    /** Looks at the files that the configuration names, and starts nothing; answers what a person should know. */
    public static List<String> check(BrokerConfig config) throws IOException, ConfigException {
        List<String> notices =
                new ArrayList<>(TlsContexts.load(config.listeners()).notices());
        notices.addAll(gatekeeper(config).notices());
        return notices;
    }

    private static FileGatekeeper gatekeeper(BrokerConfig config) throws ConfigException {
        boolean isSourceChecked = config.clients().retainSourceChecked();
        Placement placement = config.process().placement();
        ThreadFactory helpers = Threads.factory("tally-helper");
        return new FileGatekeeper(
                config.listeners(),
                isSourceChecked,
                placement.cpus().isEmpty() ? helpers : CpuAffinity.factory(placement.of(AgentThread.OTHERS), helpers));
    }

    private Broker(BrokerConfig config, FileGatekeeper gatekeeper) throws IOException {
        this.config = config;
        this.gatekeeper = gatekeeper;
        isShared = config.process().isShared();
        loopCount = config.process().loopCount();
        int ringBytes = ringBytes(config.clients().packetBytesMax());
        commands = new ManyToOneRingBuffer(buffer(ringBytes));
        bypass = new OneToOneRingBuffer(buffer(ringBytes));
        tls = TlsContexts.load(config.listeners());
        tls.notices().forEach(LOG::warn);
        GatewayConfig gatewayConfig = gatewayConfig(config, tls, gatekeeper);
        LOG.info("recovering {}", dataDirectory());
        node = Node.recover(config, entryBytesMax(), storeBell, failure);
        gatekeeper.keepSecretIn(dataDirectory());
        for (int i = 0; i < loopCount; i++) {
            effectRings.add(new OneToOneRingBuffer(buffer(ringBytes)));
            Invariant.check(
                    effectRings.get(i).maxMsgLength() >= DeliverEffect.length(BrokerConfig.SUBSCRIPTIONS_MAX),
                    "a delivery with all subscription identifiers fits into an effect ring");
            messageSources.add(new JournalMessageSource(node.newJournalMessages(), releases));
            loops.add(new IoLoop(gatewayConfig, ports(i)));
        }
        gateway = new Gateway(gatewayConfig, loops);
        List<Runnable> bells =
                loops.stream().<Runnable>map(loop -> loop::wakeup).toList();
        effects = new RingEffects(effectRings, bells, whenFull());
        LOG.debug("replaying the journal");
        Engine engine = node.replay(effects);
        node.restarted(config.limits());
        effects.turnOn();
        engineBell = isShared ? new Doorbell(bells.get(0)) : new Doorbell();
        feed = node.newFeed(released, bypass);
        sequencer = sequencerRunner();
        store = storeRunner();
        engineAgent = new EngineAgent(
                new EngineAgent.Parts(engine, feed, effects, cleaner(engine), systemTopics(engine)),
                nextDeadlineMs,
                sequencerBell,
                SystemNanoClock.INSTANCE);
    }

    // ---- what lies between whom ----

    private static UnsafeBuffer buffer(int ringBytes) {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(ringBytes + RingBufferDescriptor.TRAILER_LENGTH, 128));
    }

    /** A ring takes records of up to an eighth of its size. */
    private static int ringBytes(int packetBytesMax) {
        int largest = packetBytesMax + GatewayConfig.COMMAND_OVERHEAD_MAX + RECORD_OVERHEAD;
        return Math.max(RING_BYTES_MIN, BitUtil.findNextPositivePowerOfTwo(8 * largest));
    }

    private int entryBytesMax() {
        return config.clients().packetBytesMax() + GatewayConfig.COMMAND_OVERHEAD_MAX;
    }

    private LoopPorts ports(int index) {
        GatewayEvents events =
                config.log().connectionMessages() ? new ConnectionLog(SystemNanoClock.INSTANCE) : GatewayEvents.NONE;
        return new LoopPorts(
                index,
                commands,
                effectRings.get(index),
                sequencerBell,
                messageSources.get(index),
                node.clock(),
                SystemNanoClock.INSTANCE,
                events);
    }

    private Runnable whenFull() {
        return isShared ? loops.get(0)::drainEffects : Thread::onSpinWait;
    }

    private JournalCleaner cleaner(Engine engine) {
        return new JournalCleaner(
                new JournalCleaner.Parts(
                        engine, node.journal(), node.store(), node.engineMessages(), node.journalFileBytes()),
                new JournalCleaner.Commands(commands, sequencerBell),
                releases,
                loopCount);
    }

    /** Of this build; it comes from the jar's manifest. */
    public static String version() {
        String number = Broker.class.getPackage().getImplementationVersion();
        return number == null ? "(not packaged)" : number;
    }

    private SystemTopics systemTopics(Engine engine) {
        return new SystemTopics(
                engine,
                loops.stream().map(IoLoop::counters).toList(),
                version(),
                config.process().sysIntervalSeconds(),
                startNs);
    }

    private AgentRunner sequencerRunner() {
        Sequencer agent = new Sequencer(
                new Sequencer.Inputs(commands, node.clock(), nextDeadlineMs),
                new Sequencer.Outputs(node.journal(), bypass, released, engineBell),
                new Sequencer.Settings(config.storage().durability()),
                failure);
        IdleStrategy idle = isSpinning(AgentThread.JOURNAL)
                ? BusySpinIdleStrategy.INSTANCE
                : new DoorbellIdle(sequencerBell, agent::hasWork, agent::timeoutNs);
        return new AgentRunner(idle, failure, null, agent);
    }

    private AgentRunner storeRunner() {
        StoreAgent agent = node.newStoreAgent();
        return new AgentRunner(new DoorbellIdle(storeBell, agent::hasWork, agent::timeoutNs), failure, null, agent);
    }

    private static GatewayConfig gatewayConfig(BrokerConfig config, TlsContexts tls, FileGatekeeper gatekeeper) {
        ProtocolConfig protocol = config.clients().protocol();
        return GatewayConfig.builder()
                .payloadFormatChecked(protocol.payloadFormatChecked())
                .topicLevelsMax(protocol.topicLevelsMax())
                .userPropertiesMax(protocol.userPropertiesMax())
                .responseInformation(protocol.responseInformation())
                .serverReference(protocol.serverReference())
                .serverMoved(protocol.serverMoved())
                .rates(protocol.rates())
                .listeners(config.listeners())
                .tls(tls)
                .packetBytesMax(config.clients().packetBytesMax())
                .connectBytesMax(Math.min(CONNECT_BYTES_MAX, config.clients().packetBytesMax()))
                .keepAliveSecondsMax(config.clients().keepAliveSecondsMax())
                .stallTimeoutMs(config.clients().stallTimeoutSeconds() * 1000)
                .inFlightMessagesMax(config.clients().inFlightMax())
                .inFlightBytesMax(config.clients().inFlightBytesMax())
                .payloadBytesMax(config.clients().payloadBytesMax())
                .receiveMaximum(config.clients().inFlightMax())
                .connectionsMax(config.clients().connectionsMax())
                .zeroLengthClientIdAllowed(config.clients().emptyIdAllowed())
                .retainAvailable(config.limits().isOn(Limit.RETAIN_AVAILABLE))
                .queueQos0Messages(config.limits().isOn(Limit.QUEUE_QOS0)
                        || config.limits().isOn(Limit.UPGRADE_QOS))
                .clientIdPrefix(config.clients().clientIdPrefix())
                .gatekeeper(gatekeeper)
                .build();
    }

    // ---- who drives what ----

    /** Starts all threads, opens the listeners and answers the line that says so. */
    private String open() throws IOException {
        boolean isTls = config.listeners().stream().anyMatch(l -> l.carrier().tls() != null);
        if (isTls && !TlsContexts.isNative()) {
            LOG.warn("BoringSSL cannot be loaded, TLS is the JDK's and slower: {}", TlsContexts.whyNotNative());
        }
        startThreads();
        LOG.debug("opening the listeners");
        List<SocketAddress> bound = gateway.open();
        return readyLine(bound);
    }

    private void startThreads() throws IOException {
        Placement placement = config.process().placement();
        CpuAffinity.moveAll(placement.of(AgentThread.OTHERS));
        CpuAffinity.start(
                placement.of(AgentThread.JOURNAL),
                () -> AgentRunner.startOnThread(sequencer, Threads.factory("tally-journal")));
        CpuAffinity.start(
                placement.of(AgentThread.STORE),
                () -> AgentRunner.startOnThread(store, Threads.factory("tally-store")));
        boolean isEngineSpinning = isSpinning(AgentThread.ENGINE);
        LoopThread engine = isShared
                ? LoopThread.shared(loops.get(0), engineAgent, engineBell, isEngineSpinning, failure)
                : LoopThread.engine(engineAgent, engineBell, isEngineSpinning, failure);
        threads.add(engine);
        CpuAffinity.start(placement.of(AgentThread.ENGINE), engine::start);
        for (int i = 0; i < loopCount && !isShared; i++) {
            LoopThread io = LoopThread.io(loops.get(i), isSpinning(AgentThread.IO), failure);
            threads.add(io);
            CpuAffinity.start(placement.ofLoop(i), io::start);
        }
    }

    private boolean isSpinning(AgentThread thread) {
        return config.process().placement().isSpinning(thread);
    }

    private String readyLine(List<SocketAddress> bound) {
        String where = bound.stream().map(Addresses::text).collect(Collectors.joining(", "));
        return "Tally is ready on %s, durability %s, data in %s: %s, started in %d ms"
                .formatted(
                        where,
                        config.storage().durability().name().toLowerCase(java.util.Locale.ROOT),
                        dataDirectory(),
                        node.summary(),
                        (System.nanoTime() - startNs) / 1_000_000);
    }

    private Path dataDirectory() {
        return config.storage().directory().toAbsolutePath().normalize();
    }

    /** Clients whose login no longer holds are closed, by the loops that own them. */
    private Runnable readAccessFiles() throws IOException {
        try {
            Runnable change = gatekeeper.read();
            return () -> {
                change.run();
                loops.forEach(IoLoop::revalidate);
            };
        } catch (ConfigException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    // ---- how it stops ----

    /** Answers whether everything was finished; what was not is logged, and the next start makes up for it. */
    private boolean close() throws IOException {
        gateway.shutdown();
        boolean isClean = await(gateway::isDrained, "not all connections were closed");
        isClean &= await(() -> commands.size() == 0, "not everything received was journaled");
        sequencerBell.close();
        sequencer.close();
        isClean &= await(
                () -> feed.appliedPosition() == released.get() && bypass.size() == 0,
                "not everything journaled was applied");
        threads.forEach(LoopThread::stop);
        isClean &= await(node::tryLastCheckpoint, "the last checkpoint was not written");
        LOG.info(
                "state digest {} at position {}", Long.toHexString(node.engine().digest()), released.get());
        storeBell.close();
        store.close();
        feed.close();
        node.close();
        LOG.info("stopped {}", isClean ? "cleanly" : "with loose ends; what was acknowledged is safe");
        return isClean;
    }

    private static boolean await(BooleanSupplier condition, String otherwise) {
        boolean isInTime = Threads.await(condition, STOP_STEP_MS_MAX);
        if (!isInTime) {
            LOG.error("while stopping: {} within {} ms", otherwise, STOP_STEP_MS_MAX);
            Logs.tellOnce("while stopping: " + otherwise);
        }
        return isInTime;
    }
}
