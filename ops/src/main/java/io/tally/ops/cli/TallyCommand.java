package io.tally.ops.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tally} without a subcommand. */
@Command(
        name = "tally",
        description = "The MQTT broker that never loses count.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = Version.class)
final class TallyCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--help", usageHelp = true, description = "Show this help.")
    @SuppressWarnings("UnusedVariable")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    @SuppressWarnings("UnusedVariable")
    private boolean version;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say which command: serve, pub, sub, passwd or digest");
    }
}
