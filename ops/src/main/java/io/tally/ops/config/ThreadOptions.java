package io.tally.ops.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The options about threads, and what the lines read so far say of them. */
final class ThreadOptions {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String ALLOWED = "Cpus_allowed_list:";
    private static final int CPU_MAX = 1023;
    private static final Set<AgentThread> SPINNERS =
            EnumSet.of(AgentThread.IO, AgentThread.ENGINE, AgentThread.JOURNAL);

    private final Map<AgentThread, ConfigLine> cpuLines = new EnumMap<>(AgentThread.class);
    private final Map<AgentThread, List<Integer>> cpus = new EnumMap<>(AgentThread.class);
    private final Map<AgentThread, ConfigLine> spinLines = new EnumMap<>(AgentThread.class);
    private Threading threading = Threading.AUTO;
    private int ioThreads;

    static void addTo(Map<String, Option> byName) {
        byName.put("threading", (line, draft) -> draft.threads.threading = Options.word(line, Threading.class));
        byName.put("io_threads", (line, draft) -> draft.threads.ioThreads = line.integer(0, 64));
        byName.put("thread_cpus", (line, draft) -> draft.threads.cpus(line));
        byName.put("idle_strategy", (line, draft) -> draft.threads.idleStrategy(line));
    }

    void cpus(ConfigLine line) throws ConfigException {
        AgentThread thread = Options.word(line, AgentThread.class);
        if (cpuLines.put(thread, line) != null) {
            throw line.error("'thread_cpus " + name(thread) + "' is given a second time; keep one of the lines");
        }
        cpus.put(thread, numbers(line));
    }

    /** Such as {@code 2}, {@code 4-7} or {@code 0,2,4-7}. */
    private static List<Integer> numbers(ConfigLine line) throws ConfigException {
        String word = line.word();
        try {
            return parse(word);
        } catch (NumberFormatException e) {
            throw line.invalid(word, "numbers of CPUs, each once, such as 2, 4-7 or 0,2,4-7");
        }
    }

    private static List<Integer> parse(String text) {
        List<Integer> numbers = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            int dash = part.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
            if (first > last || last > CPU_MAX) {
                throw new NumberFormatException(part);
            }
            for (int cpu = first; cpu <= last; cpu++) {
                if (numbers.contains(cpu)) {
                    throw new NumberFormatException("a second time: " + cpu);
                }
                numbers.add(cpu);
            }
        }
        return numbers;
    }

    void idleStrategy(ConfigLine line) throws ConfigException {
        AgentThread thread = Options.word(line, AgentThread.class);
        if (!SPINNERS.contains(thread)) {
            throw line.error("'idle_strategy " + name(thread) + "' is not possible: only io, engine and journal can"
                    + " spin; remove the line");
        }
        String word = line.word();
        switch (word) {
            case "spin" -> spinLines.put(thread, line);
            case "backoff" -> spinLines.remove(thread);
            default -> throw line.invalid(word, "backoff or spin");
        }
    }

    Threading threading() {
        return threading;
    }

    int ioThreads() {
        return ioThreads;
    }

    /** For the machine that we are on. */
    Placement build() throws ConfigException {
        return cpuLines.isEmpty() && spinLines.isEmpty() ? Placement.DEFAULT : build(allowed());
    }

    /** CPUs that this process may use; empty where nobody says. */
    private static SortedSet<Integer> allowed() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(ALLOWED)) {
                    return new TreeSet<>(parse(line.substring(ALLOWED.length()).trim()));
                }
            }
            return new TreeSet<>();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param allowed CPUs that this process may use */
    Placement build(SortedSet<Integer> allowed) throws ConfigException {
        ProcessConfig process = ProcessConfig.DEFAULT.withThreads(threading, ioThreads);
        for (Map.Entry<AgentThread, ConfigLine> entry : cpuLines.entrySet()) {
            checkCpus(entry.getKey(), entry.getValue(), process, allowed);
        }
        int spinning = 0;
        for (Map.Entry<AgentThread, ConfigLine> entry : spinLines.entrySet()) {
            AgentThread thread = entry.getKey();
            checkHasThread(thread, entry.getValue(), process);
            spinning += thread == AgentThread.IO ? process.loopCount() : 1;
            if (spinning >= allowed.size()) {
                throw entry.getValue()
                        .error("'idle_strategy " + name(thread) + " spin' makes it " + spinning
                                + " threads that spin, on " + allowed.size()
                                + " CPUs that this process may use: nothing would be left to the others; use backoff");
            }
            checkIsAlone(thread, entry.getValue());
        }
        return new Placement(cpus, spinLines.keySet());
    }

    private static void checkHasThread(AgentThread thread, ConfigLine line, ProcessConfig process)
            throws ConfigException {
        if (thread == AgentThread.IO && process.isShared()) {
            throw line.error("'" + line.name() + " io' is not possible with 'threading shared', where the engine's"
                    + " thread drives the sockets; use '" + line.name() + " engine' or 'threading dedicated'");
        }
    }

    private void checkCpus(AgentThread thread, ConfigLine line, ProcessConfig process, SortedSet<Integer> allowed)
            throws ConfigException {
        checkHasThread(thread, line, process);
        List<Integer> numbers = cpus.getOrDefault(thread, List.of());
        for (int cpu : numbers) {
            if (!allowed.contains(cpu)) {
                throw line.error("'thread_cpus' names CPU " + cpu + ", but this process may use "
                        + (allowed.isEmpty() ? "nobody says which ones" : "only " + text(allowed)));
            }
        }
        int wanted = thread == AgentThread.IO ? process.loopCount() : 1;
        if (SPINNERS.contains(thread) && numbers.size() != wanted) {
            throw line.error("'thread_cpus " + name(thread) + "' names " + numbers.size() + " CPUs, but must name "
                    + wanted + ", one for each thread; 'io_threads' says how many I/O loops there are");
        }
    }

    private static String text(SortedSet<Integer> allowed) {
        return allowed.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** On a CPU on which somebody spins nobody else ever runs in time. */
    private void checkIsAlone(AgentThread thread, ConfigLine line) throws ConfigException {
        for (AgentThread other : AgentThread.values()) {
            for (int cpu : cpus.getOrDefault(thread, List.of())) {
                if (other != thread && cpus.getOrDefault(other, List.of()).contains(cpu)) {
                    throw line.error("'idle_strategy " + name(thread) + " spin' is not possible on CPU " + cpu
                            + ", where 'thread_cpus' puts " + name(other) + " too; give them different CPUs");
                }
            }
        }
    }

    private static String name(AgentThread thread) {
        return thread.name().toLowerCase(java.util.Locale.ROOT);
    }
}
