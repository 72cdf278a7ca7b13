package io.tally.ops.config;

import io.tally.ops.config.ConfigDraft.LogDestination;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.FullQueue;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.SharedStrategy;
import io.tally.storage.sequencer.Durability;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The options that do something, by name. What each means stands in docs/configuration.md. */
final class Options {
    private static final Map<String, Option> BY_NAME = new HashMap<>();

    static {
        ListenerOptions.addTo(BY_NAME);
        ProtocolOptions.addTo(BY_NAME);
        clients();
        sessions();
        storage();
        process();
        log();
    }

    private Options() {}

    static Map<String, Option> byName() {
        return BY_NAME;
    }

    private static void clients() {
        AccessOptions.addTo(BY_NAME);
        BY_NAME.put(
                "global_max_connections",
                (line, draft) -> draft.connectionsMax = Math.max(0, line.integer(-1, Integer.MAX_VALUE)));
        BY_NAME.put("allow_zero_length_clientid", (line, draft) -> draft.emptyIdAllowed = line.bool());
        BY_NAME.put("max_keepalive", (line, draft) -> draft.keepAliveSecondsMax = line.integer(0, 65_535));
        BY_NAME.put("stall_timeout", (line, draft) -> draft.stallTimeoutSeconds = line.integer(10, 86_400));
        BY_NAME.put("max_inflight_messages", (line, draft) -> {
            int value = line.integer(0, 65_535);
            draft.inFlightMax = value == 0 ? 65_535 : value;
        });
        BY_NAME.put("max_inflight_bytes", (line, draft) -> draft.inFlightBytesMax = line.integer(0, Integer.MAX_VALUE));
        BY_NAME.put("message_size_limit", (line, draft) -> draft.payloadBytesMax = line.integer(0, Integer.MAX_VALUE));
        BY_NAME.put("max_packet_size", (line, draft) -> {
            int value = line.integer();
            if (value < 20 || value > ClientConfig.PACKET_BYTES_LIMIT) {
                throw line.error("'max_packet_size' is " + value + ", but must be within 20 to "
                        + ClientConfig.PACKET_BYTES_LIMIT + " (16 MiB, the most that this version handles)");
            }
            draft.packetBytesMax = value;
        });
    }

    private static void sessions() {
        limit("max_queued_messages", Limit.QUEUED_MESSAGES, 0, Integer.MAX_VALUE);
        limit("max_queued_bytes", Limit.QUEUED_BYTES, 0, Integer.MAX_VALUE);
        BY_NAME.put(
                "queue_full_policy", (line, draft) -> draft.limits = draft.limits.with(word(line, FullQueue.class)));
        limit("global_max_clients", Limit.SESSIONS, -1, Integer.MAX_VALUE);
        limit("max_subscriptions_per_session", Limit.SUBSCRIPTIONS, 1, BrokerConfig.SUBSCRIPTIONS_MAX);
        limit("max_shared_subscriptions_per_session", Limit.SHARED_SUBSCRIPTIONS, 1, BrokerConfig.SUBSCRIPTIONS_MAX);
        limit("retain_available", Limit.RETAIN_AVAILABLE);
        limit("max_retained_messages", Limit.RETAINED_MESSAGES, 0, Integer.MAX_VALUE);
        limit("max_retained_bytes", Limit.RETAINED_BYTES, 0, Integer.MAX_VALUE);
        limit("queue_qos0_messages", Limit.QUEUE_QOS0);
        limit("allow_duplicate_messages", Limit.DUPLICATES);
        limit("upgrade_outgoing_qos", Limit.UPGRADE_QOS);
        BY_NAME.put("shared_subscription_strategy", (line, draft) -> {
            SharedStrategy strategy = word(line, SharedStrategy.class);
            draft.limits = draft.limits.with(Limit.SHARED_STRATEGY, strategy.code);
        });
        BY_NAME.put("persistent_client_expiration", (line, draft) -> {
            String word = line.word();
            long seconds = Quantities.durationSeconds(word);
            if (seconds <= 0) {
                throw line.invalid(word, "a number above 0 directly followed by s, h, d, w, m (30 days) or y");
            }
            draft.limits =
                    draft.limits.with(Limit.SESSION_EXPIRY_SECONDS, Math.min(seconds, ConnectCommand.EXPIRY_NEVER));
        });
    }

    /** A number; below 0 counts as 0. */
    private static void limit(String name, Limit limit, int min, int max) {
        BY_NAME.put(
                name, (line, draft) -> draft.limits = draft.limits.with(limit, Math.max(0, line.integer(min, max))));
    }

    /** A switch. */
    private static void limit(String name, Limit limit) {
        BY_NAME.put(name, (line, draft) -> draft.limits = draft.limits.with(limit, line.bool()));
    }

