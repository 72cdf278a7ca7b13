package io.tally.perf;

import io.tally.perf.load.BrokerError;
import io.tally.perf.load.BrokerName;
import io.tally.perf.load.LoadResult;
import io.tally.perf.load.LoadRun;
import io.tally.perf.load.Target;
import io.tally.perf.load.Workload;
import io.tally.perf.load.Workload.Beside;
import io.tally.perf.load.Workload.Phases;
import io.tally.perf.report.Report;
import io.tally.perf.report.Report.Subject;
import io.tally.protocol.codec.ProtocolVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tally bench}: one workload against one broker. */
@Command(
        name = "tally bench",
        customSynopsis = {
            "tally bench [SCENARIO] [OPTION...]",
            "tally bench report FILE.json... -o FILE.html",
            "tally bench connections [OPTION...]",
            "tally bench disk --dir DIR [OPTION...]",
            "tally bench growth WHAT [OPTION...]",
            "tally bench soak DIR",
            "tally bench jmh [JMH OPTION...]"
        },
        header = "Put load on an MQTT broker, and measure.",
        description = "SCENARIO: a file with options, or a name in perf/scenarios; options behind it win.",
        sortOptions = false)
final class LoadCommand implements Callable<Integer> {
    /** Something was lost, doubled, refused or cut off. */
    static final int NOT_CLEAN = 1;

    /** There was nothing to measure. */
    static final int CANNOT_RUN = 2;

    private static final Map<String, Integer> VERSIONS = Map.of(
            "31", ProtocolVersion.V3_1,
            "3.1", ProtocolVersion.V3_1,
            "311", ProtocolVersion.V3_1_1,
            "3.1.1", ProtocolVersion.V3_1_1,
            "5", ProtocolVersion.V5,
            "5.0", ProtocolVersion.V5);

    private final PrintStream out;
    private final PrintStream err;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Option(names = "--mqtt", paramLabel = "VERSION", description = "3.1, 3.1.1 (default) or 5.")
    private String version = "3.1.1";

    @Option(names = "--user", paramLabel = "NAME", description = "User name.")
    private @Nullable String userName;

    @Option(names = "--password", paramLabel = "TEXT", description = "Password.")
    private @Nullable String password;

    @Mixin
    private final TlsOptions tls = new TlsOptions();

    @Option(names = "--publishers", paramLabel = "N", description = "Publishing clients (1).")
    private int publishers = 1;

    @Option(names = "--subscribers", paramLabel = "N", description = "Subscribing clients (1).")
    private int subscribers = 1;

    @Option(names = "--qos", paramLabel = "QOS", description = "QoS of publishing (0).")
    private int qos;

    @Option(names = "--subscriber-qos", paramLabel = "QOS", description = "QoS of the subscriptions (as --qos).")
    private @Nullable Integer subscriberQos;

    @Option(names = "--size", paramLabel = "BYTES", description = "Payload, at least 16 (64).")
    private int size = 64;

    @Option(
            names = "--window",
            paramLabel = "N",
            description = "QoS 1 and 2: most unacknowledged messages of a publisher (64).")
    private int window = 64;

