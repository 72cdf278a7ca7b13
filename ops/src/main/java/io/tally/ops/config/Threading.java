package io.tally.ops.config;

/** How the broker's agents are spread over threads. */
public enum Threading {
    /** {@link #DEDICATED} on four processors or more, else {@link #SHARED}. */
    AUTO,
    /** One thread drives sockets and engine, another one the journal. */
    SHARED,
    /** A thread for each. */
    DEDICATED
}
