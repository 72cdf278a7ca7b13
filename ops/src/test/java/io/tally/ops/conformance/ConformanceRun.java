package io.tally.ops.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Starts brokers when tests ask for them, and closes them after the last test of the run. With
 * {@code -Dconformance.write=true} it then writes the table.
 */
final class ConformanceRun implements ParameterResolver, AfterEachCallback, TestWatcher {
    private static final Namespace NAMESPACE = Namespace.create(ConformanceRun.class);
    private final Set<TestBroker> used = new HashSet<>();

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == TestBroker.class;
    }

    @Override
    public TestBroker resolveParameter(ParameterContext parameter, ExtensionContext context) {
        List<String> lines = parameter
                .findAnnotation(Config.class)
                .map(c -> List.of(c.value()))
                .orElse(List.of());
        TestBroker broker = context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(lines, ConformanceRun::start, TestBroker.class)
                .named(context.getRequiredTestMethod().getName());
        used.add(broker);
        return broker;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        used.forEach(TestBroker::closeWires);
        used.clear();
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        record(context, true);
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        record(context, false);
    }

    private static TestBroker start(List<String> lines) {
        try {
            return TestBroker.start(lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void record(ExtensionContext context, boolean passed) {
        context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(Results.class, key -> new Results(new ConcurrentHashMap<>()), Results.class)
                .passed
                .merge(ConformanceTable.name(context.getRequiredTestMethod()), passed, Boolean::logicalAnd);
    }

    /** Test to whether it passed, with all its arguments. Closed after the last test. */
    private record Results(Map<String, Boolean> passed) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            if (Boolean.getBoolean("conformance.write")) {
                Files.writeString(ConformanceTable.FILE, ConformanceTable.render(passed));
            }
        }
    }
}