    @Option(
            names = "--lag",
            paramLabel = "N",
            description = "Closed loop: publishers wait while so many messages are on their way to each subscriber;"
                    + " 0 = never (QoS 0: 10000, else 0).")
    private @Nullable Integer lag;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Open loop: so many messages a second of all publishers together, due at fixed times;"
                    + " latency counts from then. 0 = closed loop (default).")
    private double rate;

    @Option(names = "--persistent", description = "Subscribers have persistent sessions.")
    private boolean persistent;

    @Option(
            names = "--topic",
            paramLabel = "TOPIC",
            description = "%%p = number of the publisher, %%t = number of the topic (bench/%%p).")
    private String topic = "bench/%p";

    @Option(names = "--topics", paramLabel = "N", description = "Topics of each publisher, which it goes round (1).")
    private int topics = 1;

    @Option(
            names = "--filter",
            paramLabel = "FILTER",
            description =
                    "Of a subscriber, several with spaces between. %%s = its number, %%t = each number of a topic;"
                            + " all may be $$share/NAME/FILTER, with one NAME (bench/#).")
    private String filter = "bench/#";

    @Option(
            names = "--take-overs",
            paramLabel = "N",
            description = "Beside the load, so many connections a second with one client id, each ending the last (0).")
    private double takeOvers;

    @Option(names = "--idle", paramLabel = "N", description = "Beside the load, so many idle connections (0).")
    private int idle;

    @Option(
            names = "--backlog",
            paramLabel = "N",
            description = "QoS 1 and 2: before the load so many messages are sent to persistent sessions whose clients"
                    + " are away. These come back when the measurement begins; it lasts until all has arrived (0).")
    private int backlog;

    @Option(names = "--absent", paramLabel = "N", description = "Sessions that share the backlog (1).")
    private int absent = 1;

    @Option(
            names = "--resume",
            paramLabel = "N",
            description = "In the measured time each subscriber loses its connection N times, in turn, and resumes its"
                    + " session; needs --persistent (0).")
    private int resumes;

    @Option(
            names = "--storms",
            paramLabel = "N",
            description = "N times in the measured time all clients lose their connections at once and come back at"
                    + " once; needs --persistent (0).")
    private int storms;

    @Option(names = "--warmup", paramLabel = "SECONDS", description = "Load before the measurement (5).")
    private double warmup = 5;

    @Option(names = "--seconds", paramLabel = "SECONDS", description = "Length of the measurement (10).")
    private double seconds = 10;

    @Option(
            names = "--drain",
            paramLabel = "SECONDS",
            description = "At the end, wait for messages until none has come for so long (10).")
    private double drain = 10;

    @Option(
            names = "--durability",
            paramLabel = "TEXT",
            description = "What the broker promises; stands in the report, since no figure means much without it.")
    private String durability = "not stated";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description = "Write NAME.html, NAME.json, NAME.hlog and NAME.hgrm there (nothing is written).")
    private @Nullable Path output;

    @Option(names = "--name", paramLabel = "NAME", description = "Name of the run and its files (the scenario's).")
    private @Nullable String name;

    @Option(names = "--scenario", paramLabel = "NAME", description = "Runs of one are compared (the file's name).")
    private String scenario = "bench";

    @Option(names = "--broker", paramLabel = "TEXT", description = "Its name in reports (what it says of itself).")
    private String brokerName = "";

    LoadCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        Integer level = VERSIONS.get(version);
        if (level == null) {
            throw new ParameterException(spec.commandLine(), "--mqtt is 3.1, 3.1.1 or 5, not " + version);
        }
        Target target = new Target(broker.host, broker.port, level, userName, password, tls.tls());
        try {
            Workload workload = workload();
            Instant startedAt = Instant.now();
            LoadResult result = run(target, workload);
            String brokerVersion = BrokerName.ask(target);
            Subject subject = new Subject(
                    name == null ? scenario : name, scenario, brokerName, brokerVersion, durability, startedAt);
            Report report = new Report(subject, target, workload, result);
            report.print(out);
            if (output != null) {
                report.write(output);
                out.println("  files     " + output.resolve(subject.name()) + ".html, .json, .hlog, .hgrm");
            }
            return report.problems().isEmpty() ? 0 : NOT_CLEAN;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        } catch (IOException | BrokerError e) {
            err.println("tally bench: " + broker + ": " + e.getMessage());
            return CANNOT_RUN;
        }
    }

    private Workload workload() {
        return new Workload(
                publishers,
                subscribers,
                qos,
                subscriberQos == null ? qos : subscriberQos,
                size,
                window,
                lag == null ? (qos == 0 ? 10_000 : 0) : lag,
                rate,
                persistent,
                topic,
                topics,
                filter,
                new Beside(takeOvers, idle, backlog, absent, resumes, storms),
                new Phases(warmup, seconds, drain));
    }

    private LoadResult run(Target target, Workload workload) throws IOException {
        try (LoadRun run = new LoadRun(target, workload, broker.pids)) {
            return run.run();
        }
    }
}
