package io.tally.perf.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What figures were measured on. */
final class Machine {
    private Machine() {}

    /** Processor, number of CPUs, memory and operating system. */
    static String describe() {
        String memoryKb = valueOf("/proc/meminfo", "MemTotal").replaceAll("[^0-9]", "");
        return "%s, %d CPUs%s, %s %s"
                .formatted(
                        valueOf("/proc/cpuinfo", "model name"),
                        cpus(),
                        memoryKb.isEmpty() ? "" : ", %d GB of memory".formatted((Long.parseLong(memoryKb) >> 20) + 1),
                        System.getProperty("os.name"),
                        System.getProperty("os.version"));
    }

    /** All of them, also those that this process may not use. */
    private static long cpus() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8).stream()
                    .filter(line -> line.startsWith("processor"))
                    .count();
        } catch (IOException e) {
            return Runtime.getRuntime().availableProcessors();
        }
    }

    /** The Java of this process: the broker's may be another. */
    static String java() {
        return System.getProperty("java.version") + " " + System.getProperty("java.vendor");
    }

    /** Of the first line that begins so, what is behind its colon. */
    private static String valueOf(String file, String name) {
        try {
            return Files.readAllLines(Path.of(file), StandardCharsets.UTF_8).stream()
                    .filter(line -> line.startsWith(name))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }
}
