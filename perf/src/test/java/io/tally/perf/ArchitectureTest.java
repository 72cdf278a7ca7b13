package io.tally.perf;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.tally.perf.load.LoadRun;
import org.junit.jupiter.api.Test;

/** Whoever measures the broker shares nothing with it but MQTT. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.tally.perf");

    @Test
    void classesWereFound() {
        assertTrue(CLASSES.contain(LoadRun.class));
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.tally.perf.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void theLoadKnowsOfTheBrokerOnlyCodecAndTopics() {
        noClasses()
                .that()
                .resideInAnyPackage("io.tally.perf.load..", "io.tally.perf.report..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.tally.engine..", "io.tally.storage..", "io.tally.ops..", "io.netty..")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.tally.protocol.gateway..", "io.tally.protocol.command..", "io.tally.protocol.effect..")
                .check(CLASSES);
    }
}
