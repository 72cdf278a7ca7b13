package io.tally.ops.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small file system in memory that can be filled up. Needs root. */
final class TmpFs implements AutoCloseable {
    private final Path mountPoint;

    TmpFs(Path mountPoint, int megabytes) throws IOException {
        this.mountPoint = Files.createDirectories(mountPoint);
        Shell.must("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tally-test", mountPoint.toString());
    }

    /** Whether this machine lets us mount. */
    static boolean isPermitted(Path home) throws IOException {
        if (!Shell.isRoot()) {
            return false;
        }
        try (TmpFs probe = new TmpFs(home.resolve("probe"), 1)) {
            return Files.isDirectory(probe.mountPoint);
        } catch (IOException e) {
            return false;
        }
    }

    /** Writes a file of such a size that this many bytes stay free. */
    void ballast(Path file, long freeBytes) throws IOException {
        long bytes = Files.getFileStore(mountPoint).getUsableSpace() - freeBytes;
        try (var out = Files.newOutputStream(file)) {
            byte[] chunk = new byte[64 * 1024];
            for (long left = bytes; left > 0; left -= chunk.length) {
                out.write(chunk, 0, (int) Math.min(left, chunk.length));
            }
        }
    }

    @Override
    public void close() throws IOException {
        Shell.must("umount", mountPoint.toString());
    }
}
