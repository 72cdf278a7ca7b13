package io.tally.perf;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tally in a process of its own, from the classes of this build, on a free port. */
final class TallyProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("ready on 127\\.0\\.0\\.1:(\\d+)");

    private final Process process;
    private final int port;

    /** Starts it with its data below this directory and these lines of configuration, and waits until it is ready. */
    TallyProcess(Path directory, String... settings) throws IOException {
        Path data = directory.resolve("data");
        Path config = directory.resolve("tally.conf");
        Files.writeString(config, "log_dest none\npersistence_location " + data + "\n" + String.join("\n", settings));
        List<String> command = command();
        command.addAll(List.of("serve", "-p", "0", "-c", config.toString()));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        port = awaitReady();
    }

    /** The command line tool of this build, without arguments. */
    static List<String> command() {
        List<String> command =
                new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-Xmx256m", "-XX:+UseSerialGC"));
        for (String opened : List.of("jdk.internal.misc", "java.lang.reflect")) {
            command.addAll(List.of("--add-opens", "java.base/" + opened + "=ALL-UNNAMED"));
        }
        for (String exported : List.of("sun.nio.ch", "jdk.internal.ref")) {
            command.addAll(List.of("--add-exports", "java.base/" + exported + "=ALL-UNNAMED"));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.tally.ops.cli.Main"));
        return command;
    }

    private int awaitReady() throws IOException {
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        StringBuilder seen = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            seen.append(line).append('\n');
            Matcher ready = READY.matcher(line);
            if (ready.find()) {
                return Integer.parseInt(ready.group(1));
            }
        }
        throw new IOException("the broker did not start:\n" + seen);
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
