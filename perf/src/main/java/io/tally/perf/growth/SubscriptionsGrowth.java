package io.tally.perf.growth;

import io.tally.engine.routing.Match;
import io.tally.engine.routing.Router;
import io.tally.engine.routing.SharedGroup;
import io.tally.engine.routing.SubscriptionTree;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.perf.jmh.Commands;
import io.tally.perf.report.Points;
import io.tally.protocol.Invariant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.agrona.concurrent.UnsafeBuffer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally bench growth subscriptions}: what a match, a SUBSCRIBE and the memory cost with very many. */
@Command(
        name = "subscriptions",
        header = "Subscriptions: time of a match, of SUBSCRIBE and UNSUBSCRIBE, heap for each (10,000 to 1,000,000).",
        sortOptions = false)
final class SubscriptionsGrowth implements Callable<Integer> {
    private static final int FROM_DEFAULT = 10_000;
    private static final int TO_DEFAULT = 1_000_000;
    private static final long STRIDE = 7_919;
    private static final int HOT_TOPICS = 1_024;
    private static final int METERS_PER_SITE = 100;
    private static final int KINDS_MIXED = 4;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Option(names = "--sessions", paramLabel = "N", description = "They belong to so many sessions (1000).")
    private int sessions = 1_000;

    /** What the filters look like; a topic of meter {@code n} matches the filter of number {@code n}. */
    private enum Kind {
        EXACT,
        PLUS,
        HASH,
        MIXED;

        String label() {
            return switch (this) {
                case PLUS -> "+";
                case HASH -> "#";
                default -> name().toLowerCase(Locale.ROOT);
            };
        }

        String filter(int n) {
            int site = n / METERS_PER_SITE;
            int kind = this == MIXED ? n % KINDS_MIXED : -1;
            if (this == EXACT || kind == 0) {
                return "site/" + site + "/meter/" + n;
            } else if (this == PLUS ? n % 2 == 0 : kind == 1) {
                return "site/" + site + "/+/" + n;
            } else if (this == PLUS || kind == 2) {
                return "site/+/meter/" + n;
            }
            return "site/" + site + "/meter/" + n + "/#";
        }
    }

    @Override
    public Integer call() throws IOException {
        Points points = options.points("Subscriptions", "subscriptions");
        points.fact(
                "filters",
                "site/S/meter/N; half site/S/+/N, half site/+/meter/N; site/S/meter/N/#; mixed: a quarter of each; "
                        + METERS_PER_SITE + " meters to a site, " + sessions + " sessions");
        for (long count : options.steps(FROM_DEFAULT, TO_DEFAULT)) {
            for (Kind kind : Kind.values()) {
                measure(points, kind, (int) count);
            }
        }
        return options.publish(points);
    }

    private void measure(Points points, Kind kind, int count) {
        EngineRig rig = new EngineRig(0);
        for (int i = 1; i <= sessions; i++) {
            rig.journaled(Commands.connect(i, "client" + i));
        }
        long before = CallTimes.liveHeapBytes();
        for (int n = 0; n < count; n++) {
            rig.journaled(Commands.subscribe(1 + n % sessions, kind.filter(n), 1));
        }
        rig.engine.tryCheckpoint();
        Invariant.check(rig.engine.subscriptionCount() == count, "a subscription is missing");
        String name = kind.label();
        points.add(count, name, "B of heap each", (double) (CallTimes.liveHeapBytes() - before) / count);
        UnsafeBuffer[][] changes = new UnsafeBuffer[HOT_TOPICS][];
        for (int i = 0; i < HOT_TOPICS; i++) {
            int connection = 1 + i % sessions;
            String filter = kind.filter((int) (i * STRIDE % count)) + (kind == Kind.HASH ? "" : "/new");
            filter = filter.replace("/#", "/new/#");
            changes[i] = new UnsafeBuffer[] {
                Commands.subscribe(connection, filter, 1), Commands.unsubscribe(connection, filter)
            };
        }
        double change = options.medianNs(number -> {
            UnsafeBuffer[] pair = changes[(int) (number % HOT_TOPICS)];
            rig.journaled(pair[0]);
            rig.journaled(pair[1]);
        });
        points.add(count, name + ", SUBSCRIBE and UNSUBSCRIBE", "ns", change);
        measureMatches(points, kind, count);
    }

    private void measureMatches(Points points, Kind kind, int count) {
        SubscriptionTree tree = new SubscriptionTree(filter -> new SharedGroup(1, filter), 0);
        List<Session> all = EngineRig.sessions(sessions);
        for (int n = 0; n < count; n++) {
            tree.add(Subscription.of(all.get(n % sessions), kind.filter(n), 1, 0));
        }
        int topicCount = Math.min(count, 1 << 18);
        byte[][] topics = new byte[topicCount][];
        for (int i = 0; i < topicCount; i++) {
            long n = i * STRIDE % count;
            topics[i] = ("site/" + n / METERS_PER_SITE + "/meter/" + n).getBytes(StandardCharsets.US_ASCII);
        }
        UnsafeBuffer topic = new UnsafeBuffer(new byte[0]);
        String name = kind.label();
        points.add(count, name + ", match not in the cache", "ns", options.medianNs(number -> {
            byte[] bytes = topics[(int) (number % topicCount)];
            topic.wrap(bytes);
            check(tree.match(topic, 0, bytes.length));
        }));
        Router router = new Router(tree);
        points.add(count, name + ", match in the cache", "ns", options.medianNs(number -> {
            byte[] bytes = topics[(int) (number % Math.min(HOT_TOPICS, topicCount))];
            topic.wrap(bytes);
            check(router.match(topic, 0, bytes.length));
        }));
    }

    private static void check(Match match) {
        Invariant.check(match.targets.length == 1, "a topic has one subscriber", match.targets.length);
    }
}
