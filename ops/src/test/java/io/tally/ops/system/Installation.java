package io.tally.ops.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/**
 * A copy of the launcher and the jar in a place of their own, so that the tests start the broker as its users do, and
 * the launcher neither builds nor leaves anything in the tree that is being built.
 */
final class Installation {
    private static final Path ROOT = Path.of(System.getProperty("system.installation", "target/system-installation"))
            .toAbsolutePath();
    private static final Path LAUNCHER = ROOT.resolve("ops/bin/tally");
    private static final Path JAR =
            Path.of(System.getProperty("system.jar", "target/tally.jar")).toAbsolutePath();
    private static final Set<Path> PREPARED = new HashSet<>();

    private Installation() {}

    static Path jar() {
        return JAR;
    }

    /** The launcher, ready to start quickly with this JDK. */
    static synchronized Path launcher(Path jdk) throws IOException {
        if (PREPARED.isEmpty()) {
            copy();
        }
        if (PREPARED.add(jdk)) {
            Shell.must("env", "JAVA_HOME=" + jdk, LAUNCHER.toString(), "--version");
        }
        return LAUNCHER;
    }

    private static void copy() throws IOException {
        TestHome.delete(ROOT);
        Path target = Files.createDirectories(ROOT.resolve("ops/target"));
        Files.createDirectories(LAUNCHER.getParent());
        // The launcher prepares quick starts only beside sources, and builds when these are newer than the jar.
        Files.setLastModifiedTime(Files.createFile(ROOT.resolve("pom.xml")), FileTime.from(Instant.EPOCH));
        Files.copy(JAR, target.resolve("tally.jar"));
        Path source = Path.of(System.getProperty("system.launcher", "bin/tally"));
        Files.copy(source, LAUNCHER, StandardCopyOption.COPY_ATTRIBUTES);
    }
}
