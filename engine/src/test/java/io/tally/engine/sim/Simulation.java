package io.tally.engine.sim;

import io.tally.protocol.command.ConnectCommand;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One seed: a broker and its clients under a random workload with random faults, then rest and the final audit. */
public final class Simulation {
    private static final int DRAIN_ROUNDS_MAX = 20_000;
    private static final String AGAIN = "mvn -P '!checks' -pl engine -am test -Dtest=SimulationTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dsim.seed=";

    private final Workload workload;
    private final Dice dice;
    private final Trace trace;
    private final SimulationOptions options;

    /** Its own, so that seeds without cleaning run as they would without it. */
    private final Dice cleaning;

    private final boolean cleansFiles;

    private final SimulatedBroker broker;
    private final Map<SimulatedClient, ConnectOptions> profiles = new LinkedHashMap<>();

    /** Uses the id of another; null = nobody does. */
    private @Nullable SimulatedClient twin;

    /** Is subscribed to everything, so that each will is seen; null = nobody is. */
    private @Nullable SimulatedClient witness;

    Simulation(long seed, UnaryOperator<SimulationOptions> faults, Trace trace) {
        this.workload = new Workload(seed);
        this.dice = workload.dice;
        this.trace = trace;
        this.options = faults.apply(workload.options(seed));
        this.broker = new SimulatedBroker(options, trace);
        this.cleaning = new Dice(~seed);
        this.cleansFiles = workload.hasCheckpoints && cleaning.percent(60);
    }

    /**
     * Runs a seed and, if it fails, once more with a trace.
     *
     * @throws AuditFailure saying what is wrong, how to run the seed again, and where what happened is written down
     */
    public static Coverage run(long seed, UnaryOperator<SimulationOptions> faults) {
        try {
            Simulation simulation = new Simulation(seed, faults, new Trace(false));
            simulation.run();
            return simulation.broker.audit().coverage();
        } catch (RuntimeException | AssertionError first) {
            Trace trace = new Trace(true);
            try {
                new Simulation(seed, faults, trace).run();
            } catch (RuntimeException | AssertionError again) {
                AuditFailure failure = new AuditFailure("seed " + seed + ": " + again.getMessage() + "\nagain: " + AGAIN
                        + seed + "\ntrace: " + trace.save("seed-" + seed + ".txt"));
                failure.initCause(again);
                throw failure;
            }
            throw new AuditFailure("seed " + seed + " fails only sometimes: " + first);
        }
    }

    void run() {
        broker.start();
        for (int i = 0; i < workload.clientCount; i++) {
            profiles.put(broker.simulatedClient("c" + i), workload.profile());
        }
        if (workload.hasTwin) {
            twin = broker.twin("c0");
            profiles.put(twin, workload.asTwin(workload.profile()));
        }
        if (workload.hasWills && dice.oneIn(2)) {
            witness = broker.simulatedClient("witness");
            profiles.put(witness, ConnectOptions.PERSISTENT);
        }
        for (int step = 0; step < workload.steps; step++) {
            step();
        }
        finish();
    }

    // ---- the run ----

    private void step() {
        if (dice.oneIn(workload.faultOneIn)) {
            fault();
        }
        int what = dice.below(100);
        if (what < 50) {
            if (broker.isUp()) {
                brokerStep();
            } else if (dice.oneIn(5)) {
                broker.start();
            }
        } else if (what < 95) {
            clientStep(dice.pick(profiles.keySet()));
        } else {
            passTime();
        }
    }

    private void passTime() {
        if (workload.setsClockBack()) {
            broker.setBack(workload.setBackMs());
        } else {
            broker.advance(workload.passingMs());
        }
    }

    private void brokerStep() {
        int gateway = dice.below(broker.gatewayCount());
        switch (dice.below(16)) {
            case 0, 1, 2 -> broker.readLinks(gateway, dice.between(1, 8));
            case 3, 4 -> broker.sequence(dice.between(1, 10));
            case 5, 6 -> broker.force();
            case 7, 8, 9 -> {
                for (int i = dice.between(1, 6); i > 0 && broker.applyOne(); i--) {
                    continue;
                }
            }
            case 10, 11, 12 -> broker.pollEffects(gateway, dice.between(1, 20));
            case 13 -> broker.tick();
            default -> storeStep();
        }
    }

