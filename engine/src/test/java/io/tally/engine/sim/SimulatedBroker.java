package io.tally.engine.sim;

import io.tally.engine.DropCounts;
import io.tally.engine.Engine;
import io.tally.engine.port.CommandHandler;
import io.tally.engine.port.Positions;
import io.tally.protocol.JournalClock;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.Limit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A whole broker in one thread: the real engine, everything around it simulated. It does nothing by itself; each
 * method is one small step, and a crash can stand between any two.
 */
public final class SimulatedBroker {
    /** 2026-01-01T00:00:00Z. */
    static final long START_MS = 1_767_225_600_000L;

    private static final long NS_PER_MS = 1_000_000;
    private static final int SETTLE_ROUNDS_MAX = 100_000;

    private final SimulationOptions options;
    private final Dice dice;
    private final Trace trace;
    private final SimulatedJournal journal;
    private final SimulatedStateStore store;
    private final Audit audit;
    private final Map<String, SimulatedClient> clients = new LinkedHashMap<>();
    private final List<Link> links = new ArrayList<>();
    private long timeOfDayMs = START_MS;
    private long passedMs;
    private JournalClock clock;
    private @Nullable Process process;

    /** What dies with the process. */
    private final class Process {
        final int gatewayCount = 1 + dice.below(options.gateways());
        final SimulatedEffects effects = new SimulatedEffects(options.gateways(), audit::onEffect);
        final Engine engine = new Engine(
                effects, store.reader(), options.storeFault().apply(store), options.seed() + journal.count());
        final CommandHandler commands = options.commandFault().wrap(engine, () -> !effects.isOn());
        final CommandPath sequencer = options.commandPath().open(journal, clock, audit::onRefused, dice);
        final List<SimulatedGateway> gateways = new ArrayList<>();
        final Map<Integer, Integer> releasing = new HashMap<>();
        private long lastConnection;
        boolean isListening;

        Process() {
            var world = new SimulatedGateway.World(
                    SimulatedBroker.this::nowMs,
                    () -> ++lastConnection,
                    options.inFlightMax(),
                    options.limits().isOn(Limit.QUEUE_QOS0) || options.limits().isOn(Limit.UPGRADE_QOS),
                    audit,
                    this::onReleased,
                    trace);
            for (int i = 0; i < gatewayCount; i++) {
                gateways.add(new SimulatedGateway(i, sequencer, effects, store.reader(), world));
            }
        }

        private void onReleased(int file) {
            if (releasing.merge(file, -1, Integer::sum) == 0) {
                journal.deleteFile(file);
                trace.add("journal", "deletes file " + file);
            }
        }
    }

    SimulatedBroker(SimulationOptions options, Trace trace) {
        this.options = options;
        this.trace = trace;
        this.dice = new Dice(options.seed());
        this.journal = new SimulatedJournal(options.fileBytes());
        this.store = new SimulatedStateStore(journal);
        this.clock = newClock();
        this.audit = new Audit(journal, store.reader(), this::nowMs, options.checksForce());
    }

    public Audit audit() {
        return audit;
    }

    Trace trace() {
        return trace;
    }

    SimulatedJournal journal() {
        return journal;
    }

    SimulatedStateStore store() {
        return store;
    }

    private JournalClock newClock() {
        return new JournalClock(() -> timeOfDayMs, () -> passedMs * NS_PER_MS, journal.lastTimeMs());
    }

    /** The time that the broker counts by. */
    long nowMs() {
        return clock.time();
    }

    void advance(long milliseconds) {
        passedMs += milliseconds;
        timeOfDayMs += milliseconds;
    }

    /** Somebody sets the clock. */
    void setBack(long milliseconds) {
        timeOfDayMs -= milliseconds;
    }

    boolean isUp() {
        return process != null;
    }

    private Process process() {
        if (process == null) {
            throw new IllegalStateException("the broker is down");
        }
        return process;
    }

    Engine engine() {
        return process().engine;
    }

    // ---- start and crash ----

    /** Loads, replays with the effects off, and says RESTARTED; listens once that is applied. */
    void start() {
        trace.add(
                "broker",
                "starts; journal ends at " + Positions.toString(journal.lastPosition()) + ", store reflects "
                        + Positions.toString(store.durablePosition()));
        clock = newClock();
        Process p = new Process();
        audit.onProcessStart(p.gatewayCount);
        p.engine.load();
        long reflected = p.engine.reflectedPosition();
        AuditFailure.check(reflected <= journal.lastPosition(), "the store is not ahead of the journal", reflected);
        audit.checkDigest(reflected, p.engine::digest, "a restart");
        replay(p, journal.indexBehind(reflected));
        p.effects.turnOn();
        p.sequencer.offer(Commands.restarted(options.limits()));
        p.sequencer.sequence(1);
        process = p;
    }

