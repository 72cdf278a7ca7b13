package io.tally.ops.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Writes messages as mosquitto_sub does: payload bytes as they are, a line feed behind them. */
final class Printer {
    private final PrintStream out;
    private final boolean withTopic;
    private final boolean withLineFeed;

    Printer(PrintStream out, boolean withTopic, boolean withLineFeed) {
        this.out = out;
        this.withTopic = withTopic;
        this.withLineFeed = withLineFeed;
    }

    /**
     * Writes one message at once. An empty one is shown only with its topic.
     *
     * @return false if nobody reads any more
     */
    boolean print(String topic, byte[] payload) {
        byte[] line = line(topic, payload);
        out.write(line, 0, line.length);
        out.flush();
        return !out.checkError();
    }

    private byte[] line(String topic, byte[] payload) {
        ByteArrayOutputStream line = new ByteArrayOutputStream(topic.length() + payload.length + 8);
        if (payload.length > 0) {
            if (withTopic) {
                line.writeBytes((topic + " ").getBytes(StandardCharsets.UTF_8));
            }
            line.writeBytes(payload);
            if (withLineFeed) {
                line.write('\n');
            }
        } else if (withTopic && withLineFeed) {
            line.writeBytes((topic + " (null)\n").getBytes(StandardCharsets.UTF_8));
        }
        return line.toByteArray();
    }
}
