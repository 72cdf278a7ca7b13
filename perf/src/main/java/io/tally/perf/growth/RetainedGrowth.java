package io.tally.perf.growth;

import io.tally.engine.Engine;
import io.tally.engine.port.Positions;
import io.tally.perf.jmh.Commands;
import io.tally.perf.jmh.CountedEffects;
import io.tally.perf.report.Points;
import io.tally.protocol.Invariant;
import io.tally.storage.sequencer.Doorbell;
import io.tally.storage.state.JournalBarrier;
import io.tally.storage.state.RocksStateStore;
import io.tally.storage.state.StoreAgent;
import io.tally.storage.state.StoreConfig;
import io.tally.storage.state.StoredMessages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally bench growth retained}: what finding retained messages takes, kept in a real state store. */
@Command(
        name = "retained",
        header = "Retained messages in the state store on disk: what subscribers' filters cost (10,000 to 1,000,000).",
        sortOptions = false)
final class RetainedGrowth implements Callable<Integer> {
    private static final int FROM_DEFAULT = 10_000;
    private static final int TO_DEFAULT = 1_000_000;
    private static final int METERS_PER_SITE = 100;

    /** Besides: one that ends in a name of its own, and some that end alike. */
    private static final int PLANTS = 5_001;

    /** So many of them have a spare meter; the others have a name in common that more have than are looked through. */
    private static final int SPARE = 1_000;

    private static final int PAYLOAD_BYTES = 64;
    private static final int ENTRY_BYTES = 256;
    private static final int ENTRIES_PER_FILE = 500_000;
    private static final int PER_CHECKPOINT = 20_000;
    private static final int CLIENT = 1;
    private static final int GETS = 20_000;
    private static final int GETS_MIN = 5;
    private static final long STRIDE = 7_919;
    private static final double NS_PER_MS = 1e6;
    private static final double NS_PER_S = 1e9;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Option(names = "--data", paramLabel = "DIR", description = "Where the store is made, and deleted (here).")
    private Path data = Path.of(".");