    private void storeStep() {
        if (!workload.hasCheckpoints) {
            return;
        }
        if (workload.hasBusyMembers && cleaning.oneIn(4)) {
            broker.checkLoad();
        }
        if (cleansFiles && cleaning.oneIn(3)) {
            broker.clean(cleaning.between(1, broker.journal().file()), cleaning.between(1, 10));
        }
        switch (dice.below(5)) {
            case 0 -> broker.checkpoint();
            case 1 -> broker.takeOverBatch();
            case 2 -> broker.applyBatch();
            case 3 -> broker.flushStore();
            default -> {
                if (workload.deletesFiles) {
                    broker.deleteFiles();
                }
            }
        }
    }

    private void clientStep(SimulatedClient client) {
        if (!client.hasLink()) {
            if (dice.oneIn(3)) {
                connect(client);
            }
            return;
        }
        if (client.hasFormer() && dice.oneIn(4)) {
            useFormer(client);
            return;
        }
        int what = dice.below(20);
        if (what < 7) {
            client.receive();
        } else if (what < 12 && client.owesAck()) {
            acknowledge(client);
        } else if (client.isConnected()) {
            request(client, what);
        }
    }

    private void connect(SimulatedClient client) {
        Link link = broker.tryOpenLink();
        if (link != null) {
            client.connect(link, options(client));
        }
    }

    private ConnectOptions options(SimulatedClient client) {
        ConnectOptions profile = profiles.getOrDefault(client, ConnectOptions.CLEAN);
        ConnectOptions options = workload.connection(profile, client.id());
        return client == twin ? workload.asTwin(options) : options;
    }

    private void takeOver(SimulatedClient client) {
        Link link = broker.tryOpenLink();
        if (link == null) {
            return;
        }
        if (dice.oneIn(2)) {
            client.connect(link, options(client));
        } else {
            client.connectBeside(link, options(client));
        }
    }

    /** Goes on with a connection that the client has replaced by another: none of this may reach its session. */
    private void useFormer(SimulatedClient client) {
        if (dice.oneIn(3)) {
            boolean isV5 = client.options().version() == 5;
            client.disconnectFormer(isV5 && dice.oneIn(2) ? 4 : 0, Packet.NONE);
        } else if (dice.oneIn(4)) {
            client.endFormer();
        } else {
            Packet.Publish packet =
                    workload.publish(client.id(), client.options().version());
            client.sendOnFormer(packet.qos() == 2 ? packet.withQos(1) : packet);
        }
    }

    private void acknowledge(SimulatedClient client) {
        if (workload.hasSlowSubscribers && client.id().endsWith("1") && !dice.oneIn(20)) {
            return;
        }
        if (workload.acknowledgesOutOfOrder && dice.oneIn(3)) {
            client.acknowledgeOutOfOrder();
        } else {
            client.acknowledge();
        }
    }

    private void request(SimulatedClient client, int what) {
        if (client == witness) {
            if (dice.oneIn(20)) {
                client.subscribe(List.of(Filter.filter("#", 2), Filter.filter("$s/#", 2)));
            }
            return;
        }
        int version = client.options().version();
        if (what < 17) {
            for (int i = workload.hasBursts && dice.oneIn(10) ? 30 : 1; i > 0 && client.outgoingCount() < 40; i--) {
                client.publish(workload.publish(client.id(), version));
            }
        } else if (what < 19) {
            if (dice.oneIn(4)) {
                for (int i = workload.subscribeCount(); i > 0; i--) {
                    client.subscribe(workload.filters(version));
                }
            }
        } else if (workload.hasUnsubscribes && dice.oneIn(3)) {
            client.unsubscribe(List.of(workload.filters(version).get(0).filter()));
        } else if (dice.oneIn(6)) {
            disconnect(client);
        }
    }

    private void disconnect(SimulatedClient client) {
        boolean isV5 = client.options().version() == 5;
        int reasonCode = isV5 && dice.oneIn(3) ? 4 : 0;
        boolean changes = isV5 && client.options().sessionExpirySeconds() != 0 && dice.oneIn(3);
        long expirySeconds = dice.oneIn(5) ? ConnectCommand.EXPIRY_NEVER : dice.between(0, 20);
        client.disconnect(reasonCode, changes ? expirySeconds : Packet.NONE);
    }

