package io.tally.ops;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Who may import whom, over all modules that make the broker. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.tally");

    private static final List<String> EVERYWHERE = List.of("java..", "org.jspecify..", "org.agrona..");

    /** What each part may import beside {@link #EVERYWHERE} and itself. */
    static final List<Map.Entry<String, List<String>>> ALLOWED = List.of(
            Map.entry("io.tally.protocol", List.of()),
            Map.entry("io.tally.protocol.topic", List.of("io.tally.protocol")),
            Map.entry("io.tally.protocol.command", List.of("io.tally.protocol")),
            Map.entry("io.tally.protocol.effect", List.of("io.tally.protocol")),
            Map.entry(
                    "io.tally.protocol.codec",
                    List.of("io.tally.protocol", "io.tally.protocol.topic", "io.tally.protocol.command")),
            Map.entry("io.tally.protocol.listener", List.of("io.tally.protocol.topic")),
            Map.entry(
                    "io.tally.protocol.gateway",
                    List.of(
                            "io.tally.protocol..",
                            "io.netty..",
                            "org.bouncycastle.tls..",
                            "javax.crypto..",
                            "javax.net.ssl..",
                            "javax.naming..",
                            "javax.security..")),
            Map.entry(
                    "io.tally.engine..",
                    List.of(
                            "io.tally.protocol",
                            "io.tally.protocol.codec",
                            "io.tally.protocol.topic",
                            "io.tally.protocol.command",
                            "io.tally.protocol.effect")),
            Map.entry(
                    "io.tally.storage..",
                    List.of(
                            "io.tally.protocol",
                            "io.tally.protocol.command",
                            "io.tally.engine.port",
                            "net.openhft..",
                            "org.rocksdb..",
                            "org.slf4j..")),
            Map.entry("io.tally.replication..", List.of("io.tally.engine.port", "io.tally.storage..", "io.aeron..")));

    @Test
    void allModulesWereFound() {
        for (String part : List.of("protocol.codec", "protocol.gateway", "engine", "storage.journal", "ops.launch")) {
            assertTrue(CLASSES.containPackage("io.tally." + part), part);
        }
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.tally.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @ParameterizedTest
    @FieldSource("ALLOWED")
    void importsOnlyWhatItMay(Map.Entry<String, List<String>> allowed) {
        String[] packages = Stream.of(EVERYWHERE, List.of(allowed.getKey()), allowed.getValue())
                .flatMap(List::stream)
                .toArray(String[]::new);
        classes()
                .that()
                .resideInAPackage(allowed.getKey())
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(packages)
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @ParameterizedTest
    @CsvSource({
        "io.netty.., io.tally.protocol.gateway",
        "net.openhft.., io.tally.storage.journal",
        "org.rocksdb.., io.tally.storage.state",
        "picocli.., io.tally.ops.cli",
        "com.hivemq.., io.tally.ops.cli",
        "org.bouncycastle.tls.., io.tally.protocol.gateway",
        "org.bouncycastle.crypto.., io.tally.ops.security",
    })
    void aLibraryIsKnownToOnePackage(String library, String only) {
        noClasses()
                .that()
                .resideOutsideOfPackage(only)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(CLASSES);
    }

    @Test
    void nothingButLaunchPutsTheBrokerTogether() {
        noClasses()
                .that()
                .resideInAPackage("io.tally.ops..")
                .and()
                .resideOutsideOfPackages("io.tally.ops.launch", "io.tally.ops.security")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.tally.protocol.gateway", "io.tally.engine..", "io.tally.storage.journal")
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("io.tally.storage.state")
                .check(CLASSES);
    }
}
