package io.tally.ops.config;

import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.listener.Listener;
import java.util.List;

/**
 * Everything the broker is told before it starts. Valid once constructed and never changed.
 *
 * @param listeners where clients connect, at least one
 * @param clients what one connection may do
 * @param limits what the engine allows: sessions, queues, retained messages
 * @param storage where the journal and the state live, and when they are durable
 * @param process threads, user and pid file
 * @param log what is logged and where to
 */
public record BrokerConfig(
        List<Listener> listeners,
        ClientConfig clients,
        Limits limits,
        StorageConfig storage,
        ProcessConfig process,
        LogConfig log) {
    /** A delivery with an identifier of each of so many subscriptions fits into any effect ring. */
    public static final int SUBSCRIPTIONS_MAX = 16_000;

    /**
     * No queue limited but by the disk: it never loses a message by default. Each shared subscription gets messages of
     * its own, so how many a session may have is how many times it may multiply what others publish.
     */
    public static final Limits DEFAULT_LIMITS =
            Limits.NONE.with(Limit.SUBSCRIPTIONS, 10_000).with(Limit.SHARED_SUBSCRIPTIONS, 100);

    /** What {@code tally serve} without a file does. */
    public static final BrokerConfig DEFAULT = new BrokerConfig(
            ConfigDraft.local(1883, Listener.tcp("", 0)),
            new ClientConfig(
                    0,
                    true,
                    ClientConfig.PACKET_BYTES_DEFAULT,
                    ClientConfig.IN_FLIGHT_DEFAULT,
                    0,
                    0,
                    0,
                    ClientConfig.STALL_TIMEOUT_SECONDS_DEFAULT,
                    ProtocolConfig.DEFAULT,
                    "",
                    true),
            DEFAULT_LIMITS,
            StorageConfig.DEFAULT,
            ProcessConfig.DEFAULT,
            LogConfig.DEFAULT);

    public BrokerConfig {
        listeners = List.copyOf(listeners);
        Range.check(!listeners.isEmpty(), "at least one listener is needed");
    }

    /** The same with other listeners. */
    public BrokerConfig withListeners(List<Listener> others) {
        return new BrokerConfig(others, clients, limits, storage, process, log);
    }

    /** The same with other storage. */
    public BrokerConfig withStorage(StorageConfig other) {
        return new BrokerConfig(listeners, clients, limits, other, process, log);
    }

    /** The same with another log. */
    public BrokerConfig withLog(LogConfig other) {
        return new BrokerConfig(listeners, clients, limits, storage, process, other);
    }
}
