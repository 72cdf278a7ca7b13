package io.tally.perf.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Each benchmark once, for a moment and in this process: figures mean nothing, but one that fails is seen. */
class BenchmarksTest {
    /** Another run of JMH on this machine is no hindrance. */
    private static final String IGNORE_LOCK = "jmh.ignoreLock";

    /** A JVM is started to find out how figures come out best. */
    private static final String AUTO_DETECT = "jmh.blackhole.autoDetect";

    @TempDir
    Path dir;

    @BeforeEach
    void setProperties() {
        System.setProperty(IGNORE_LOCK, "true");
        System.setProperty(AUTO_DETECT, "false");
        System.setProperty(TemporaryJournal.DIRECTORY, dir.toString());
    }

    @AfterEach
    void clearProperties() {
        System.clearProperty(IGNORE_LOCK);
        System.clearProperty(AUTO_DETECT);
        System.clearProperty(TemporaryJournal.DIRECTORY);
    }

    @Test
    void eachRuns() throws RunnerException {
        Options options = new OptionsBuilder()
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(5))
                .param("payloadBytes", "16")
                .param("subscriptions", "10000")
                .param("commands", "64")
                .shouldFailOnError(true)
                .output(dir.resolve("jmh.txt").toString())
                .build();
        Collection<RunResult> results = new Runner(options).run();
        Set<String> run = results.stream()
                .map(result -> result.getParams().getBenchmark())
                .collect(Collectors.toSet());
        assertEquals(benchmarks(), run);
    }

    private static Set<String> benchmarks() {
        return new ClassFileImporter()
                .importPackagesOf(Microbenchmarks.class).stream()
                        .flatMap(type -> type.getMethods().stream())
                        .filter(method -> method.isAnnotatedWith(Benchmark.class))
                        .map(method -> method.getOwner().getName() + "." + method.getName())
                        .collect(Collectors.toSet());
    }
}
