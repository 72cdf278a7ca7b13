package io.tally.ops.conformance;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.util.AbstractMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table is whole and says what the tests say, and the tests know nothing of the broker's code. */
final class ConformanceTableTest {
    @ParameterizedTest
    @CsvSource({"5.0, 251", "3.1.1, 141"})
    void everyStatementIsListedOnce(String version, int count) {
        List<Statement> statements = Statement.of(version);
        assertEquals(count, statements.size());
        assertEquals(count, statements.stream().map(Statement::id).distinct().count());
    }

    @ParameterizedTest
    @CsvSource({"5.0", "3.1.1"})
    void everyStatementForServersHasATestOrAReason(String version) {
        Set<String> tested = ConformanceTable.tests(version).keySet();
        Set<String> neither = Statement.of(version).stream()
                .filter(s -> s.obligesServers() && s.reason().isEmpty() && !tested.contains(s.id()))
                .map(Statement::id)
                .collect(Collectors.toSet());
        assertEquals(Set.of(), neither);
    }

    @ParameterizedTest
    @CsvSource({"5.0", "3.1.1"})
    void noStatementHasBothTestAndReason(String version) {
        Set<String> tested = ConformanceTable.tests(version).keySet();
        Set<String> both = Statement.of(version).stream()
                .filter(s -> !s.reason().isEmpty() && tested.contains(s.id()))
                .map(Statement::id)
                .collect(Collectors.toSet());
        assertEquals(Set.of(), both);
    }

    @ParameterizedTest
    @CsvSource({"5.0", "3.1.1"})
    void noTestNamesAnUnknownStatement(String version) {
        Set<String> named = new TreeSet<>(ConformanceTable.tests(version).keySet());
        Statement.of(version).forEach(s -> named.remove(s.id()));
        assertEquals(Set.of(), named);
    }

    /** Run {@code ops/bin/proof conformance} when it is not. */
    @Test
    void theTableInTheDocumentationIsThatOfAllTestsPassing() throws IOException {
        Map<String, Boolean> allPass = List.of("5.0", "3.1.1").stream()
                .flatMap(version -> ConformanceTable.tests(version).values().stream())
                .flatMap(List::stream)
                .distinct()
                .map(test -> new AbstractMap.SimpleEntry<>(test, true))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        String committed = Files.readString(ConformanceTable.FILE);
        List<String> missing = ConformanceTable.render(allPass)
                .lines()
                .filter(line -> !committed.contains(line + "\n"))
                .toList();
        assertEquals(List.of(), missing, "run ops/bin/proof conformance");
        assertTrue(ConformanceTable.render(allPass).equals(committed), "run ops/bin/proof conformance");
    }

    @Test
    void theTestsKnowNothingOfTheBrokersCode() {
        JavaClasses suite = new ClassFileImporter().importPackages("io.tally.ops.conformance");
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "javax.net..",
                        "javax.crypto..",
                        "org.junit..",
                        "org.jspecify..",
                        "com.tngtech.archunit..",
                        "io.tally.ops.conformance")
                .check(suite);
    }
}
