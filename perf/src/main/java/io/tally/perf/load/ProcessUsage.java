package io.tally.perf.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** CPU time and memory of processes with all their threads, from Linux's {@code /proc}. */
final class ProcessUsage {
    /** Of the times in {@code /proc/PID/stat}: USER_HZ, 100 on every Linux that we run on. */
    private static final double TICKS_PER_SECOND = 100;

    private static final int UTIME = 11;
    private static final int STIME = 12;

    private final List<Long> pids;

    /** Of these processes together. */
    ProcessUsage(List<Long> pids) {
        this.pids = List.copyOf(pids);
    }

    static ProcessUsage ofThisProcess() {
        return new ProcessUsage(List.of(ProcessHandle.current().pid()));
    }

    boolean isEmpty() {
        return pids.isEmpty();
    }

    /** User and system time since the processes have begun. */
    double cpuSeconds() throws IOException {
        double ticks = 0;
        for (long pid : pids) {
            String stat = read(pid, "stat");
            // The name in parentheses may hold anything; what follows its end are plain fields.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            ticks += Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME]);
        }
        return ticks / TICKS_PER_SECOND;
    }

    /** Resident now. */
    long residentKb() throws IOException {
        long kb = 0;
        for (long pid : pids) {
            for (String line : read(pid, "status").lines().toList()) {
                kb += line.startsWith("VmRSS:") ? Long.parseLong(line.replaceAll("[^0-9]", "")) : 0;
            }
        }
        return kb;
    }

    private static String read(long pid, String file) throws IOException {
        try {
            return Files.readString(Path.of("/proc/" + pid, file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IOException("there is no process " + pid + " of the broker any more, or none to be read", e);
        }
    }
}
