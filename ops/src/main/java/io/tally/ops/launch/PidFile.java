package io.tally.ops.launch;

import io.tally.ops.config.ProcessConfig;
import java.io.IOException;
import java.nio.file.Files;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file that holds the process id while the broker runs. */
final class PidFile {
    private static final Logger LOG = LoggerFactory.getLogger(PidFile.class);

    private PidFile() {}

    static void write(ProcessConfig process) throws IOException {
        if (process.pidFile() != null) {
            Files.writeString(process.pidFile(), ProcessHandle.current().pid() + "\n");
        }
    }

    /** A file that we may not delete, because we are no longer root, stays; its process id is known to be gone. */
    static void delete(ProcessConfig process) {
        if (process.pidFile() == null) {
            return;
        }
        try {
            Files.deleteIfExists(process.pidFile());
        } catch (IOException e) {
            LOG.warn("pid_file {} stays behind: {}", process.pidFile(), e.toString());
        }
    }
}
