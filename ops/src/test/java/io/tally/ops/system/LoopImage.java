package io.tally.ops.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * An ext4 file system inside a file, mounted through a loop device. The file holds exactly what has reached the
 * "device": a copy of it is the disk as a power cut would leave it. Needs root.
 */
final class LoopImage implements AutoCloseable {
    private static final int COPIES_MAX = 50;
    private final Path image;
    private final Path mountPoint;

    private LoopImage(Path image, Path mountPoint) throws IOException {
        this.image = image;
        this.mountPoint = mountPoint;
        Files.createDirectories(mountPoint);
        Shell.must("mount", "-o", "loop", image.toString(), mountPoint.toString());
    }

    /** Whether this machine lets us mount. */
    static boolean isPermitted(Path home) throws IOException {
        if (!Shell.isRoot()) {
            return false;
        }
        Path image = home.resolve("probe.img");
        try (LoopImage probe = create(image, home.resolve("probe"), 16)) {
            return Files.isDirectory(probe.mountPoint);
        } catch (IOException e) {
            return false;
        } finally {
            Files.deleteIfExists(image);
        }
    }

    /** Makes an empty file system and mounts it. */
    static LoopImage create(Path image, Path mountPoint, int megabytes) throws IOException {
        Shell.must("truncate", "-s", megabytes + "M", image.toString());
        Shell.must("mkfs.ext4", "-q", "-F", image.toString());
        return new LoopImage(image, mountPoint);
    }

    /** Mounts what {@link #copyTo} has left. */
    static LoopImage attach(Path image, Path mountPoint) throws IOException {
        return new LoopImage(image, mountPoint);
    }

    /** Copies the device while nothing is written to it; the writing process must be stopped. */
    void copyTo(Path copy) throws IOException {
        Path stat = Path.of("/sys/block", loopDevice(), "stat");
        for (int i = 0; i < COPIES_MAX; i++) {
            String before = writes(stat);
            Shell.must("cp", "--sparse=always", image.toString(), copy.toString());
            if (before.equals(writes(stat))) {
                return;
            }
        }
        throw new IOException(image + ": still written to after " + COPIES_MAX + " copies");
    }

    /** Unmounts; the image stays. */
    @Override
    public void close() throws IOException {
        Shell.must("umount", mountPoint.toString());
    }

    /** Completed writes, sectors written and requests in flight. */
    private static String writes(Path stat) throws IOException {
        String[] fields = Files.readString(stat).trim().split(" +", -1);
        return fields[4] + " " + fields[6] + " " + fields[8];
    }

    private String loopDevice() throws IOException {
        List<String> mounts = Files.readAllLines(Path.of("/proc/self/mounts"));
        for (String mount : mounts) {
            String[] fields = mount.split(" ", -1);
            if (fields[1].equals(mountPoint.toString())) {
                return fields[0].substring("/dev/".length());
            }
        }
        throw new IOException(mountPoint + " is not mounted");
    }
}
