package io.tally.ops.config;

import io.tally.protocol.listener.Listener;
import java.util.List;

/**
 * Everything the broker is told before it starts. Valid once constructed and never changed.
 *
 * @param listeners where clients connect, at least one
 * @param clients what one connection may do
 * @param sessions what one session may hold
 * @param storage where the journal and the state live, and when they are durable
 * @param process threads, user and pid file
 * @param log what is logged and where to
 */
public record BrokerConfig(
        List<Listener> listeners,
        ClientConfig clients,
        SessionConfig sessions,
        StorageConfig storage,
        ProcessConfig process,
        LogConfig log) {
    /** What {@code tally serve} without a file does. */
    public static final BrokerConfig DEFAULT = new BrokerConfig(
            ConfigDraft.local(1883, Listener.tcp("", 0)),
            new ClientConfig(
                    ClientConfig.PACKET_BYTES_DEFAULT,
                    ClientConfig.IN_FLIGHT_DEFAULT,
                    0,
                    ClientConfig.STALL_TIMEOUT_SECONDS_DEFAULT),
            SessionConfig.DEFAULT,
            StorageConfig.DEFAULT,
            ProcessConfig.DEFAULT,
            LogConfig.DEFAULT);

    public BrokerConfig {
        listeners = List.copyOf(listeners);
        Range.check(!listeners.isEmpty(), "at least one listener is needed");
    }

    /** The same with other listeners. */
    public BrokerConfig withListeners(List<Listener> others) {
        return new BrokerConfig(others, clients, sessions, storage, process, log);
    }

    /** The same with other storage. */
    public BrokerConfig withStorage(StorageConfig other) {
        return new BrokerConfig(listeners, clients, sessions, other, process, log);
    }

    /** The same with another log. */
    public BrokerConfig withLog(LogConfig other) {
        return new BrokerConfig(listeners, clients, sessions, storage, process, other);
    }
}
