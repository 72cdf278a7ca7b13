package io.tally.ops.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What a machine with eight CPUs can do, and the words for what it cannot. */
class ThreadOptionsTest {
    private static final List<Integer> CPUS = List.of(0, 1, 2, 3, 4, 5, 6, 7);
    private static final String DEDICATED = "threading dedicated\nio_threads 2\n";

    static final List<List<String>> REFUSED = List.of(
            List.of("thread_cpus engine 8", "names CPU 8, but this process may use only 0, 1, 2, 3, 4, 5, 6, 7"),
            List.of("thread_cpus engine 1-2", "names 2 CPUs, but must name 1"),
            List.of("thread_cpus io 4", "names 1 CPUs, but must name 2"),
            List.of("thread_cpus io 4,4", "'4,4', but must be numbers of CPUs"),
            List.of("thread_cpus io 5-4", "'5-4', but must be numbers of CPUs"),
            List.of("thread_cpus io 0-2000000000", "but must be numbers of CPUs"),
            List.of("thread_cpus engine x", "'x', but must be numbers of CPUs"),
            List.of("thread_cpus engine", "'thread_cpus' has no value"),
            List.of("thread_cpus disk 1", "but must be one of io, engine, journal, store, others"),
            List.of("thread_cpus engine 1\nthread_cpus engine 2", "is given a second time"),
            List.of("idle_strategy engine sleep", "'sleep', but must be backoff or spin"),
            List.of("idle_strategy store spin", "only io, engine and journal can spin"),
            List.of("idle_strategy others spin", "only io, engine and journal can spin"),
            List.of(
                    "thread_cpus engine 3\nthread_cpus journal 3\nidle_strategy journal spin",
                    "not possible on CPU 3, where 'thread_cpus' puts engine too"),
            List.of(
                    "thread_cpus engine 3\nthread_cpus others 0-3\nidle_strategy engine spin",
                    "not possible on CPU 3, where 'thread_cpus' puts others too"),
            List.of("threading shared\nthread_cpus io 1", "'thread_cpus io' is not possible with 'threading shared'"),
            List.of(
                    "threading shared\nidle_strategy io spin",
                    "'idle_strategy io' is not possible with 'threading shared'"));

    private static Placement read(String lines, List<Integer> allowed) throws ConfigException {
        ConfigDraft draft = new ConfigDraft();
        int number = 0;
        for (String text : lines.lines().toList()) {
            ConfigLine line = new ConfigLine(Path.of("t.conf"), ++number, text);
            Options.byName().get(line.name()).apply(line, draft);
            line.end();
        }
        return draft.threads.build(new TreeSet<>(allowed));
    }

    @ParameterizedTest
    @FieldSource("REFUSED")
    void whatIsImpossibleNamesItsLine(List<String> refused) {
        String lines = DEDICATED + refused.get(0);
        String message = String.valueOf(
                assertThrows(ConfigException.class, () -> read(lines, CPUS)).getMessage());
        long last = lines.lines().count();
        assertTrue(message.startsWith("t.conf:" + last + ": "), message);
        assertTrue(message.contains(refused.get(1)), message);
    }

    @Test
    void eachThreadGetsItsCpusAndItsWayToWait() throws ConfigException {
        Placement placement = read(
                DEDICATED + "thread_cpus io 6-7\nthread_cpus engine 5\nthread_cpus others 0,2-3\n"
                        + "idle_strategy io spin\nidle_strategy engine spin\nidle_strategy engine backoff",
                CPUS);
        assertEquals(List.of(7), placement.ofLoop(1));
        assertEquals(List.of(5), placement.of(AgentThread.ENGINE));
        assertEquals(List.of(0, 2, 3), placement.of(AgentThread.OTHERS));
        assertEquals(List.of(), placement.of(AgentThread.JOURNAL));
        assertTrue(placement.isSpinning(AgentThread.IO));
        assertFalse(placement.isSpinning(AgentThread.ENGINE));
    }

    @Test
    void threadsThatSpinLeaveOneCpuToTheOthers() throws ConfigException {
        String lines = DEDICATED + "idle_strategy io spin\nidle_strategy journal spin";
        read(lines, CPUS.subList(0, 4));
        String message = String.valueOf(assertThrows(ConfigException.class, () -> read(lines, CPUS.subList(0, 3)))
                .getMessage());
        assertTrue(message.contains("makes it 3 threads that spin, on 3 CPUs"), message);
    }
}
