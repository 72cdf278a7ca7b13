package io.tally.ops.launch;

import io.tally.ops.config.ProcessConfig;
import java.io.IOException;
import java.nio.file.Files;

/** The file that holds the process id while the broker runs. */
final class PidFile {
    private PidFile() {}

    static void write(ProcessConfig process) throws IOException {
        if (process.pidFile() != null) {
            Files.writeString(process.pidFile(), ProcessHandle.current().pid() + "\n");
        }
    }

    static void delete(ProcessConfig process) throws IOException {
        if (process.pidFile() != null) {
            Files.deleteIfExists(process.pidFile());
        }
    }
}
