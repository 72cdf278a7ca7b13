package io.tally.perf.load;

import org.agrona.DirectBuffer;

/** One end of a connection. Owned by the thread that drives the load. */
interface Client {
    Link link();

    /**
     * Takes a packet, and writes its answer into the buffers.
     *
     * @param offset of what follows the fixed header
     * @param nowNs when it was read
     */
    void onPacket(int firstByte, DirectBuffer b, int offset, int length, long nowNs);

    /** Writes what is to be sent on its own account into the buffers; true if there is more to send right now. */
    boolean send(long nowNs);

    /** It has been let in again, on a new connection. */
    default void onResumed() {}
}