    private void replay(Process p, int from) {
        for (int i = from; i < journal.count(); i++) {
            SimulatedJournal.Entry entry = journal.entry(i);
            UnsafeBuffer command = new UnsafeBuffer(entry.command());
            AuditFailure.check(
                    !journal.isDeleted(Positions.file(entry.position())),
                    "what is to be replayed is not deleted",
                    Positions.toString(entry.position()));
            DropCounts before = drops(p, command);
            audit.before(entry.position(), entry.timeMs(), command, false);
            p.commands.onCommand(entry.position(), entry.timeMs(), command, 0, entry.command().length);
            audit.after(p.engine.dropCounts().minus(before));
            audit.checkDigest(entry.position(), p.engine::digest, "a restart");
            if (options.checkpointsInReplay() && dice.oneIn(50)) {
                p.engine.tryCheckpoint();
                workStore();
            }
        }
    }

    /** The process dies; of what is not forced, {@code keptCount} commands happen to be on the disk. */
    void crash(int keptCount) {
        Process p = process();
        trace.add("broker", "crashes; " + journal.unforcedCount() + " commands not forced, " + keptCount + " survive");
        if (p.engine.position() != 0) {
            audit.recordDigest(p.engine.position(), p.engine.digest());
        }
        for (Link link : links) {
            link.killBroker(dice);
        }
        links.clear();
        journal.crash(keptCount);
        store.crash();
        process = null;
    }

    int unforcedCount() {
        return journal.unforcedCount();
    }

    // ---- clients ----

    SimulatedClient simulatedClient(String id) {
        return clients.computeIfAbsent(id, i -> new SimulatedClient(i, i, audit, trace));
    }

    /** A second client with the id of another. */
    SimulatedClient twin(String id) {
        return clients.computeIfAbsent(id + " again", i -> new SimulatedClient(id, i, audit, trace));
    }

    Collection<SimulatedClient> clients() {
        return clients.values();
    }

    /** A new link to a gateway, or null when nobody listens. */
    @Nullable
    Link tryOpenLink() {
        Process p = process;
        if (p == null || !p.isListening) {
            return null;
        }
        SimulatedGateway gateway = dice.pick(p.gateways);
        Link link = new Link(gateway);
        gateway.accept(link);
        links.add(link);
        return link;
    }

    List<Link> links() {
        links.removeIf(l -> l.hasEndedForBroker() && l.hasEndedForClient());
        return links;
    }

    // ---- steps; each answers whether there was something to do ----

    int gatewayCount() {
        return process().gatewayCount;
    }

    boolean readLinks(int gateway, int limit) {
        SimulatedGateway g = process().gateways.get(gateway);
        boolean can = g.canRead();
        g.read(dice, limit);
        return can;
    }

    boolean sequence(int limit) {
        return process().sequencer.sequence(limit);
    }

    boolean force() {
        return process().sequencer.force();
    }

    boolean tick() {
        return process().sequencer.tick(process().engine.nextDeadlineMs());
    }

    /** The engine applies one command. */
    boolean applyOne() {
        Process p = process();
        return p.sequencer.poll((position, timeMs, buffer, offset, length) -> apply(p, position, timeMs, buffer), dice);
    }

    private void apply(Process p, long position, long timeMs, DirectBuffer buffer) {
        UnsafeBuffer command = new UnsafeBuffer(buffer);
        if (trace.isOn()) {
            trace.add("engine", CommandText.of(position, command));
        }
        DropCounts before = drops(p, command);
        audit.before(position, timeMs, command, true);
        p.commands.onCommand(position, timeMs, buffer, 0, command.capacity());
        audit.after(p.engine.dropCounts().minus(before));
        if (CommandHeader.type(command, 0) == CommandType.RESTARTED) {
            p.isListening = true;
        }
        if (position != 0) {
            audit.checkDeadline(p.engine.nextDeadlineMs());
            if (options.digestEvery() > 0 && dice.oneIn(options.digestEvery())) {
                audit.recordDigest(position, p.engine.digest());
            }
        }
    }

    private static DropCounts drops(Process p, UnsafeBuffer command) {
        boolean isFirst = CommandHeader.type(command, 0) == CommandType.RESTARTED;
        return isFirst ? new DropCounts(0, 0, 0, 0) : p.engine.dropCounts();
    }

    boolean pollEffects(int gateway, int limit) {
        SimulatedGateway g = process().gateways.get(gateway);
        boolean has = g.hasEffects();
        g.pollEffects(limit);
        return has;
    }

    /** Lets as much time pass as the engine needs to go on with what it has begun; false when it has not. */
    boolean goOn() {
        long nextMs = engine().timeMs() + 1;
        if (engine().nextDeadlineMs() > nextMs) {
            return false;
        }
        advance(2); // which is more than a millisecond while the time of day is behind, too
        return true;
    }

    boolean checkpoint() {
        return process().engine.tryCheckpoint();
    }

    boolean takeOverBatch() {
        return store.takeOver();
    }

