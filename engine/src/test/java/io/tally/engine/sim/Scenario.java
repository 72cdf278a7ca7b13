package io.tally.engine.sim;

import io.tally.engine.Engine;
import io.tally.engine.port.Table;
import io.tally.protocol.command.Limits;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A simulated broker for scenarios written by hand. After each step the broker works until it comes to rest; nothing is
 * left to chance. Everything is audited all the time; {@link #close} adds that a restart and a replay from scratch give
 * the state of the live run.
 *
 * <pre>{@code
 * try (Scenario broker = Scenario.start()) {
 *     ScenarioClient meter = broker.client("meter").connect(PERSISTENT).subscribe("bill/#", 2);
 *     broker.client("till").connect(CLEAN).publish("bill/1", "9.99", 2).awaitPubcomp();
 *     meter.expectPublish("9.99").send(PUBREC);
 *     broker.crash().restart();
 *     meter.reconnect().expectPubrel().send(PUBCOMP).expectNothing();
 * }
 * }</pre>
 */
public final class Scenario implements AutoCloseable {
    private final SimulatedBroker broker;
    private final Map<String, ScenarioClient> clients = new LinkedHashMap<>();
    private boolean isForcing = true;

    private Scenario(SimulationOptions options) {
        broker = new SimulatedBroker(options, new Trace(true));
        broker.start();
        settle();
    }

    public static Scenario start() {
        return new Scenario(SimulationOptions.seed(1));
    }

    public static Scenario start(SimulationOptions options) {
        return new Scenario(options);
    }

    public static Scenario start(Limits limits) {
        return new Scenario(SimulationOptions.seed(1).limits(limits));
    }

    public ScenarioClient client(String id) {
        return clients.computeIfAbsent(id, i -> new ScenarioClient(this, broker.simulatedClient(i)));
    }

    /** A second client that uses the id of another. */
    public ScenarioClient twin(String id) {
        return clients.computeIfAbsent(id + " again", i -> new ScenarioClient(this, broker.twin(id)));
    }

    SimulatedBroker broker() {
        return broker;
    }

    public Engine engine() {
        return broker.engine();
    }

    Scenario settle() {
        try {
            broker.settle(isForcing);
        } catch (RuntimeException | AssertionError failure) {
            throw explained(failure);
        }
        return this;
    }

    AssertionError explained(Throwable failure) {
        return new AssertionError(failure.getMessage() + "\n" + broker.trace(), failure);
    }

    /** The process dies; what is not forced is lost. */
    public Scenario crash() {
        broker.crash(0);
        broker.settle(false);
        return this;
    }

    /** The process dies; what is not forced happens to be on the disk all the same. */
    public Scenario crashKeepingAll() {
        broker.crash(broker.unforcedCount());
        broker.settle(false);
        return this;
    }

    public Scenario restart() {
        isForcing = true;
        broker.start();
        return settle();
    }

    /** Commands are appended from now on, but not forced. */
    public Scenario holdForces() {
        isForcing = false;
        return this;
    }

    public Scenario force() {
        isForcing = true;
        return settle();
    }

    public Scenario advanceSeconds(long seconds) {
        broker.advance(seconds * 1_000);
        return settle();
    }

    /** As {@link #advanceSeconds}, but nothing has been done yet at that time. */
    public Scenario passSeconds(long seconds) {
        broker.advance(seconds * 1_000);
        return this;
    }

    /** All that is applied becomes durable in the store. */
    public Scenario checkpoint() {
        broker.checkpointAll();
        return this;
    }

    /** Deletes the journal files that nobody needs; answers how many are gone. */
    public int deleteFiles() {
        int before = broker.journal().finishedFiles().size();
        broker.deleteFiles();
        settle();
        return before - broker.journal().finishedFiles().size();
    }

    /** Up to so many messages that queues need from this journal file are kept apart from it. */
    public Scenario clean(int file, int entriesMax) {
        broker.clean(file, entriesMax);
        return settle();
    }

    public boolean isDeleted(int file) {
        return broker.journal().isDeleted(file);
    }

    /** Messages that the state store keeps outside of the journal. */
    public int keptCount() {
        return broker.store().kept().size();
    }

    /** Rows of the state store, what is not flushed included. */
    public int rowCount(Table table) {
        return broker.store().rowCount(table);
    }

    public Scenario fillDisk() {
        broker.diskFull(true, false);
        return this;
    }

    /** Half of the room that is kept on a full disk is used, too. */
    public Scenario useReserve() {
        broker.diskFull(true, true);
        return this;
    }

    public Scenario freeDisk() {
        broker.diskFull(false, false);
        return this;
    }

    public long unforcedCount() {
        return broker.unforcedCount();
    }

    /**
     * The final audit: a restart without the store's last word, one with it, a store that keeps no more than it must,
     * and a replay of everything.
     */
    @Override
    public void close() {
        try {
            if (broker.isUp()) {
                broker.crash(broker.unforcedCount());
            }
            restart().checkpoint().crash().restart().checkpoint();
            broker.audit().checkKept(broker.store().kept());
            broker.checkReplayFromScratch();
            broker.audit().checkAccepted();
        } catch (RuntimeException | AssertionError failure) {
            throw explained(failure);
        }
    }
}
