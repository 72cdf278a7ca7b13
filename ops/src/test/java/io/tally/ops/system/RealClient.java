package io.tally.ops.system;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the tests ask of a foreign client library. Every call blocks until the broker has answered. */
interface RealClient extends AutoCloseable {
    /** A will: QoS 1, not retained. */
    record Will(String topic, String payload) {}

    /** A received message. */
    record Delivery(String topic, String payload, int qos, boolean retain) {}

    /** Connects; may be called again after {@link #disconnect}. A persistent session lives for an hour. */
    void connect(boolean persistent, @Nullable Will will) throws IOException;

    void subscribe(String filter, int qos) throws IOException;

    void publish(String topic, String payload, int qos, boolean retain) throws IOException;

    /** The next message; null when none comes in time. */
    @Nullable
    Delivery receive(Duration patience) throws IOException;

    void disconnect() throws IOException;

    /** Gives the client up, whatever state it is in. */
    @Override
    void close();
}