    boolean applyBatch() {
        return store.apply();
    }

    boolean flushStore() {
        return store.flush();
    }

    private void workStore() {
        switch (dice.below(4)) {
            case 0 -> store.takeOver();
            case 1 -> store.apply();
            case 2 -> store.flush();
            default -> {}
        }
    }

    /** Lets queues have so many messages of this journal file kept apart from it; it may be any file. */
    void clean(int file, int entriesMax) {
        process().sequencer.offer(Commands.clean(file, entriesMax));
    }

    /** Deletes the journal files that nobody needs any more. */
    boolean deleteFiles() {
        Process p = process();
        boolean worked = false;
        int durableFile = Positions.file(store.durablePosition());
        for (int file : journal.finishedFiles()) {
            if (file < durableFile && !p.releasing.containsKey(file) && !p.engine.needs(file)) {
                p.releasing.put(file, p.gatewayCount);
                p.engine.release(file);
                worked = true;
            }
        }
        return worked;
    }

    void diskFull(boolean full, boolean reserveLow) {
        trace.add("journal", !full ? "has room again" : reserveLow ? "has hardly room left" : "has no room left");
        process().sequencer.setFull(full, reserveLow);
    }

    boolean isListening() {
        return process != null && process.isListening;
    }

    /** Stalls or frees the channel of a random connection. */
    void stallSomeone(boolean stalled) {
        SimulatedGateway gateway = dice.pick(process().gateways);
        if (!gateway.connections().isEmpty()) {
            dice.pick(gateway.connections()).stall(stalled);
        }
    }

    void freeAll() {
        for (SimulatedGateway gateway : process().gateways) {
            List.copyOf(gateway.connections()).forEach(c -> c.stall(false));
        }
        links().forEach(l -> l.isHalfOpen = false);
    }

    /** Works until nothing is left to do but for time to pass. {@code forcing} false leaves commands unforced. */
    void settle(boolean forcing) {
        for (int round = 0; round < SETTLE_ROUNDS_MAX; round++) {
            boolean worked = false;
            for (SimulatedClient client : clients.values()) {
                while (client.receive()) {
                    worked = true;
                }
            }
            if (process != null) {
                worked |= settleProcess(forcing);
            }
            if (!worked) {
                return;
            }
        }
        throw new AuditFailure("not so: the broker comes to rest");
    }

    private boolean settleProcess(boolean forcing) {
        boolean worked = false;
        for (int g = 0; g < process().gatewayCount; g++) {
            worked |= readLinks(g, Integer.MAX_VALUE);
        }
        worked |= sequence(Integer.MAX_VALUE);
        worked |= tick();
        worked |= forcing && force();
        while (applyOne()) {
            worked = true;
        }
        for (int g = 0; g < process().gatewayCount; g++) {
            worked |= pollEffects(g, Integer.MAX_VALUE);
        }
        return worked;
    }

    /** Checkpoints until everything applied is durable in the store. */
    void checkpointAll() {
        for (Iterator<Integer> tries = List.of(1, 2, 3).iterator(); tries.hasNext(); tries.next()) {
            while (store.apply()) {
                continue;
            }
            store.takeOver();
            process().engine.tryCheckpoint();
        }
        while (store.apply()) {
            continue;
        }
        store.flush();
    }

    /** What a restart would find, with what has been applied since, is the state that is here. */
    void checkLoad() {
        Engine live = engine();
        SimulatedStateStore copy = store.copyFlushed();
        Engine engine = new Engine(new SimulatedEffects(options.gateways(), audit::onEffect), copy.reader(), copy);
        engine.load();
        for (int i = journal.indexBehind(engine.reflectedPosition()); i < journal.count(); i++) {
            SimulatedJournal.Entry entry = journal.entry(i);
            if (entry.position() <= live.position()) {
                UnsafeBuffer command = new UnsafeBuffer(entry.command());
                engine.onCommand(entry.position(), entry.timeMs(), command, 0, entry.command().length);
            }
        }
        AuditFailure.check(
                engine.position() != live.position() || engine.digest() == live.digest(),
                "a load at any time gives the same state as the live run",
                Positions.toString(live.position()));
    }

    // ---- the end ----

    /** Applies the whole journal, files deleted since included, to a new engine and compares. */
    void checkReplayFromScratch() {
        SimulatedStateStore empty = new SimulatedStateStore(journal);
        SimulatedEffects off = new SimulatedEffects(options.gateways(), audit::onEffect);
        Engine engine = new Engine(off, journal::readArchived, empty);
        engine.load();
        for (int i = 0; i < journal.count(); i++) {
            SimulatedJournal.Entry entry = journal.entry(i);
            UnsafeBuffer command = new UnsafeBuffer(entry.command());
            engine.onCommand(entry.position(), entry.timeMs(), command, 0, entry.command().length);
            audit.checkDigest(entry.position(), engine::digest, "a replay from scratch");
        }
    }
}
