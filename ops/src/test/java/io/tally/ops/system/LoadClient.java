package io.tally.ops.system;

/** One MQTT client of a {@link LoadLoop}; called on the loop's thread only, and keeps its state between connections. */
interface LoadClient {
    /** Whether the loop should connect this client, or keep it connected. */
    boolean wantsConnection();

    /** The TCP connection is up. */
    void onOpen(LoadConnection connection);

    /** The packet is valid during this call only. */
    void onPacket(LoadConnection connection, Packet packet);

    /** Called about every millisecond while the connection is up. */
    void onTick(LoadConnection connection, long nowNs);

    /** The TCP connection is gone. */
    void onClosed();
}
