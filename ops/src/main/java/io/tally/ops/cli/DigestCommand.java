package io.tally.ops.cli;

import io.tally.ops.config.ConfigException;
import io.tally.ops.config.ConfigReader;
import io.tally.ops.launch.Digests;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tally digest}: replays the journal of a stopped broker and prints a hash of the state it leads to. */
@Command(
        name = "digest",
        description = "Replay the journal of a stopped broker and print the digest of its state."
                + " Equal to what the broker logged when it stopped, and to that of any other replay.",
        sortOptions = false)
final class DigestCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Option(
            names = {"-c", "--config-file"},
            paramLabel = "FILE",
            description = "The broker's configuration. Without it: data in ./tally-data.")
    private @Nullable Path configFile;

    @Option(names = "--from-start", description = "Replay from the first command instead of the last checkpoint.")
    private boolean fromStart;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable")
    private boolean help;

    DigestCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        try {
            var config = ConfigReader.read(configFile, List.of()).config();
            Digests.Result result = fromStart ? Digests.fromTheBeginning(config) : Digests.fromCheckpoint(config);
            out.printf(
                    "digest %s at position %d, %d commands replayed%n",
                    Long.toHexString(result.digest()), result.position(), result.commands());
            return 0;
        } catch (ConfigException | IllegalStateException e) {
            err.println("tally: " + e.getMessage());
            return ServeCommand.BAD_CONFIGURATION;
        }
    }
}
