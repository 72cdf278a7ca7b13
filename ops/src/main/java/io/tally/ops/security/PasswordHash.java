package io.tally.ops.security;

/** What a password file keeps of a password. Immutable; slow by design, so never called by an I/O loop. */
interface PasswordHash {
    /** Compares in a time that does not depend on where the difference lies. */
    boolean matches(byte[] password);

    /** As it stands behind the user name in the file. */
    String encoded();
}
