package io.tally.perf.jmh;

import java.io.IOException;
import java.io.PrintStream;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** {@code tally bench jmh}: the benchmarks with JMH's own options, in JVMs that may use what the broker uses. */
public final class Microbenchmarks {
    private static final String[] JVM_FLAGS = {
        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
        "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
        "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
        "-Xms1g",
        "-Xmx1g",
        "-XX:+UseSerialGC"
    };

    private Microbenchmarks() {}

    /** Returns the exit code. */
    public static int run(String[] args, PrintStream err) {
        try {
            CommandLineOptions given = new CommandLineOptions(args);
            Options options =
                    new OptionsBuilder().parent(given).jvmArgsAppend(JVM_FLAGS).build();
            if (given.shouldHelp()) {
                given.showHelp();
            } else if (given.shouldList()) {
                new Runner(options).list();
            } else {
                new Runner(options).run();
            }
            return 0;
        } catch (CommandLineOptionException | RunnerException | IOException e) {
            err.println("tally bench jmh: " + e.getMessage());
            return 2;
        }
    }
}
