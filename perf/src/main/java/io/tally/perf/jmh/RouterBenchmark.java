package io.tally.perf.jmh;

import io.tally.engine.delivery.QueueRows;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.message.FileReferences;
import io.tally.engine.message.KeptMessages;
import io.tally.engine.routing.Match;
import io.tally.engine.routing.Router;
import io.tally.engine.routing.SharedGroup;
import io.tally.engine.routing.SubscriptionTree;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Whom a topic goes to, with as many exact subscriptions as given and one with a wildcard for each hundred: when
 * the router remembers the topic, and when it must ask the tree.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RouterBenchmark {
    private static final int METERS_PER_SITE = 100;
    private static final int HITS = 1 << 10;

    /** Far more than the router remembers: each is forgotten before it comes again. */
    private static final int MISSES = 1 << 18;

    @Param({"10000", "100000"})
    public int subscriptions;

    private final SubscriptionTree tree = new SubscriptionTree(filter -> new SharedGroup(1, filter), 0);
    private final Router router = new Router(tree);
    private final UnsafeBuffer topic = new UnsafeBuffer(new byte[0]);
    private byte[][] topics = {};
    private int next;

    @Setup
    public void setUp() {
        DiscardingStore store = new DiscardingStore();
        QueueRows rows = new QueueRows(store, new FileReferences(), new KeptMessages());
        Session session = new Session(1, "subscriber", true, new SessionQueue(rows, 1, false));
        for (int i = 0; i < subscriptions; i++) {
            tree.add(Subscription.of(session, topic(i), 1, 0));
        }
        for (int site = 0; site < subscriptions / METERS_PER_SITE; site++) {
            tree.add(Subscription.of(session, "site/" + site + "/meter/+", 1, 0));
        }
        topics = new byte[MISSES][];
        for (int i = 0; i < MISSES; i++) {
            topics[i] = topic(i).getBytes(StandardCharsets.UTF_8);
        }
    }

    private static String topic(int number) {
        return "site/" + number / METERS_PER_SITE + "/meter/" + number;
    }

    private Match match(int index) {
        byte[] bytes = topics[index];
        topic.wrap(bytes);
        return router.match(topic, 0, bytes.length);
    }

    @Benchmark
    public Match hit() {
        return match(next++ & (HITS - 1));
    }

    @Benchmark
    public Match miss() {
        return match(next++ & (MISSES - 1));
    }
}
