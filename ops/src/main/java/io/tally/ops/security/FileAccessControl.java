package io.tally.ops.security;

import io.tally.protocol.gateway.AccessControl;
import io.tally.protocol.gateway.AccessRules;
import org.jspecify.annotations.Nullable;

/** The rules of an access list, which may be replaced while clients are connected. Any thread. */
final class FileAccessControl implements AccessControl {
    private final String name;
    private volatile AclFile file;

    /** Written after the file, read before it: who sees a new number sees the new rules. */
    private volatile int generation;

    /** @param name empty = the sources of retained messages are not checked */
    FileAccessControl(String name, AclFile file) {
        this.name = name;
        this.file = file;
    }

    /** Called by one thread at a time. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void use(AclFile next) {
        file = next;
        generation++;
    }

    @Override
    public AccessRules rulesFor(@Nullable String userName, String clientId) {
        return file.rulesFor(userName, clientId);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int generation() {
        return generation;
    }
}
