package io.tally.ops.cli;

import com.hivemq.client.mqtt.datatypes.MqttTopic;
import com.hivemq.client.mqtt.datatypes.MqttTopicFilter;
import io.tally.ops.cli.ToolClient.Arrival;
import io.tally.ops.cli.ToolClient.RetainHandling;
import io.tally.ops.cli.ToolClient.Subscription;
import io.tally.ops.cli.ToolClients.OnLoss;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tally sub}: prints what it receives, with mosquitto_sub's flags. */
@Command(name = "sub", description = "Subscribe and print messages, as mosquitto_sub does.", sortOptions = false)
final class SubCommand implements Callable<Integer> {
    /** What mosquitto_sub exits with when -W has passed. */
    static final int TIMED_OUT = 27;

    private final PrintStream out;
    private final PrintStream err;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    private final ConnectFlags connect = new ConnectFlags();

    @Option(
            names = {"-t", "--topic"},
            paramLabel = "FILTER",
            description = "Topic filter to subscribe to. May be repeated.")
    private List<String> filters = new ArrayList<>();

    @Option(
            names = {"-U", "--unsubscribe"},
            paramLabel = "FILTER",
            description = "Topic filter to unsubscribe from. May be repeated.")
    private final List<String> unsubscribed = new ArrayList<>();

    @Option(
            names = {"-T", "--filter-out"},
            paramLabel = "FILTER",
            description = "Do not print messages of these topics. May be repeated.")
    private final List<String> hidden = new ArrayList<>();

    @Option(
            names = {"-v", "--verbose"},
            description = "Print the topic in front of the message.")
    private boolean verbose;

    @Option(names = "-N", description = "Print no line feed behind a message.")
    private boolean noLineFeed;

    @Option(names = "-C", paramLabel = "COUNT", description = "Exit after so many messages.")
    private int count;

    @Option(names = "-W", paramLabel = "SECONDS", description = "Exit with code 27 after that time.")
    private int timeoutSeconds;

    @Option(names = "-E", description = "Exit once the subscription is acknowledged.")
    private boolean exitOnceSubscribed;

    @Option(names = "-R", description = "Do not print retained messages.")
    private boolean retainedHidden;

    @Option(names = "--retained-only", description = "Print retained messages only, and exit at the first other one.")
    private boolean retainedOnly;

    @Option(names = "--remove-retained", description = "Remove the retained messages that are printed.")
    private boolean retainedRemoved;

    @Option(names = "--retain-as-published", description = "MQTT 5: keep the retain flag as the publisher set it.")
    private boolean retainAsPublished;

    @Option(
            names = "--retain-handling",
            paramLabel = "WHEN",
            description = "MQTT 5: retained messages are sent always, for new subscriptions, or never.")
    private @Nullable String retainHandling;

    @Option(names = "--help", usageHelp = true, description = "Show this help.")
    @SuppressWarnings("UnusedVariable")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    @SuppressWarnings("UnusedVariable")
    private boolean version;

    SubCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws InterruptedException {
        return connect.run(spec, err, this::check, this::receive);
    }

    private void check() {
        connect.check();
        if (!connect.urlTopic().isEmpty()) {
            filters.add(connect.urlTopic());
        }
        Checks.require(
                !filters.isEmpty() || !unsubscribed.isEmpty(),
                "a topic filter to subscribe to (-t) or to unsubscribe from (-U) is needed");
        filters.forEach(f -> Checks.filter(f, "topic filter"));
        unsubscribed.forEach(f -> Checks.filter(f, "topic filter"));
        hidden.forEach(f -> Checks.filter(f, "topic filter"));
        Checks.require(count >= 0, "-C must be above 0");
        Checks.require(timeoutSeconds >= 0, "-W must be above 0");
        Checks.require(!retainedHidden || !retainedOnly, "-R and --retained-only exclude each other");
        handling();
    }

    private RetainHandling handling() {
        if (retainHandling == null) {
            return retainedHidden ? RetainHandling.NEVER : RetainHandling.ALWAYS;
        }
        for (RetainHandling handling : RetainHandling.values()) {
            if (handling.name().toLowerCase(Locale.ROOT).equals(retainHandling)) {
                return handling;
            }
        }
        throw new IllegalArgumentException("--retain-handling must be always, new or never");
    }

    private int receive() throws ToolFailure, InterruptedException {
        Ending ending = new Ending();
        ToolClient client = ToolClients.create(connect, OnLoss.RECONNECT, ending);
        Receiver receiver = new Receiver(client, ending);
        client.onArrival(receiver::accept);
        client.connect();
        debug("connected");
        ExitHook hook = ExitHook.install(client);
        if (!filters.isEmpty()) {
            client.subscribe(new Subscription(filters, connect.qos(), handling(), retainAsPublished));
            debug("subscribed");
        }
        if (!unsubscribed.isEmpty()) {
            client.unsubscribe(unsubscribed);
            debug("unsubscribed");
        }
        if (exitOnceSubscribed) {
            ending.succeed();
        }
        boolean inTime = ending.await(timeoutSeconds);
        receiver.stop();
        client.disconnect();
        hook.remove();
        if (!inTime && !connect.quiet()) {
            err.println("Timed out");
        }
        return inTime ? 0 : TIMED_OUT;
    }

    private void debug(String what) {
        if (connect.debug()) {
            err.println("tally sub: " + what);
        }
    }

    /** Prints and acknowledges; owned by the client's thread. What comes after the end stays unacknowledged. */
    private final class Receiver {
        private final ToolClient client;
        private final Ending ending;
        private final Printer printer = new Printer(out, verbose, !noLineFeed);
        private final List<MqttTopicFilter> hiddenFilters =
                hidden.stream().map(MqttTopicFilter::of).toList();
        private final List<String> removing = new ArrayList<>();
        private int printed;
        private boolean stopped;

        Receiver(ToolClient client, Ending ending) {
            this.client = client;
            this.ending = ending;
        }

        synchronized void stop() {
            stopped = true;
        }

        synchronized void accept(Arrival arrival) {
            if (stopped) {
                return;
            }
            if (retainedOnly && !arrival.isRetained()) {
                finish();
                return;
            }
            if (isShown(arrival)) {
                if (!printer.print(arrival.topic(), arrival.payload())) {
                    finish();
                    return;
                }
                printed++;
                if (retainedRemoved && arrival.isRetained()) {
                    remove(arrival.topic());
                }
            }
            arrival.acknowledge();
            if (count > 0 && printed == count) {
                finish();
            }
        }

        private boolean isShown(Arrival arrival) {
            if (retainedHidden && arrival.isRetained()) {
                return false;
            }
            if (hiddenFilters.isEmpty()) {
                return true;
            }
            MqttTopic topic = MqttTopic.of(arrival.topic());
            return hiddenFilters.stream().noneMatch(filter -> filter.matches(topic));
        }

        private void remove(String topic) {
            removing.add(topic);
            client.publish(topic, new byte[0], 1, true, failure -> onRemoved(topic, failure));
        }

        private synchronized void onRemoved(String topic, @Nullable ToolFailure failure) {
            removing.remove(topic);
            if (failure != null) {
                ending.fail(failure);
            } else if (stopped && removing.isEmpty()) {
                ending.succeed();
            }
        }

        /** Ends once what is to be removed is removed. */
        private void finish() {
            stopped = true;
            if (removing.isEmpty()) {
                ending.succeed();
            }
        }
    }
}
