package io.tally.ops.cli;

import io.tally.ops.config.BrokerConfig;
import io.tally.ops.config.ConfigException;
import io.tally.ops.config.ConfigReader;
import io.tally.ops.config.LogType;
import io.tally.ops.config.ProcessConfig;
import io.tally.ops.launch.Broker;
import io.tally.ops.log.Logs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tally serve}: the broker, with mosquitto's flags. */
@Command(name = "serve", description = "Run the broker.", sortOptions = false)
final class ServeCommand implements Callable<Integer> {
    /** The configuration cannot be used; Mosquitto exits with the same. */
    static final int BAD_CONFIGURATION = 3;

    /** The machine does not let us. */
    static final int CANNOT_START = 1;

    private static final int PORTS_MAX = 10;

    private final PrintStream out;
    private final PrintStream err;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config-file"},
            paramLabel = "FILE",
            description = "Configuration in mosquitto.conf syntax. Without it: this machine only, port 1883,"
                    + " data in ./tally-data, durability disk.")
    private @Nullable Path configFile;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "PORT",
            description = "Listen on this port of this machine; up to ten times; 0 = any free port."
                    + " No effect when the file names listeners.")
    private List<Integer> ports = new ArrayList<>();

    @Option(
            names = {"-q", "--quiet"},
            description = "Log nothing, whatever the file says.")
    private boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "Log everything, whatever the file says.")
    private boolean verbose;

    @Option(names = "--test-config", description = "Check the configuration and exit.")
    private boolean testConfig;

    @Option(
            names = {"-d", "--daemon"},
            hidden = true)
    private boolean daemon;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable")
    private boolean help;

    ServeCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        checkFlags();
        ConfigReader.Result read;
        try {
            read = ConfigReader.read(configFile, ports);
        } catch (ConfigException e) {
            err.println("tally: " + e.getMessage());
            return BAD_CONFIGURATION;
        }
        read.notices().forEach(notice -> err.println("tally: " + notice));
        if (testConfig) {
            return test(read.config());
        }
        return run(withLogFlags(read.config()));
    }

    private int test(BrokerConfig config) {
        try {
            Broker.check(config).forEach(notice -> err.println("tally: " + notice));
        } catch (IOException | ConfigException e) {
            err.println("tally: " + e.getMessage());
            return BAD_CONFIGURATION;
        }
        out.println(configFile == null ? "The defaults are fine." : configFile + " is fine.");
        return 0;
    }

    private void checkFlags() {
        if (daemon) {
            throw new ParameterException(
                    spec.commandLine(), "-d is not supported; let systemd or 'setsid tally serve &' do that");
        }
        if (ports.size() > PORTS_MAX) {
            throw new ParameterException(spec.commandLine(), "only " + PORTS_MAX + " ports can be given");
        }
        for (int port : ports) {
            if (port < 0 || port > 65_535) {
                throw new ParameterException(spec.commandLine(), "port " + port + " is not within 0 to 65535");
            }
        }
    }

    private BrokerConfig withLogFlags(BrokerConfig config) {
        if (quiet) {
            return config.withLog(config.log().withTypes(EnumSet.noneOf(LogType.class)));
        }
        return verbose ? config.withLog(config.log().withTypes(EnumSet.allOf(LogType.class))) : config;
    }

    private int run(BrokerConfig config) {
        try {
            becomeUser(config.process());
            touch(config.log().file(), "log_dest file");
        } catch (IOException e) {
            err.println("tally: " + e.getMessage());
            return CANNOT_START;
        }
        Logs.configure(config.log());
        try {
            return Broker.run(config, out);
        } catch (ConfigException e) {
            err.println("tally: " + e.getMessage());
            return BAD_CONFIGURATION;
        }
    }

    /** Everything is read and written as that user; only the pid file may lie where root alone can write. */
    private static void becomeUser(ProcessConfig process) throws IOException {
        String user = process.user();
        if (user == null) {
            return;
        }
        Path pidFile = process.pidFile();
        if (pidFile != null && ProcessUser.isRoot()) {
            touch(pidFile, "pid_file");
            ProcessUser.give(pidFile, user);
        }
        ProcessUser.become(user);
    }

    private static void touch(@Nullable Path file, String option) throws IOException {
        if (file == null) {
            return;
        }
        try {
            Files.write(file, new byte[0], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new IOException(
                    option + " " + file + " cannot be written: " + e.getClass().getSimpleName(), e);
        }
    }
}
