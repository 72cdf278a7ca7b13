package io.tally.ops.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A normative statement of a version of MQTT.
 *
 * @param version 5.0 or 3.1.1
 * @param id as in the standard, {@code MQTT-3.3.1-7}
 * @param side whom it obliges: C client, S server, B both
 * @param words in short, what it says
 * @param reason why no test shows it; empty when tests do
 */
record Statement(String version, String id, String side, String words, String reason) {

    /** All of a version, in the order of the standard, from {@code mqtt-VERSION.txt}. */
    static List<Statement> of(String version) {
        String file = "mqtt-" + version + ".txt";
        try (InputStream in = Statement.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("no " + file);
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("//"))
                    .map(line -> parse(version, line))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean obligesServers() {
        return !side.equals("C");
    }

    private static Statement parse(String version, String line) {
        String[] fields = line.split("\\|", -1);
        if (fields.length != 4) {
            throw new IllegalStateException("four fields expected: " + line);
        }
        return new Statement(version, fields[0].strip(), fields[1].strip(), fields[2].strip(), fields[3].strip());
    }
}
