package io.tally.perf;

import io.tally.perf.growth.GrowthCommand;
import io.tally.perf.jmh.Microbenchmarks;
import io.tally.perf.load.BrokerError;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** {@code tally bench}: where the process begins. */
public final class Bench {
    private Bench() {}

    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    /** Runs one command; returns its exit code. */
    static int run(String[] args, PrintStream out, PrintStream err) {
        List<String> arguments = new ArrayList<>(List.of(args));
        String first = arguments.isEmpty() ? "" : arguments.get(0);
        List<String> rest = arguments.subList(Math.min(1, arguments.size()), arguments.size());
        return switch (first) {
            case "jmh" -> Microbenchmarks.run(rest.toArray(String[]::new), err);
            case "connections" -> execute(new ConnectionsCommand(out, err), rest, out, err);
            case "disk" -> execute(new DiskCommand(out, err), rest, out, err);
            case "growth" -> execute(new GrowthCommand(), rest, out, err);
            case "soak" -> execute(new SoakCommand(out), rest, out, err);
            case "report" -> execute(new ReportCommand(out, err), rest, out, err);
            default -> load(arguments, out, err);
        };
    }

    private static int load(List<String> arguments, PrintStream out, PrintStream err) {
        if (!arguments.isEmpty() && !arguments.get(0).startsWith("-")) {
            try {
                Scenario scenario = Scenario.find(arguments.remove(0));
                arguments.addAll(0, scenario.options());
                arguments.addAll(0, List.of("--scenario", scenario.name()));
            } catch (IOException e) {
                err.println("tally bench: " + e.getMessage());
                return LoadCommand.CANNOT_RUN;
            }
        }
        return execute(new LoadCommand(out, err), arguments, out, err);
    }

    private static int execute(Object command, List<String> arguments, PrintStream out, PrintStream err) {
        return withHelp(new CommandLine(command))
                .setOverwrittenOptionsAllowed(true)
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                .setExecutionExceptionHandler((failure, of, parsed) -> cannotRun(failure, err))
                .execute(arguments.toArray(String[]::new));
    }

    /** What the machine or a broker lacks is said; anything else is our mistake. */
    private static int cannotRun(Exception failure, PrintStream err) throws Exception {
        if (!(failure instanceof IOException || failure instanceof BrokerError)) {
            throw failure;
        }
        err.println("tally bench: " + reason(failure));
        return LoadCommand.CANNOT_RUN;
    }

    /** For a person; the message of some is only a path. */
    static String reason(Exception failure) {
        String message = failure.getMessage();
        return message == null || failure instanceof FileSystemException ? failure.toString() : message;
    }

    private static CommandLine withHelp(CommandLine command) {
        command.getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Show this help.")
                        .build());
        command.getSubcommands().values().forEach(Bench::withHelp);
        return command;
    }
}
