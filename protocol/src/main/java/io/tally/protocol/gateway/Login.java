package io.tally.protocol.gateway;

/** A client that was let in, by name. */
public interface Login {
    String userName();

    /** Whether what let it in still does: looked at when the files with the users were read again. */
    boolean isValid();
}
