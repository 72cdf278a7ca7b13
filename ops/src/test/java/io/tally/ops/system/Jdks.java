package io.tally.ops.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The JDKs of this machine that the broker can run on: the tests' own one and those below /usr/lib/jvm. */
final class Jdks {
    private static final int OLDEST = 17;

    private Jdks() {}

    /** The home of the JDK that runs the tests. */
    static Path current() {
        return Path.of(System.getProperty("java.home", ""));
    }

    /** One home per feature version from 17 on. */
    static Map<Integer, Path> all() throws IOException {
        Map<Integer, Path> homes = new TreeMap<>();
        Path root = Path.of("/usr/lib/jvm");
        if (Files.isDirectory(root)) {
            try (Stream<Path> found = Files.list(root)) {
                List<Path> sorted = found.sorted().toList();
                sorted.forEach(home -> homes.putIfAbsent(feature(home), home));
            }
        }
        homes.put(Runtime.version().feature(), current());
        homes.keySet().removeIf(feature -> feature < OLDEST);
        return homes;
    }

    /** 0 when there is no JDK. */
    private static int feature(Path home) {
        Path release = home.resolve("release");
        if (!Files.isReadable(release) || !Files.isExecutable(home.resolve("bin/java"))) {
            return 0;
        }
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(release)) {
            properties.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String version = properties.getProperty("JAVA_VERSION", "0").replace("\"", "");
        return Integer.parseInt(version.split("[.+-]", 2)[0]);
    }
}
