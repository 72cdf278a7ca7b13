package io.tally.ops.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Runs the machine's own programs. */
final class Shell {
    private static final long LIMIT_S = 120;

    /** What a program printed (both streams) and its exit code. */
    record Result(int exitCode, String output) {}

    private Shell() {}

    /** Runs a program to its end, whatever its exit code. */
    static Result run(List<String> command) throws IOException {
        Path output = Files.createTempFile("tally-shell", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + ": still running after " + LIMIT_S + " s");
            }
            return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            Files.delete(output);
        }
    }

    /** Runs a program that must succeed. */
    static String must(String... command) throws IOException {
        Result result = run(List.of(command));
        if (result.exitCode() != 0) {
            throw new IOException(
                    String.join(" ", command) + ": exit code " + result.exitCode() + "\n" + result.output());
        }
        return result.output();
    }

    /** Whether a program of this name is on the path. */
    static boolean has(String program) throws IOException {
        return run(List.of("sh", "-c", "command -v " + program)).exitCode() == 0;
    }

    static boolean isRoot() throws IOException {
        boolean linux =
                System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux");
        return linux && must("id", "-u").trim().equals("0");
    }
}
