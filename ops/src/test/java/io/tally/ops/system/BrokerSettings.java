package io.tally.ops.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How a broker process is started: JDK, port, directories, further configuration lines. The broker under test is Tally,
 * behind its launcher; {@code -Dsystem.broker=mosquitto} puts Mosquitto in its place, to see what the tests say about
 * another broker.
 */
final class BrokerSettings {
    private static final String BROKER = System.getProperty("system.broker", "tally");
    private final Path home;
    private final int port = Ports.free(1).get(0);
    private final List<String> lines = new ArrayList<>();
    private Path dataDir;
    private Path jdk = Jdks.current();
    private boolean plainJar;

    /** Home holds the configuration, the log and, if not told otherwise, the data. */
    BrokerSettings(Path home) {
        this.home = home;
        dataDir = home.resolve("data");
    }

    static boolean isTally() {
        return BROKER.equals("tally");
    }

    BrokerSettings dataDir(Path directory) {
        dataDir = directory;
        return this;
    }

    BrokerSettings jdk(Path javaHome) {
        jdk = javaHome;
        return this;
    }

    /** Adds a configuration line that both brokers know. */
    BrokerSettings line(String line) {
        lines.add(line);
        return this;
    }

    /** Adds a configuration line that only Tally knows. */
    BrokerSettings tallyLine(String line) {
        return isTally() ? line(line) : this;
    }

    /** Starts with {@code java -jar} and no flags instead of the launcher. */
    BrokerSettings plainJar() {
        plainJar = true;
        return this;
    }

    int port() {
        return port;
    }

    Path dataDir() {
        return dataDir;
    }

    /** The configuration file; written when the broker is started. */
    Path configuration() {
        return home.resolve("broker.conf").toAbsolutePath();
    }

    /** Where both output streams of the broker go. */
    Path log() {
        return home.resolve("broker.log");
    }

    /** Writes the configuration file and returns the command that starts the broker in the foreground. */
    List<String> command() throws IOException {
        Files.createDirectories(home);
        Path file = configuration();
        List<String> all = new ArrayList<>(List.of("listener " + port + " 127.0.0.1", "allow_anonymous true"));
        List<String> command = new ArrayList<>();
        if (isTally()) {
            all.add("persistence_location " + dataDir.toAbsolutePath());
            command.addAll(plainJar ? plainJar(jdk) : launcher(jdk));
            command.add("serve");
        } else {
            Files.createDirectories(dataDir);
            all.addAll(List.of("persistence true", "persistence_location " + dataDir.toAbsolutePath() + "/"));
            all.addAll(List.of("autosave_on_changes true", "autosave_interval 1000", "user root"));
            command.add("mosquitto");
        }
        all.addAll(lines);
        Files.write(file, all);
        command.addAll(List.of("-c", file.toString()));
        return command;
    }

    /** The command of one of Tally's other verbs: pub, sub, digest. */
    static List<String> tally(String verb) throws IOException {
        List<String> command = new ArrayList<>(launcher(Jdks.current()));
        command.add(verb);
        return command;
    }

    private static List<String> launcher(Path javaHome) throws IOException {
        return List.of(
                "env", "JAVA_HOME=" + javaHome, Installation.launcher(javaHome).toString());
    }

    private static List<String> plainJar(Path javaHome) {
        return List.of(
                javaHome.resolve("bin/java").toString(),
                "-jar",
                Installation.jar().toString());
    }
}
