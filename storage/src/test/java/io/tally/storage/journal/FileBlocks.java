package io.tally.storage.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** What a file really takes on the disk. */
final class FileBlocks {
    private FileBlocks() {}

    /** In bytes. */
    static long allocated(Path file) {
        try {
            Process process = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
            return 512 * Long.parseLong(new String(process.getInputStream().readAllBytes(), US_ASCII).trim());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
