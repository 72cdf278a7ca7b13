package io.tally.ops.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script with made-up JDKs and a made-up Maven that tell how they were called. */
class LauncherTest {
    private static final String TELLS_ITS_ARGUMENTS =
            "#!/bin/sh\necho \"pid $$\"\nfor a in \"$@\"; do echo \"$a\"; done\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @SuppressWarnings("NullAway.Init")
    private Path root;

    private final Map<String, String> environment = new HashMap<>();

    private record Ended(int exitCode, long pid, List<String> lines) {}

    @BeforeEach
    void layOut() throws IOException {
        root = dir.resolve("a root");
        Files.createDirectories(root.resolve("ops/bin"));
        Files.createDirectories(root.resolve("ops/target"));
        Files.copy(Path.of("bin/tally").toAbsolutePath(), root.resolve("ops/bin/tally"));
        assertTrue(root.resolve("ops/bin/tally").toFile().setExecutable(true));
        Files.writeString(root.resolve("ops/target/tally.jar"), "jar");
        environment.put("JAVA_HOME", jdk("jdk-17", "17.0.15").toString());
    }

    private Path jdk(String name, String version) throws IOException {
        Path home = Files.createDirectories(dir.resolve(name));
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"us\"\nJAVA_VERSION=\"" + version + "\"\n");
        script(home.resolve("bin/java"), TELLS_ITS_ARGUMENTS);
        script(home.resolve("bin/javac"), "#!/bin/sh\n");
        return home;
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    private Ended run(Path launcher, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(dir.toFile()).redirectErrorStream(true);
        builder.environment().remove("JAVA_HOME");
        builder.environment().keySet().removeIf(name -> name.startsWith("TALLY_"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), process.pid(), output.lines().toList());
    }

    private Ended run(String... arguments) throws IOException, InterruptedException {
        return run(root.resolve("ops/bin/tally"), arguments);
    }

    @Test
    void becomesTheJavaProcess() throws Exception {
        Ended ended = run("serve");
        assertEquals(0, ended.exitCode());
        assertEquals("pid " + ended.pid(), ended.lines().get(0));
    }

    @Test
    void handsArgumentsOnAsTheyAre() throws Exception {
        List<String> lines = run("pub", "-m", "two  words", "", "$HOME *").lines();
        assertEquals(
                List.of(
                        "-jar",
                        root.resolve("ops/target/tally.jar").toString(),
                        "pub",
                        "-m",
                        "two  words",
                        "",
                        "$HOME *"),
                lines.subList(lines.indexOf("-jar"), lines.size()));
    }

    @Test
    void theBenchIsAJarOfItsOwn() throws Exception {
        Path bench = Files.createDirectories(root.resolve("perf/target")).resolve("bench.jar");
        Files.writeString(bench, "jar");
        List<String> lines = run("bench", "in-q1", "--port", "1").lines();
        assertEquals(
                List.of("-jar", bench.toString(), "in-q1", "--port", "1"),
                lines.subList(lines.indexOf("-jar"), lines.size()));
    }

    @Test
    void worksThroughALinkFromElsewhere() throws Exception {
        Path link = Files.createSymbolicLink(dir.resolve("tally"), root.resolve("ops/bin/tally"));
        Path linkToLink = Files.createSymbolicLink(dir.resolve("t"), link);
        assertTrue(run(linkToLink, "serve")
                .lines()
                .contains(root.resolve("ops/target/tally.jar").toString()));
    }

    @Test
    void givesEachJavaOnlyFlagsThatItKnows() throws Exception {
        assertFalse(run("serve").lines().contains("--sun-misc-unsafe-memory-access=allow"));
        environment.put("JAVA_HOME", jdk("jdk-24", "24").toString());
        assertTrue(run("serve").lines().contains("--sun-misc-unsafe-memory-access=allow"));
        assertFalse(run("serve").lines().contains("-XX:+UseCompactObjectHeaders"));
        environment.put("JAVA_HOME", jdk("jdk-25", "25.0.3").toString());
        assertTrue(run("serve").lines().contains("-XX:+UseCompactObjectHeaders"));
    }

    @Test
    void addsTheUsersFlagsBehindItsOwn() throws Exception {
        environment.put("TALLY_JAVA_OPTS", "-Xmx1g -Dx=y");
        List<String> lines = run("serve").lines();
        int jar = lines.indexOf("-jar");
        assertEquals(List.of("-Xmx1g", "-Dx=y"), lines.subList(jar - 2, jar));
    }

    @Test
    void givesHugePagesToTheBrokerAlone() throws Exception {
        environment.put("TALLY_HUGE_PAGES", "transparent");
        boolean isOff = Files.readString(Path.of("/sys/kernel/mm/transparent_hugepage/enabled"))
                .contains("[never]");
        Ended ended = run("serve");
        assertEquals(isOff, !ended.lines().contains("-XX:+UseTransparentHugePages"));
        assertEquals(isOff ? 1 : 0, ended.exitCode());
        assertFalse(run("pub").lines().contains("-XX:+UseTransparentHugePages"));
        environment.put("TALLY_HUGE_PAGES", "2M");
        assertEquals(
                List.of("tally: TALLY_HUGE_PAGES is '2M', but must be transparent or unset"),
                run("serve").lines());
    }

