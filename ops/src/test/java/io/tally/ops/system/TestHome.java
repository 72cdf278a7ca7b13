package io.tally.ops.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A test's directory below {@code target/system}: empty at the start, left for inspection when the test fails. */
final class TestHome {
    private static final Path ROOT = Path.of(System.getProperty("system.home", "target/system"));

    private TestHome() {}

    static Path fresh(String name) throws IOException {
        Path home = ROOT.resolve(name).toAbsolutePath();
        delete(home);
        return Files.createDirectories(home);
    }

    static void delete(Path home) throws IOException {
        if (!Files.exists(home)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> found = Files.walk(home)) {
            all = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}
