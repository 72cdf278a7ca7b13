package io.tally.ops.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that holds the process id while the broker runs. */
final class PidFile {
    private final Path path;

    private PidFile(Path path) {
        this.path = path;
    }

    /** Writes the id of this process. An old file is overwritten: who owns the data is not decided here. */
    static PidFile write(Path path) throws IOException {
        Files.writeString(path, ProcessHandle.current().pid() + "\n");
        return new PidFile(path);
    }

    /** Best effort: after a change of user we may not be allowed to. */
    void delete() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            System.err.println("tally: " + path + " could not be removed: " + e.getMessage());
        }
    }
}
