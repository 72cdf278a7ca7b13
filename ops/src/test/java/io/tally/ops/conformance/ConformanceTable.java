package io.tally.ops.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code ops/docs/conformance.md}: each statement, the tests that show it, and how they ended. */
final class ConformanceTable {
    static final Path FILE = Path.of("docs/conformance.md");
    private static final List<String> VERSIONS = List.of("5.0", "3.1.1");

    private ConformanceTable() {}

    /** How a test is called in the table. */
    static String name(Method test) {
        return test.getDeclaringClass().getSimpleName() + "." + test.getName();
    }

    /** Statement id to the names of the tests that carry it, of this package. */
    static Map<String, List<String>> tests(String version) {
        Map<String, List<String>> found = new TreeMap<>();
        for (Method test : methods()) {
            for (String id : ids(version, test)) {
                found.computeIfAbsent(id, k -> new ArrayList<>()).add(name(test));
            }
        }
        return found;
    }

    /** The whole file; a test that is not in the map did not run. */
    static String render(Map<String, Boolean> passed) {
        StringBuilder s = new StringBuilder("""
                # Conformance

                Every normative statement of MQTT 5.0 and 3.1.1, in our words; the standards' text rules. Written by
                `ops/bin/proof conformance`, which runs the tests in `ops/src/test/java/io/tally/ops/conformance`
                against a broker process over sockets, with packets that are given byte by byte; see
                [testing](testing.md).

                Whom it obliges: S server, C client, B both.
                """);
        for (String version : VERSIONS) {
            Map<String, List<String>> tests = tests(version);
            List<Statement> statements = Statement.of(version);
            s.append("\n## MQTT ").append(version).append("\n\n").append(summary(statements, tests));
            s.append("\n| statement | | in short | shown by | result |\n|---|---|---|---|---|\n");
            for (Statement statement : statements) {
                s.append(row(statement, tests.getOrDefault(statement.id(), List.of()), passed));
            }
        }
        return s.toString();
    }

    private static String summary(List<Statement> statements, Map<String, List<String>> tests) {
        long server = statements.stream().filter(Statement::obligesServers).count();
        long shown = statements.stream()
                .filter(s -> s.obligesServers() && tests.containsKey(s.id()))
                .count();
        long client = statements.stream()
                .filter(s -> !s.obligesServers() && tests.containsKey(s.id()))
                .count();
        return ("%d statements. %d oblige servers: tests show %d, %d are explained. Of the %d for clients, tests show"
                        + " for %d what a client meets that breaks them.\n")
                .formatted(statements.size(), server, shown, server - shown, statements.size() - server, client);
    }

    private static String row(Statement statement, List<String> tests, Map<String, Boolean> passed) {
        String shown = statement.reason();
        String result = "–";
        if (!tests.isEmpty()) {
            shown = "`" + String.join("` `", tests) + "`";
            result = result(tests, passed);
        } else if (shown.isEmpty() && !statement.obligesServers()) {
            shown = "for clients";
        }
        return "| %s | %s | %s | %s | %s |\n"
                .formatted(statement.id(), statement.side(), statement.words(), shown, result);
    }

    private static String result(List<String> tests, Map<String, Boolean> passed) {
        boolean all = true;
        for (String test : tests) {
            @Nullable Boolean one = passed.get(test);
            if (one == null) {
                return "not run";
            }
            all &= one;
        }
        return all ? "pass" : "**fail**";
    }

    private static List<String> ids(String version, Method test) {
        if (version.equals("5.0")) {
            Mqtt5 five = test.getAnnotation(Mqtt5.class);
            return five == null ? List.of() : List.of(five.value());
        }
        Mqtt311 three = test.getAnnotation(Mqtt311.class);
        return three == null ? List.of() : List.of(three.value());
    }

    /** All methods of all test classes of this package, in a fixed order. */
    private static List<Method> methods() {
        try (Stream<Path> files = Files.list(directory())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith("Test.class"))
                    .sorted()
                    .flatMap(file -> Arrays.stream(load(file).getDeclaredMethods()))
                    .sorted(Comparator.comparing(ConformanceTable::name))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path directory() {
        try {
            URI here =
                    ConformanceTable.class.getResource("ConformanceTable.class").toURI();
            return Path.of(here).getParent();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Class<?> load(String file) {
        try {
            String name = file.substring(0, file.length() - ".class".length());
            return Class.forName(ConformanceTable.class.getPackageName() + "." + name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
