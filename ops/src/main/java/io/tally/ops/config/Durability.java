package io.tally.ops.config;

/** What an acknowledgement promises. */
public enum Durability {
    /** The message is in this process. */
    MEMORY,
    /** It survives the death of the process. */
    PROCESS,
    /** It survives the loss of power. */
    DISK
}
