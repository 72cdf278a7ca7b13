package io.tally.ops.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A running {@code mosquitto_sub} or {@code tally sub}. Beside what the test asks for it subscribes to a topic with a
 * retained message, so that the test knows when it is subscribed; that line is not part of {@link #lines}.
 */
final class CommandLineSubscriber implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String READY = "is-subscribed";
    private final Process process;
    private final Path output;

    /** Returns when it is subscribed. */
    CommandLineSubscriber(int port, Path home, String name, List<String> command) throws IOException {
        String readyTopic = "ready/" + name;
        try (RawClient client = RawClient.connected(port, 4, "ready-" + name)) {
            client.send(Packets.publish(4, readyTopic, 1, 1, 1, READY.getBytes(StandardCharsets.UTF_8)));
            client.expect(Packets.PUBACK);
        }
        output = home.resolve(name + ".txt");
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of("-t", readyTopic));
        process = new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Await.until(name + " to be subscribed, see " + output, PATIENCE, () -> text().contains(READY));
    }

    /** What it has printed so far, complete lines only. */
    List<String> lines() {
        String text = text();
        String complete = text.substring(0, text.lastIndexOf('\n') + 1);
        return complete.lines().filter(line -> !line.contains(READY)).toList();
    }

    /** Waits until it has printed this many lines and returns them. */
    List<String> awaitLines(int count) {
        Await.until(count + " lines in " + output, PATIENCE, () -> lines().size() >= count);
        return lines();
    }

    int awaitExit() {
        Await.until("exit, see " + output, PATIENCE, () -> !process.isAlive());
        return process.exitValue();
    }

    /** kill -9. */
    void kill() {
        process.destroyForcibly();
        Await.until("exit", PATIENCE, () -> !process.isAlive());
    }

    @Override
    public void close() {
        kill();
    }

    private String text() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
