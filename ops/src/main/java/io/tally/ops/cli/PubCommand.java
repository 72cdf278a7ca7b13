package io.tally.ops.cli;

import io.tally.ops.cli.ToolClients.OnLoss;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tally pub}: publishes, with mosquitto_pub's flags. */
@Command(name = "pub", description = "Publish messages, as mosquitto_pub does.", sortOptions = false)
final class PubCommand implements Callable<Integer> {
    /** Messages handed to the client and not yet acknowledged: memory stays bounded however long the input is. */
    private static final int PENDING_MAX = 1000;

    private final InputStream in;
    private final PrintStream err;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    private final ConnectFlags connect = new ConnectFlags();

    @Option(
            names = {"-t", "--topic"},
            paramLabel = "TOPIC",
            description = "Topic to publish to.")
    private String topic = "";

    @Option(
            names = {"-m", "--message"},
            paramLabel = "TEXT",
            description = "Send this text.")
    private @Nullable String text;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "Send the content of this file.")
    private @Nullable Path file;

    @Option(
            names = {"-l", "--stdin-line"},
            description = "Send each line of standard input.")
    private boolean lines;

    @Option(
            names = {"-s", "--stdin-file"},
            description = "Send all of standard input as one message.")
    private boolean wholeInput;

    @Option(
            names = {"-n", "--null-message"},
            description = "Send an empty message.")
    private boolean empty;

    @Option(
            names = {"-r", "--retain"},
            description = "Retain the message.")
    private boolean retain;

    @Option(names = "--repeat", paramLabel = "N", description = "Send the message so many times (1).")
    private int repeat = 1;

    @Option(names = "--repeat-delay", paramLabel = "SECONDS", description = "Wait that long in between (0).")
    private double repeatDelaySeconds;

    @Option(names = "--help", usageHelp = true, description = "Show this help.")
    @SuppressWarnings("UnusedVariable")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    @SuppressWarnings("UnusedVariable")
    private boolean version;

    PubCommand(InputStream in, PrintStream err) {
        this.in = in;
        this.err = err;
    }

    @Override
    public Integer call() throws InterruptedException {
        return connect.run(spec, err, this::check, this::publish);
    }

    private void check() {
        connect.check();
        topic = topic.isEmpty() ? connect.urlTopic() : topic;
        int modes = (text == null ? 0 : 1)
                + (file == null ? 0 : 1)
                + (lines ? 1 : 0)
                + (wholeInput ? 1 : 0)
                + (empty ? 1 : 0);
        Checks.require(modes <= 1, "only one of -m, -f, -l, -s and -n can be given");
        Checks.require(
                modes == 1 && !topic.isEmpty(), "both a topic (-t) and a message (-m, -f, -l, -s or -n) are needed");
        Checks.topic(topic, "topic");
        Checks.require(repeat >= 1, "--repeat must be above 0");
        Checks.require(repeatDelaySeconds >= 0, "--repeat-delay must not be negative");
    }

    private byte[] payload() throws ToolFailure {
        try {
            if (file != null) {
                return Files.readAllBytes(file);
            }
            if (wholeInput) {
                byte[] all = in.readAllBytes();
                if (all.length == 0) {
                    throw new ToolFailure(UsageErrors.EXIT_CODE, "standard input is empty; -n sends an empty message");
                }
                return all;
            }
        } catch (IOException e) {
            String what = file == null ? "standard input" : file.toString();
            throw new ToolFailure(UsageErrors.EXIT_CODE, what + " cannot be read: " + e.getMessage());
        }
        return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    }

    private int publish() throws ToolFailure, InterruptedException {
        byte[] payload = lines ? new byte[0] : payload();
        Ending ending = new Ending();
        ToolClient client = ToolClients.create(connect, lines ? OnLoss.RECONNECT : OnLoss.END, ending);
        client.connect();
        debug("connected");
        Sending sending = new Sending(client, ending);
        if (lines) {
            sendLines(sending);
        } else {
            sendRepeatedly(payload, sending);
        }
        sending.awaitAll();
        client.disconnect();
        debug("disconnected");
        return 0;
    }

    private void sendRepeatedly(byte[] payload, Sending sending) throws ToolFailure, InterruptedException {
        for (int i = 0; i < repeat; i++) {
            if (i > 0 && repeatDelaySeconds > 0) {
                sending.awaitAll();
                TimeUnit.MICROSECONDS.sleep((long) (repeatDelaySeconds * 1e6));
            }
            sending.send(payload);
        }
    }

    private void sendLines(Sending sending) throws ToolFailure, InterruptedException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            byte[] block = new byte[8192];
            int length;
            while ((length = in.read(block)) >= 0) {
                int from = 0;
                for (int i = 0; i < length; i++) {
                    if (block[i] == '\n') {
                        line.write(block, from, i - from);
                        sending.send(line.toByteArray());
                        line.reset();
                        from = i + 1;
                    }
                }
                line.write(block, from, length - from);
            }
            if (line.size() > 0) {
                sending.send(line.toByteArray());
            }
        } catch (IOException e) {
            throw new ToolFailure(UsageErrors.EXIT_CODE, "standard input cannot be read: " + e.getMessage());
        }
    }

    private void debug(String what) {
        if (connect.debug()) {
            err.println("tally pub: " + what);
        }
    }

    /** Counts what is on its way; the first refusal ends it. */
    private final class Sending {
        private final ToolClient client;
        private final Ending ending;
        private final Semaphore room = new Semaphore(PENDING_MAX);

        Sending(ToolClient client, Ending ending) {
            this.client = client;
            this.ending = ending;
        }

        void send(byte[] payload) throws ToolFailure, InterruptedException {
            acquire(1);
            debug("publishing " + payload.length + " bytes to '" + topic + "', QoS " + connect.qos());
            client.publish(topic, payload, connect.qos(), retain, failure -> {
                if (failure != null) {
                    ending.fail(failure);
                }
                room.release();
            });
        }

        /** Waits until everything is acknowledged. */
        void awaitAll() throws ToolFailure, InterruptedException {
            acquire(PENDING_MAX);
            room.release(PENDING_MAX);
            if (ending.isDecided()) {
                ending.await(0);
            }
        }

        private void acquire(int permits) throws ToolFailure, InterruptedException {
            while (!room.tryAcquire(permits, 100, TimeUnit.MILLISECONDS)) {
                if (ending.isDecided()) {
                    ending.await(0);
                }
            }
            if (ending.isDecided()) {
                ending.await(0);
            }
        }
    }
}
