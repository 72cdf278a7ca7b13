package io.tally.ops.cli;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the tools need of an MQTT client. Callbacks come on the client's own thread. */
interface ToolClient {
    /** A message that came in. */
    interface Arrival {
        String topic();

        /** Read only, the message's own. */
        byte[] payload();

        boolean isRetained();

        /** The message is dealt with: PUBACK or PUBREC may go out. */
        void acknowledge();
    }

    /** What is subscribed to, and how. */
    record Subscription(List<String> filters, int qos, RetainHandling retainHandling, boolean isRetainAsPublished) {}

    /** When retained messages are sent upon a subscription. */
    enum RetainHandling {
        ALWAYS,
        NEW,
        NEVER
    }

    /** Waits for the CONNACK. */
    void connect() throws ToolFailure;

    /** Told of each message; must be called before {@link #connect}. */
    void onArrival(Consumer<Arrival> consumer);

    /** Sends; told null once it is acknowledged (QoS 0: written), or what went wrong. */
    void publish(String topic, byte[] payload, int qos, boolean isRetained, Consumer<@Nullable ToolFailure> done);

    /** Waits for the SUBACK; fails when every filter is refused. */
    void subscribe(Subscription subscription) throws ToolFailure;

    /** Waits for the UNSUBACK. */
    void unsubscribe(List<String> filters) throws ToolFailure;

    /** Waits until DISCONNECT is written; nothing happens without a connection. */
    void disconnect();
}