    private static void storage() {
        BY_NAME.put("persistence_location", (line, draft) -> {
            refuseSecond(line, draft.directory != null);
            draft.directory = Path.of(line.string());
        });
        BY_NAME.put("persistence", Options::persistence);
        BY_NAME.put("retained_persistence", Options::persistence);
        BY_NAME.put("durability", (line, draft) -> draft.durability = word(line, Durability.class));
        BY_NAME.put("journal_file_size", (line, draft) -> {
            String word = line.word();
            long bytes = Quantities.bytes(word);
            if (bytes < StorageConfig.JOURNAL_FILE_BYTES_MIN
                    || bytes > StorageConfig.JOURNAL_FILE_BYTES_MAX
                    || bytes % StorageConfig.JOURNAL_FILE_BYTES_MIN != 0) {
                throw line.invalid(word, "a whole number of MiB from 1m to 1g, such as 128m");
            }
            draft.journalFileBytes = (int) bytes;
        });
        BY_NAME.put("checkpoint_interval", (line, draft) -> draft.checkpointIntervalSeconds = line.integer(1, 86_400));
    }

    private static void persistence(ConfigLine line, ConfigDraft draft) throws ConfigException {
        if (!line.bool()) {
            draft.notices.add(line.place() + ": '" + line.name() + " false' has no effect: the journal is always"
                    + " kept; 'durability memory' spares the disk at the price of safety");
        }
    }

    private static void process() {
        ThreadOptions.addTo(BY_NAME);
        BY_NAME.put("sys_interval", (line, draft) -> draft.sysIntervalSeconds = line.integer(0, 65_535));
        BY_NAME.put("user", (line, draft) -> draft.user = line.string());
        BY_NAME.put("pid_file", (line, draft) -> {
            refuseSecond(line, draft.pidFile != null);
            draft.pidFile = Path.of(line.string());
        });
    }

    private static void log() {
        BY_NAME.put("log_dest", Options::logDestination);
        BY_NAME.put("log_type", Options::logType);
        BY_NAME.put("log_timestamp", (line, draft) -> draft.timestamped = line.bool());
        BY_NAME.put("connection_messages", (line, draft) -> draft.connectionMessages = line.bool());
    }

    private static void logDestination(ConfigLine line, ConfigDraft draft) throws ConfigException {
        EnumSet<LogDestination> to =
                draft.logDestinations == null ? EnumSet.noneOf(LogDestination.class) : draft.logDestinations;
        String word = line.word();
        switch (word) {
            case "none" -> to.clear();
            case "stdout" -> to.add(LogDestination.STDOUT);
            case "stderr" -> to.add(LogDestination.STDERR);
            case "file" -> {
                refuseSecond(line, draft.logFile != null);
                draft.logFile = Path.of(line.string());
                to.add(LogDestination.FILE);
            }
            case "syslog", "topic", "dlt", "android" ->
                throw line.error("'log_dest " + word
                        + "' is not supported yet by this version; use stdout, stderr or file PATH");
            default -> throw line.invalid(word, "stdout, stderr, file PATH or none");
        }
        draft.logDestinations = to;
    }

    private static void logType(ConfigLine line, ConfigDraft draft) throws ConfigException {
        EnumSet<LogType> types = draft.logTypes == null ? EnumSet.noneOf(LogType.class) : draft.logTypes;
        String word = line.word();
        if (word.equals("none")) {
            types.clear();
        } else if (word.equals("all")) {
            types.addAll(EnumSet.allOf(LogType.class));
        } else {
            types.add(constant(line, word, LogType.class, "none, all, "));
        }
        draft.logTypes = types;
    }

    static void deprecated(ConfigLine line, ConfigDraft draft, String instead) {
        draft.notices.add(line.place() + ": '" + line.name() + "' is deprecated; " + instead);
    }

    static void refuseSecond(ConfigLine line, boolean given) throws ConfigException {
        if (given) {
            throw line.error("'" + line.name() + "' is given a second time; keep one of the lines");
        }
    }

    static <E extends Enum<E>> E word(ConfigLine line, Class<E> type) throws ConfigException {
        return constant(line, line.word(), type, "");
    }

    /** The constant with that lower-case name. */
    private static <E extends Enum<E>> E constant(ConfigLine line, String word, Class<E> type, String others)
            throws ConfigException {
        StringBuilder allowed = new StringBuilder(others);
        String separator = "";
        for (E constant : EnumSet.allOf(type)) {
            String name = constant.name().toLowerCase(Locale.ROOT);
            if (name.equals(word)) {
                return constant;
            }
            allowed.append(separator).append(name);
            separator = ", ";
        }
        throw line.invalid(word, "one of " + allowed);
    }
}
