package io.tally.storage.sequencer;

/** What an acknowledgement promises. */
public enum Durability {
    /** Nothing once the process is gone. */
    MEMORY,
    /** Survives the end of the process, also by kill -9: the journal is in the page cache. */
    PROCESS,
    /** Survives power loss: nothing is released before its journal file has been forced. */
    DISK
}
