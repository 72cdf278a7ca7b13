package io.tally.engine.sim;

import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.FullQueue;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.SharedStrategy;
import java.util.ArrayList;
import java.util.List;

/**
 * What happens in one seed: each feature is on or off, each rate low or high, so that seeds differ in kind and not
 * only in detail. All of it comes from the dice.
 */
final class Workload {
    private static final List<String> TOPICS = List.of("a", "a/b", "a/c", "b/x/y", "a/b/c", "$s/a", "/", "b//y");
    private static final List<String> FILTERS = List.of(
            "#", "a/#", "a/+", "a", "a/b", "+/b", "+", "b/+/y", "$s/#", "/+", "a/+/c", "+/+", "b/#", "+/x/#", "$s/a");
    private static final List<String> SHARED = List.of(
            "$share/g/a/#",
            "$share/h/a/#",
            "$share/g/#",
            "$share/k/a/b",
            "$share/Aa/a/b",
            "$share/BB/a/b",
            "$share/m/+");

    final Dice dice;
    final int steps;
    final int clientCount;
    final boolean hasCrashes;
    final boolean hasCuts;
    final boolean hasTakeOvers;
    final boolean hasTwin;
    final boolean hasHalfOpen;
    final boolean hasStalls;
    final boolean hasFullDisk;
    final boolean hasCheckpoints;
    final boolean deletesFiles;
    final boolean hasRetained;
    final boolean hasWills;
    final boolean hasShared;

    /** Who joins a shared group joins several, and has a small window for them all. */
    final boolean hasBusyMembers;

    final boolean hasMessageExpiry;
    final boolean hasTimers;
    final boolean hasV3;
    final boolean hasClockJumps;
    final boolean hasUnsubscribes;
    final boolean acknowledgesOutOfOrder;
    final boolean hasLargePayloads;
    final boolean hasSlowSubscribers;
    final boolean hasBursts;
    final int faultOneIn;
    private final int[] qosWeights;
    private int payloads;

    Workload(long seed) {
        dice = new Dice(seed);
        steps = dice.oneIn(8) ? dice.between(4_000, 12_000) : dice.between(500, 4_000);
        clientCount = dice.between(2, 7);
        hasCrashes = dice.percent(75);
        hasCuts = dice.percent(75);
        hasTakeOvers = dice.percent(50);
        hasTwin = hasTakeOvers && dice.percent(30);
        hasHalfOpen = dice.percent(30);
        hasStalls = dice.percent(30);
        hasFullDisk = dice.percent(20);
        hasCheckpoints = dice.percent(80);
        deletesFiles = dice.percent(60);
        hasRetained = dice.percent(50);
        hasWills = dice.percent(50);
        hasShared = dice.percent(40);
        hasMessageExpiry = dice.percent(30);
        hasTimers = dice.percent(50);
        hasV3 = dice.percent(50);
        hasClockJumps = dice.percent(15);
        hasUnsubscribes = dice.percent(40);
        acknowledgesOutOfOrder = dice.percent(20);
        hasLargePayloads = dice.percent(20);
        hasSlowSubscribers = dice.percent(40);
        hasBursts = dice.percent(25);
        hasBusyMembers = hasShared && dice.percent(40);
        faultOneIn = dice.oneIn(2) ? dice.between(20, 100) : dice.between(100, 1_000);
        qosWeights = new int[] {dice.between(0, 3), dice.between(0, 4), dice.between(1, 4)};
    }

    SimulationOptions options(long seed) {
        boolean limited = dice.percent(40);
        FullQueue policy = dice.pick(List.of(FullQueue.values()));
        Limits limits = Limits.NONE
                .with(policy)
                .with(Limit.QUEUED_MESSAGES, limited ? dice.between(3, 40) : 0)
                .with(Limit.QUEUED_BYTES, limited && dice.oneIn(2) ? dice.between(500, 5_000) : 0)
                .with(Limit.SESSION_EXPIRY_SECONDS, dice.oneIn(5) ? 30 : ConnectCommand.EXPIRY_NEVER)
                .with(Limit.SESSIONS, dice.oneIn(10) ? dice.between(2, 6) : 0)
                .with(Limit.SUBSCRIPTIONS, seed % 8 == 0 ? 1 + seed / 8 % 5 : 0)
                .with(Limit.SHARED_SUBSCRIPTIONS, seed % 9 == 0 ? 1 + seed / 9 % 3 : 0)
                .with(Limit.RETAIN_AVAILABLE, !dice.oneIn(10))
                .with(Limit.QUEUE_QOS0, dice.oneIn(6))
                .with(Limit.DUPLICATES, dice.oneIn(policy == FullQueue.DROP_NEWEST ? 4 : 10))
                .with(Limit.UPGRADE_QOS, dice.oneIn(8))
                .with(Limit.RETAINED_MESSAGES, dice.oneIn(4) ? dice.between(1, 5) : 0)
                .with(Limit.RETAINED_BYTES, dice.oneIn(4) ? dice.between(200, 3_000) : 0)
                .with(Limit.SHARED_STRATEGY, strategy(seed));
        return SimulationOptions.seed(seed)
                .gateways(dice.between(1, 3))
                .limits(limits)
                .fileBytes(dice.oneIn(2) ? dice.between(1_000, 8_000) : 1 << 16)
                .inFlightMax(dice.oneIn(3) ? dice.between(1, 4) : 20)
                .digestEvery(dice.between(20, 200))
                .checkpointsInReplay(dice.oneIn(3));
    }

