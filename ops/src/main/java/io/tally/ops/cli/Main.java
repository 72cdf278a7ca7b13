package io.tally.ops.cli;

import io.tally.ops.log.JulRouting;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/** Where the process begins. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        quietLibraries();
        int exitCode = run(args, System.in, System.out, System.err);
        System.out.flush();
        System.err.flush();
        // Not exit: after a SIGTERM the JVM is already on its way out, with a code of its own, and exit would never
        // return.
        Runtime.getRuntime().halt(exitCode);
    }

    /**
     * Runs one command.
     *
     * @return exit code
     */
    static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
        CommandLine commandLine = new CommandLine(new TallyCommand());
        addSubcommands(commandLine, args.length == 0 ? "" : args[0], in, out, err);
        commandLine
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                .setPosixClusteredShortOptionsAllowed(false)
                .setAllowOptionsAsOptionParameters(true)
                .setParameterExceptionHandler(new UsageErrors());
        return commandLine.execute(args);
    }

    /** All of them, or the broker alone when it is asked for: reading the flags of the others slows its start. */
    private static void addSubcommands(
            CommandLine commandLine, String asked, InputStream in, PrintStream out, PrintStream err) {
        commandLine.addSubcommand(new ServeCommand(out, err));
        if (asked.equals("serve")) {
            return;
        }
        CommandLine pub = new CommandLine(new PubCommand(in, err));
        CommandLine sub = new CommandLine(new SubCommand(out, err));
        RefusedFlags.addTo(pub, sub);
        commandLine
                .addSubcommand(new DigestCommand(out, err))
                .addSubcommand(new PasswdCommand(in, out, err))
                .addSubcommand(pub)
                .addSubcommand(sub);
    }

    /** Must come before any class of these libraries is loaded. A value given on the command line stays. */
    private static void quietLibraries() {
        setDefault("chronicle.analytics.disable", "true");
        setDefault("chronicle.announcer.disable", "true");
        setDefault("chronicle.disk.monitor.disable", "true");
        setDefault("disable.perf.info", "true");
        setDefault("slf4j.internal.verbosity", "WARN");
        setDefault("java.util.logging.config.class", JulRouting.class.getName());
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
