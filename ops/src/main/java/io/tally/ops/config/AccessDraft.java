package io.tally.ops.config;

import io.tally.protocol.listener.AccessFiles;
import org.jspecify.annotations.Nullable;

/** Who may connect, of one listener or of all; the lines read so far. */
final class AccessDraft {
    /** Null = not said. */
    @Nullable
    Boolean anonymousAllowed;

    AccessFiles.@Nullable Named passwords;
    AccessFiles.@Nullable Named rules;
    AccessFiles.@Nullable Named keys;

    AccessFiles build() {
        return new AccessFiles(passwords, rules);
    }
}
