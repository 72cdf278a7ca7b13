package io.tally.storage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file system in memory that a child process, and nobody else, sees. */
public final class SmallDisk {
    /** Without root a user namespace gives the right to mount; where these are forbidden root needs none. */
    private static final String SCRIPT = """
            in_namespace() {
              for flags in '--map-root-user --mount' --mount; do
                if unshare $flags true 2>/dev/null; then exec unshare $flags "$@"; fi
              done
              echo 'needs a file system of its own: allow user namespaces (unshare --map-root-user), or run as root' >&2
              exit 1
            }
            in_namespace sh -c 'mount -t tmpfs -o "size=$0" tally-test "$1" && shift && exec "$@"' "$@"
            """;

    private SmallDisk() {}

    /**
     * The command that runs this one with such a disk.
     *
     * @param size as mount takes it: 4m
     */
    public static List<String> around(Path mountPoint, String size, List<String> command) {
        List<String> all = new ArrayList<>(List.of("sh", "-c", SCRIPT, "sh", size, mountPoint.toString()));
        all.addAll(command);
        return all;
    }
}
