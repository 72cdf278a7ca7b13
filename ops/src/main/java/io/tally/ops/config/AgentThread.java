package io.tally.ops.config;

/** Threads that can be told where to run and how to wait. */
public enum AgentThread {
    /** The I/O loops; with {@link Threading#SHARED} there is none of its own. */
    IO,
    /** The engine; with {@link Threading#SHARED} also the I/O loop. */
    ENGINE,
    /** Appends to the journal and forces it. */
    JOURNAL,
    /** Writes checkpoints. */
    STORE,
    /** All others of the process: the JVM's compiler and collector, RocksDB's, helpers. */
    OTHERS
}