    private long strategy(long seed) {
        boolean isByTopic = hasBusyMembers && dice.oneIn(2);
        return isByTopic ? SharedStrategy.HASH_TOPIC.code : seed / 3 % SharedStrategy.values().length;
    }

    boolean setsClockBack() {
        return hasClockJumps && dice.oneIn(30);
    }

    /** By seconds, as a rule; by an hour, where somebody was wrong about that. */
    long setBackMs() {
        return dice.oneIn(4) ? 3_600_000 : dice.below(20_000);
    }

    /** How time goes on. */
    long passingMs() {
        return hasTimers && dice.oneIn(8) ? dice.below(15_000) : dice.below(30);
    }

    /** How a client connects throughout, wills aside. */
    ConnectOptions profile() {
        if (hasV3 && !hasBusyMembers && dice.oneIn(2)) {
            return dice.oneIn(4) ? ConnectOptions.CLEAN_V3 : ConnectOptions.PERSISTENT_V3;
        }
        ConnectOptions options = dice.oneIn(4) ? ConnectOptions.CLEAN : ConnectOptions.PERSISTENT;
        if (!options.cleanStart() && hasTimers && dice.oneIn(2)) {
            options = options.expiry(dice.between(1, 60));
        }
        if (hasBusyMembers) {
            return options.receiveMaximum(dice.between(1, 3));
        }
        return dice.oneIn(3) ? options.receiveMaximum(dice.between(1, 5)) : options;
    }

    /** SUBSCRIBE packets in a row. */
    int subscribeCount() {
        return hasBusyMembers ? dice.between(1, 6) : 1;
    }

    /** What a client with somebody else's id does: it takes the session away, and leaves none. */
    ConnectOptions asTwin(ConnectOptions options) {
        return options.cleanStart(true).expiry(0);
    }

    /** For one connection: now and then a clean start, an expiry of 0, a will. */
    ConnectOptions connection(ConnectOptions profile, String clientId) {
        ConnectOptions options = profile;
        if (dice.oneIn(25)) {
            options = options.cleanStart(!options.cleanStart());
        }
        if (options.version() == 5 && dice.oneIn(25)) {
            options = options.expiry(dice.oneIn(2) ? 0 : dice.between(1, 30));
        }
        if (hasWills && dice.oneIn(2)) {
            options = options.will(new ConnectOptions.Will(
                    dice.pick(TOPICS),
                    "will of " + clientId + " " + ++payloads,
                    qos(),
                    hasRetained && dice.oneIn(3),
                    options.version() == 5 && hasTimers && dice.oneIn(2) ? dice.between(1, 40) : 0,
                    options.version() == 5 && hasMessageExpiry && dice.oneIn(3) ? dice.between(1, 30) : Packet.NONE));
        }
        return options;
    }

    Packet.Publish publish(String clientId, int version) {
        boolean retain = hasRetained && dice.oneIn(4);
        String payload = clientId + " says " + ++payloads;
        if (hasLargePayloads && dice.oneIn(4)) {
            payload += " " + "x".repeat(dice.below(3_000));
        }
        if (retain && dice.oneIn(5)) {
            payload = "";
        }
        long expiry = version == 5 && hasMessageExpiry && dice.oneIn(3) ? dice.between(0, 20) : Packet.NONE;
        return Packet.Publish.toBroker(dice.pick(TOPICS), payload, qos(), retain, expiry);
    }

    List<Filter> filters(int version) {
        List<Filter> filters = new ArrayList<>();
        int id = version == 5 && dice.oneIn(3) ? dice.between(1, 5) : 0;
        if (hasShared && version == 5 && (hasBusyMembers || dice.oneIn(2))) {
            return List.of(shared());
        }
        for (int i = dice.oneIn(5) ? dice.between(2, 3) : 1; i > 0; i--) {
            Filter filter = Filter.filter(dice.pick(FILTERS), dice.below(3)).id(id);
            if (version == 5 && dice.oneIn(4)) {
                filter = filter.retainAsPublished();
            }
            if (version == 5 && dice.oneIn(4)) {
                filter = filter.noLocal();
            }
            filters.add(version == 5 ? filter.retainHandling(dice.below(3)) : filter);
        }
        return filters;
    }

    /** Each with an identifier of its own, by which the audit knows deliveries of different groups apart. */
    private Filter shared() {
        int index = dice.below(SHARED.size());
        Filter filter = Filter.filter(SHARED.get(index), dice.below(3)).id(10 + index);
        return dice.oneIn(4) ? filter.retainAsPublished() : filter;
    }

    private int qos() {
        int at = dice.below(qosWeights[0] + qosWeights[1] + qosWeights[2]);
        return at < qosWeights[0] ? 0 : at < qosWeights[0] + qosWeights[1] ? 1 : 2;
    }
}