    @Test
    void asksForANumaNodeInFrontOfJava() throws Exception {
        script(
                dir.resolve("numactl"),
                "#!/bin/sh\necho \"$1 $2 $3\"; [ $1 = --cpunodebind=1 ] && shift 3 && exec \"$@\"\n");
        environment.put("PATH", dir + ":" + System.getenv("PATH"));
        environment.put("TALLY_NUMA_NODE", "1");
        List<String> lines = run("serve").lines();
        assertEquals("--cpunodebind=1 --membind=1 --", lines.get(0));
        assertTrue(lines.contains("serve"), lines.toString());
        environment.put("TALLY_NUMA_NODE", "7");
        Ended refused = run("serve");
        assertEquals(1, refused.exitCode());
        assertTrue(refused.lines().contains("tally: TALLY_NUMA_NODE is '7', which numactl refuses, see above"));
    }

    @Test
    void refusesAnOldJava() throws Exception {
        Path old = jdk("jdk-11", "11.0.2");
        environment.put("JAVA_HOME", old.toString());
        Ended ended = run("serve");
        assertEquals(1, ended.exitCode());
        assertEquals(
                List.of("tally: JAVA_HOME is " + old
                        + " with Java 11; Tally needs 17 or newer: set another one or unset it"),
                ended.lines());
    }

    @Test
    void refusesAJavaHomeWithoutJava() throws Exception {
        environment.put("JAVA_HOME", dir.toString());
        Ended ended = run("serve");
        assertEquals(1, ended.exitCode());
        assertEquals(
                List.of("tally: JAVA_HOME is " + dir + ", but there is no bin/java; correct or unset it"),
                ended.lines());
    }

    @Test
    void takesTheNewestJavaItFinds() throws Exception {
        environment.remove("JAVA_HOME");
        Path newest = jdk(".sdkman/candidates/java/99", "99.0.1");
        jdk(".sdkman/candidates/java/98", "98");
        environment.put("HOME", dir.toString());
        script(newest.resolve("bin/java"), "#!/bin/sh\necho newest\n");
        assertEquals(List.of("newest"), run("serve").lines());
    }

    @Test
    void saysThatTheJarIsMissing() throws Exception {
        Files.delete(root.resolve("ops/target/tally.jar"));
        Ended ended = run("serve");
        assertEquals(1, ended.exitCode());
        assertEquals(
                List.of("tally: " + root.resolve("ops/target/tally.jar") + " is missing and there are no sources"
                        + " beside it"),
                ended.lines());
    }

    /** A Maven that notes its arguments and makes the jar. */
    private Path sources() throws IOException {
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        for (String module : List.of("protocol", "engine", "storage", "replication", "ops")) {
            Files.createDirectories(root.resolve(module + "/src/main"));
            Files.writeString(root.resolve(module + "/pom.xml"), "<project/>");
        }
        Path maven = Files.createDirectories(dir.resolve("maven"));
        script(
                maven.resolve("mvn"),
                "#!/bin/sh\necho \"$JAVA_HOME $*\" >>'" + dir + "/builds'\ntouch '" + root
                        + "/ops/target/tally.jar'\n");
        environment.put("PATH", maven + ":" + System.getenv("PATH"));
        return dir.resolve("builds");
    }

    @Test
    void buildsWhatIsMissingOrOlderThanItsSources() throws Exception {
        Path builds = sources();
        Files.delete(root.resolve("ops/target/tally.jar"));
        assertEquals(0, run("serve").exitCode());
        assertEquals(1, Files.readAllLines(builds).size());
        assertTrue(Files.readString(builds).startsWith(dir.resolve("jdk-17") + " "), Files.readString(builds));
        assertEquals(0, run("serve").exitCode());
        assertEquals(1, Files.readAllLines(builds).size(), "nothing has changed");
        Path source = Files.writeString(root.resolve("engine/src/main/New.java"), "class New {}");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
        assertEquals(0, run("serve").exitCode());
        assertEquals(2, Files.readAllLines(builds).size());
        assertTrue(Files.readAllLines(builds).get(1).contains(" -o "), "everything is resolved: offline");
    }

    @Test
    void buildsAgainWhatAKilledBuildHasLeft() throws Exception {
        Path builds = sources();
        Files.writeString(root.resolve("ops/target/.build-began"), "");
        assertEquals(0, run("serve").exitCode());
        assertEquals(0, run("serve").exitCode());
        assertEquals(1, Files.readAllLines(builds).size());
    }

    @Test
    void leavesTheJarOfARunningBrokerAsItIs() throws Exception {
        sources();
        Path jar = root.resolve("ops/target/tally.jar");
        script(dir.resolve("maven/mvn"), "#!/bin/sh\necho new >'" + jar + "'\n");
        Path running = Files.createLink(dir.resolve("running"), jar);
        Path source = Files.writeString(root.resolve("engine/src/main/New.java"), "class New {}");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
        assertEquals(0, run("serve").exitCode());
        assertEquals("jar", Files.readString(running));
        assertEquals("new\n", Files.readString(jar));
    }

    @Test
    void saysThatTheBuildFailed() throws Exception {
        sources();
        script(dir.resolve("maven/mvn"), "#!/bin/sh\necho broken\nexit 1\n");
        Files.delete(root.resolve("ops/target/tally.jar"));
        Ended ended = run("serve");
        assertEquals(1, ended.exitCode());
        assertTrue(ended.lines().contains("broken"), () -> ended.lines().toString());
        String last = ended.lines().get(ended.lines().size() - 1);
        assertTrue(last.startsWith("tally: the build failed, see above; the command was: mvn "), last);
    }
}
