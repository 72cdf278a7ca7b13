package io.tally.protocol.fuzz;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs a target under Jazzer, the coverage-guided fuzzer, in a JVM of its own. A target is a class with a method
 * {@code public static void fuzzerTestOneInput(byte[])} that throws when something is wrong.
 *
 * <p>{@code -Dfuzz.seconds=N} says how long (10). What has led to new coverage is kept in {@code target/fuzz/NAME} and
 * is where the next run begins; what was found once stays in {@code src/test/resources/fuzz/NAME}.
 */
public final class Fuzzing {
    private static final Pattern DONE = Pattern.compile("Done (\\d+) runs");
    private static final String[] OPENED = {
        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
    };

    private Fuzzing() {}

    /** What a run said; the exit code is 0 when nothing was found. */
    public record Result(int exitCode, long runs, String output) {}

    /** Runs for as long as asked; standard output has one line about it at the end. */
    public static Result run(Class<?> target) throws IOException, InterruptedException {
        String name = target.getSimpleName();
        Path corpus = Files.createDirectories(Path.of("target", "fuzz", name));
        Path log = corpus.resolveSibling(name + ".log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(OPENED));
        command.addAll(List.of("-XX:+IgnoreUnrecognizedVMOptions", "-XX:+EnableDynamicAgentLoading", "-Xshare:off"));
        command.addAll(List.of("-Xmx768m"));
        command.addAll(List.of("-cp", classPath(), "com.code_intelligence.jazzer.Jazzer"));
        command.add("--target_class=" + target.getName());
        command.add("--instrumentation_includes=io.tally.**");
        command.add("--custom_hook_excludes=**");
        command.add("-max_total_time=" + Integer.getInteger("fuzz.seconds", 10));
        command.addAll(List.of("-max_len=8192", "-len_control=0", "-timeout=120", "-rss_limit_mb=4096"));
        command.add("-artifact_prefix=" + corpus.resolveSibling(name) + "-");
        command.add("--reproducer_path=" + corpus.getParent());
        command.add(corpus.toString());
        Path known = Path.of("src", "test", "resources", "fuzz", name);
        if (Files.isDirectory(known)) {
            command.add(known.toString());
        }
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int exitCode = process.waitFor();
        String output = Files.readString(log, StandardCharsets.ISO_8859_1);
        Matcher done = DONE.matcher(output);
        long runs = done.find() ? Long.parseLong(done.group(1)) : 0;
        System.out.printf(
                Locale.ROOT,
                "%s: %,d inputs in %d s, corpus of %d, exit code %d%n",
                name,
                runs,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start),
                Arrays.asList(corpus.toFile().list()).size(),
                exitCode);
        return new Result(exitCode, runs, output);
    }

    /** Under Surefire the property names what its own jar only refers to. */
    private static String classPath() {
        String own = System.getProperty("java.class.path");
        String surefire = System.getProperty("surefire.test.class.path", own);
        return String.join(File.pathSeparator, surefire.split(File.pathSeparator));
    }
}
