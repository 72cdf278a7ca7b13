package io.tally.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may import whom, and that the engine cannot see the world. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.tally.engine", "io.tally.protocol");

    @Test
    void classesWereFound() {
        assertTrue(CLASSES.contain(Engine.class));
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.tally.(*).(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void theEngineKnowsNoClockFileSocketThreadOrChance() {
        noClasses()
                .that()
                .resideInAPackage("io.tally.engine..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.io..", "java.nio.file..", "java.nio.channels..", "java.net..", "java.time..")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.util.concurrent..", "io.netty..", "net.openhft..", "org.rocksdb..")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("java\\.lang\\.Thread|java\\.util\\.(Splittable)?Random")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .check(CLASSES);
    }

    @Test
    void theEngineImportsOfTheProtocolOnlyRecordsTopicsAndCodec() {
        noClasses()
                .that()
                .resideInAPackage("io.tally.engine..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.tally.protocol.gateway..")
                .check(CLASSES);
    }
}
