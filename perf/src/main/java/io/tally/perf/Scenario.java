package io.tally.perf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Options of {@code tally bench} in a file: a name without its dashes and a value on each line, and lines with {@code
 * #}.
 *
 * @param name of the file, without directory
 */
record Scenario(String name, List<String> options) {
    /** A file of the user's, or one that comes with the bench. */
    static Scenario find(String nameOrFile) throws IOException {
        Path file = Path.of(nameOrFile);
        String name = String.valueOf(file.getFileName());
        if (Files.isRegularFile(file)) {
            return new Scenario(name, parse(Files.readString(file)));
        }
        try (InputStream in = Scenario.class.getResourceAsStream("/scenarios/" + nameOrFile)) {
            if (in == null) {
                throw new IOException("there is no scenario and no file " + nameOrFile + "; see perf/scenarios");
            }
            return new Scenario(name, parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        }
    }

    private static List<String> parse(String text) {
        List<String> options = new ArrayList<>();
        for (String line : text.lines().map(String::strip).toList()) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                String[] words = line.split("\\s+", 2);
                options.add("--" + words[0]);
                options.addAll(List.of(words).subList(1, words.length));
            }
        }
        return options;
    }
}
