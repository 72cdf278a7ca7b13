package io.tally.protocol.listener;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Files that say who may connect and what they may do.
 *
 * @param passwords users and hashes of their passwords; null = a user name proves nothing
 * @param rules who may publish and receive what; null = everybody everything
 */
public record AccessFiles(
        @Nullable Named passwords, @Nullable Named rules) {
    public static final AccessFiles NONE = new AccessFiles(null, null);

    /**
     * A file that the configuration names.
     *
     * @param place FILE:LINE where it does
     */
    public record Named(Path path, String place) {}
}
