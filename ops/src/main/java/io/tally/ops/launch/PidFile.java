package io.tally.ops.launch;

import io.tally.ops.config.ProcessConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file that holds the process id while the broker runs. One that a killed broker has left is overwritten. */
final class PidFile {
    private static final Logger LOG = LoggerFactory.getLogger(PidFile.class);
    private static final String OURS = Long.toString(ProcessHandle.current().pid());

    private PidFile() {}

    static void write(ProcessConfig process) throws IOException {
        Path file = process.pidFile();
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, OURS + "\n");
        } catch (IOException e) {
            throw new IOException(
                    "pid_file " + file + " cannot be written: " + e.getClass().getSimpleName(), e);
        }
    }

    /**
     * Another broker's stays; an empty one, made while we were root, is ours. A file that we may not delete, because we
     * are no longer root, stays; its process id is known to be gone.
     */
    static void delete(ProcessConfig process) {
        Path file = process.pidFile();
        if (file == null) {
            return;
        }
        try {
            String holder = Files.readString(file).strip();
            if (holder.isEmpty() || holder.equals(OURS)) {
                Files.delete(file);
            }
        } catch (NoSuchFileException e) {
            LOG.debug("no pid_file {}", file);
        } catch (IOException e) {
            LOG.warn("pid_file {} stays behind: {}", file, e.toString());
        }
    }
}