    private void fault() {
        SimulatedClient client = dice.pick(profiles.keySet());
        switch (dice.below(8)) {
            case 0, 1 -> {
                if (workload.hasCrashes && broker.isUp()) {
                    crash();
                }
            }
            case 2, 3 -> {
                if (workload.hasCuts) {
                    cut(client);
                }
            }
            case 4 -> {
                if (workload.hasTakeOvers && client.hasLink()) {
                    takeOver(client);
                }
            }
            case 5 -> {
                if (workload.hasStalls && broker.isUp()) {
                    broker.stallSomeone(dice.oneIn(2));
                }
            }
            case 6 -> {
                if (workload.hasFullDisk && broker.isUp()) {
                    boolean full = dice.oneIn(2);
                    broker.diskFull(full, full && dice.oneIn(2));
                }
            }
            default -> {
                if (workload.hasCuts) {
                    client.abandon();
                }
            }
        }
    }

    private void crash() {
        int unforced = broker.unforcedCount();
        broker.crash(dice.oneIn(3) ? 0 : dice.oneIn(2) ? unforced : dice.below(unforced + 1));
        if (dice.oneIn(4)) {
            broker.start();
            for (int i = dice.below(4); i > 0; i--) {
                brokerStep();
            }
            broker.crash(dice.below(broker.unforcedCount() + 1));
        }
    }

    private void cut(SimulatedClient client) {
        Link link = client.link();
        if (link != null) {
            link.isHalfOpen = workload.hasHalfOpen && dice.oneIn(2);
            trace.add("network", "cuts off " + client.id() + (link.isHalfOpen ? ", unseen by the broker" : ""));
            link.cut(dice);
        }
    }

    // ---- the end ----

    private void finish() {
        trace.add("simulation", "comes to its end");
        if (!broker.isUp()) {
            broker.start();
        }
        broker.diskFull(false, false);
        drain();
        watchRetained();
        broker.advance(120_000);
        drain();
        broker.crash(dice.below(broker.unforcedCount() + 1));
        broker.start();
        drain();
        broker.checkpointAll();
        broker.crash(0);
        broker.start();
        drain();
        broker.checkpointAll();
        broker.audit().checkKept(broker.store().kept());
        broker.checkReplayFromScratch();
    }

    /** Everybody comes back and works until nothing is left. */
    private void drain() {
        for (SimulatedClient client : broker.clients()) {
            client.endFormer();
            // Before 5.0 a refusal closes: who sends again before it acknowledges might be refused for ever.
            client.resendLater();
        }
        if (twin != null) {
            twin.retire();
        }
        broker.freeAll();
        broker.settle(true);
        broker.clients().forEach(SimulatedClient::tryAgain); // The disk has room since.
        for (int round = 0; round < DRAIN_ROUNDS_MAX; round++) {
            boolean worked = false;
            for (SimulatedClient client : List.copyOf(broker.clients())) {
                if (client != twin && !client.hasLink() && !client.isRefused()) {
                    connectAgain(client);
                }
                while (client.owesAck()) {
                    client.acknowledge();
                    worked = true;
                }
            }
            broker.freeAll();
            broker.settle(true);
            worked |= broker.goOn();
            if (!worked && broker.clients().stream().noneMatch(SimulatedClient::owesAck)) {
                for (SimulatedClient client : broker.clients()) {
                    worked |= client.tryResend();
                }
            }
            if (!worked && broker.clients().stream().allMatch(SimulatedClient::isIdle)) {
                broker.audit().checkAccepted();
                broker.audit().checkDrained();
                return;
            }
        }
        List<String> busy = new ArrayList<>();
        broker.clients().forEach(c -> busy.add(c.id() + " " + c.isIdle()));
        throw new AuditFailure("not so: everything drains " + busy);
    }

    private void connectAgain(SimulatedClient client) {
        Link link = broker.tryOpenLink();
        if (link != null) {
            ConnectOptions last = client.options();
            client.connect(link, last.cleanStart(last.isVolatile()).will(null));
        }
    }

    /** A newcomer sees exactly what is retained. */
    private void watchRetained() {
        SimulatedClient watcher = broker.simulatedClient("watcher");
        Link link = broker.tryOpenLink();
        if (link != null) {
            watcher.connect(link, ConnectOptions.CLEAN);
            broker.settle(true);
            if (watcher.isConnected()) {
                watcher.subscribe(List.of(Filter.filter("#", 2), Filter.filter("$s/#", 1)));
            }
            drain();
        }
    }
}