    @Override
    public Integer call() throws IOException {
        Points points = options.points("Retained messages", "retained messages");
        points.fact(
                "topics",
                "site/S/meter/N, " + METERS_PER_SITE + " meters to a site, " + PAYLOAD_BYTES
                        + " B of payload; plant/0/meter/none, 1 to 1000/meter/spare, 1001 to 5000/meter/often");
        points.fact(
                "times",
                "of the engine, from SUBSCRIBE to the last effect, every message read from the state store;"
                        + " a broker begins a part each millisecond, so more than one part takes so many at least");
        for (long count : options.steps(FROM_DEFAULT, TO_DEFAULT)) {
            Path directory = Files.createTempDirectory(data, "growth");
            try (Kept kept = new Kept(directory)) {
                measure(points, kept, (int) count);
            } finally {
                delete(directory);
            }
        }
        return options.publish(points);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static String topic(long n) {
        String name = n == 0 ? "none" : n <= SPARE ? "spare" : "often";
        return n < PLANTS ? "plant/" + n + "/meter/" + name : meter(n - PLANTS);
    }

    private static String meter(long n) {
        return "site/" + n / METERS_PER_SITE + "/meter/" + n;
    }

    /**
     * What a filter has brought.
     *
     * @param ns of the engine, reading the messages included
     * @param ticks that it took besides the SUBSCRIBE
     * @param partBytesMax effects of one command at most
     */
    private record Answer(long ns, long found, int ticks, long partBytesMax) {}

    private void measure(Points points, Kept kept, int count) {
        long before = CallTimes.liveHeapBytes();
        for (int n = 0; n < count + PLANTS; n++) {
            kept.journaled(Kept.publish(n));
            if (n % PER_CHECKPOINT == 0) {
                kept.checkpoint();
            }
        }
        kept.checkpoint();
        Invariant.check(kept.engine.retainedCount() == count + PLANTS, "a retained message is missing");
        points.add(count, "heap each", "B", (double) (CallTimes.liveHeapBytes() - before) / count);
        add(points, kept, count, "exact", n -> meter(n * STRIDE % count));
        add(points, kept, count, "+ (100 messages)", n -> "site/" + n * STRIDE % count / METERS_PER_SITE + "/meter/+");
        add(points, kept, count, "+ but for the meter", n -> "site/+/meter/" + n * STRIDE % count);
        add(points, kept, count, "no match: site/+/none/+", n -> "site/+/none/+");
        add(points, kept, count, "no match: site/+/meter/none (one plant)", n -> "site/+/meter/none");
        add(points, kept, count, "no match: +/+/+/+/+", n -> "+/+/+/+/+");
        add(points, kept, count, "no match: site/+/meter/spare (1,000 plants)", n -> "site/+/meter/spare");
        add(points, kept, count, "no match: site/+/meter/often (4,000 plants)", n -> "site/+/meter/often");
        int parts = kept.subscribe("site/+/meter/often").ticks + 1;
        points.add(count, "no match: site/+/meter/often, parts", "commands", parts);
        Answer all = kept.subscribe("#");
        Invariant.check(all.found == count + PLANTS, "# brings all of them", all.found);
        points.add(count, "#", "ms", all.ns / NS_PER_MS);
        points.add(count, "#, for each message", "ns", (double) all.ns / all.found);
        points.add(count, "#, parts", "commands", all.ticks + 1);
        points.add(count, "#, effects of one part", "B", (double) all.partBytesMax);
    }

    /** The median of some. */
    private void add(Points points, Kept kept, int count, String name, LongFunction<String> filters) {
        long begin = System.nanoTime();
        List<Long> times = new ArrayList<>();
        for (int n = 0; n < GETS && (n < GETS_MIN || System.nanoTime() - begin < NS_PER_S); n++) {
            times.add(kept.subscribe(filters.apply(n)).ns);
        }
        Collections.sort(times);
        points.add(count, name, "ms", times.get(times.size() / 2) / NS_PER_MS);
    }

    /** An engine above a state store; the journal is gone as soon as the store has what it needs of it. */
    private static final class Kept implements AutoCloseable {
        private final RocksStateStore store;
        private final StoreAgent agent;
        private final StoredMessages reader;
        private final CountedEffects effects = new CountedEffects();
        private final Engine engine;
        private long entries;
        private long timeMs = 1;

        Kept(Path directory) {
            StoreConfig config = StoreConfig.of(directory.resolve("state"), directory.resolve("native"));
            store = RocksStateStore.open(config, new Doorbell());
            agent = new StoreAgent(
                    store,
                    new StoreAgent.Inputs(
                            config,
                            (position, into) -> {
                                into.wrap(publish(numberOf(position)));
                                return 1;
                            },
                            () -> {},
                            JournalBarrier.RELEASED_IS_DURABLE,
                            System::nanoTime),
                    failure -> {
                        throw new IllegalStateException(failure);
                    });
            reader = new StoredMessages((position, into) -> -1, store);
            engine = new Engine(effects, reader, store);
            engine.load();
            journaled(Commands.restarted());
            journaled(Commands.connect(CLIENT, "client"));
        }

        private static UnsafeBuffer publish(long n) {
            return Commands.retained(CLIENT, topic(n), PAYLOAD_BYTES);
        }

        /** Of the message at this position: two commands are ahead of the first one. */
        private static long numberOf(long position) {
            long file = Positions.file(position) - 1L;
            return file * ENTRIES_PER_FILE + Positions.offset(position) / ENTRY_BYTES - 1 - 2;
        }

        void journaled(UnsafeBuffer command) {
            long file = 1 + entries / ENTRIES_PER_FILE;
            long offset = (entries++ % ENTRIES_PER_FILE + 1) * ENTRY_BYTES;
            engine.onCommand(Positions.of((int) file, offset), timeMs, command, 0, command.capacity());
        }

        void checkpoint() {
            while (!engine.tryCheckpoint()) {
                agent.doWork();
            }
            agent.doWork();
        }

        /** Has it delivered with as many ticks as it wants, and reads what a gateway would; answers how many ticks. */
        Answer subscribe(String filter) {
            long delivered = effects.deliveries();
            long begin = System.nanoTime();
            long before = effects.bytes();
            journaled(Commands.subscribe(CLIENT, filter, 0));
            long most = effects.bytes() - before;
            int ticks = 0;
            while (engine.nextDeadlineMs() <= timeMs + 1) {
                timeMs++;
                before = effects.bytes();
                journaled(Commands.tick());
                most = Math.max(most, effects.bytes() - before);
                ticks++;
            }
            long ns = System.nanoTime() - begin;
            journaled(Commands.unsubscribe(CLIENT, filter));
            return new Answer(ns, effects.deliveries() - delivered, ticks, most);
        }

        @Override
        public void close() {
            reader.close();
            agent.onClose();
            store.close();
        }
    }
}
