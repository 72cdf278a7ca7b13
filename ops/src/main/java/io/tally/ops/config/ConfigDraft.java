package io.tally.ops.config;

import io.tally.protocol.command.Limits;
import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.listener.ListenAddress;
import io.tally.protocol.listener.Listener;
import io.tally.storage.sequencer.Durability;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the lines read so far say. Starts with the defaults; {@link #build} makes the records. */
final class ConfigDraft {
    private static final int PACKETS_PER_FILE = 8;

    final List<String> notices = new ArrayList<>();
    private final List<ListenerDraft> listeners = new ArrayList<>();
    private @Nullable ListenerDraft defaultListener;
    /** Whose options the next lines are; each file begins with none. */
    @Nullable
    ListenerDraft currentListener;

    private boolean localOnly = true;

    @Nullable
    Boolean anonymousAllowed;

    String assignedIdPrefix = ClientRules.DEFAULT.assignedIdPrefix();
    int connectionsMax;
    boolean emptyIdAllowed = true;
    int packetBytesMax = ClientConfig.PACKET_BYTES_DEFAULT;
    int inFlightMax = ClientConfig.IN_FLIGHT_DEFAULT;
    int keepAliveSecondsMax;
    int stallTimeoutSeconds = ClientConfig.STALL_TIMEOUT_SECONDS_DEFAULT;
    final ProtocolOptions protocol = new ProtocolOptions();
    Limits limits = BrokerConfig.DEFAULT_LIMITS;

    @Nullable
    Path directory;

    Durability durability = Durability.DISK;
    int journalFileBytes = StorageConfig.DEFAULT.journalFileBytes();
    int checkpointIntervalSeconds = StorageConfig.DEFAULT.checkpointIntervalSeconds();
    Threading threading = Threading.AUTO;
    int ioThreads;

    @Nullable
    String user;

    @Nullable
    Path pidFile;

    /** Null until a log_dest was read. */
    @Nullable
    EnumSet<LogDestination> logDestinations;

    @Nullable
    Path logFile;

    /** Null until a log_type was read. */
    @Nullable
    EnumSet<LogType> logTypes;

    boolean timestamped = true;
    boolean connectionMessages = true;

    /** Values of log_dest that are supported; none clears. */
    enum LogDestination {
        STDOUT,
        STDERR,
        FILE
    }

    /** @param place where it stands */
    ListenerDraft addListener(int port, String place) {
        localOnly = false;
        ListenerDraft listener = newListener(port);
        listener.place = place;
        return listener;
    }

    /** The listener that {@code port} and {@code bind_address} speak of. */
    ListenerDraft explicitDefaultListener(String place) {
        localOnly = false;
        ListenerDraft listener = defaultListener();
        listener.place = place;
        return listener;
    }

    /** The listener of an option that stands in front of any listener: the implicit one on 1883. */
    ListenerDraft listenerOrDefault() {
        if (currentListener == null) {
            currentListener = defaultListener();
        }
        return currentListener;
    }

    private ListenerDraft defaultListener() {
        if (defaultListener == null) {
            defaultListener = newListener(1883);
        }
        return defaultListener;
    }

    private ListenerDraft newListener(int port) {
        ListenerDraft listener = new ListenerDraft(port);
        listeners.add(listener);
        return listener;
    }

    /** Makes the records; the ports of the command line count only when no file names a listener. */
    BrokerConfig build(List<Integer> ports) throws ConfigException {
        boolean anonymous = anonymousAllowed == null ? localOnly : anonymousAllowed;
        if (!anonymous) {
            notices.add("allow_anonymous is false and this version has no password_file yet: every client is refused;"
                    + " 'allow_anonymous true' lets clients in");
        }
        if (journalFileBytes / PACKETS_PER_FILE < packetBytesMax) {
            notices.add("journal_file_size is too small for max_packet_size: an eighth of a file must hold a packet, so"
                    + " the files are made larger");
        }
        return new BrokerConfig(
                buildListeners(ports, anonymous),
                new ClientConfig(
                        connectionsMax,
                        emptyIdAllowed,
                        packetBytesMax,
                        inFlightMax,
                        keepAliveSecondsMax,
                        stallTimeoutSeconds,
                        protocol.build()),
                limits,
                new StorageConfig(
                        directory == null ? StorageConfig.DEFAULT.directory() : directory,
                        durability,
                        journalFileBytes,
                        checkpointIntervalSeconds),
                new ProcessConfig(threading, ioThreads, user, pidFile),
                buildLog());
    }

    private List<Listener> buildListeners(List<Integer> ports, boolean anonymous) throws ConfigException {
        List<Listener> result = new ArrayList<>();
        if (!localOnly) {
            if (!ports.isEmpty()) {
                notices.add("-p has no effect because the configuration file names listeners");
            }
            for (ListenerDraft listener : listeners) {
                result.add(listener.build(anonymous, assignedIdPrefix));
            }
            return result;
        }
        ListenerDraft draft = defaultListener == null ? new ListenerDraft(1883) : defaultListener;
        Listener settings = draft.build(anonymous, assignedIdPrefix);
        for (int port : ports.isEmpty() ? List.of(1883) : ports) {
            result.addAll(local(port, settings));
        }
        return result;
    }

    /** This machine only: 127.0.0.1, and ::1 where there is IPv6. Any free port (0) is taken on 127.0.0.1 alone. */
    static List<Listener> local(int port, Listener settings) {
        Listener four = settings.at(ListenAddress.tcp("127.0.0.1", port), true);
        return port == 0 ? List.of(four) : List.of(four, settings.at(ListenAddress.tcp("::1", port), false));
    }

    private LogConfig buildLog() {
        EnumSet<LogDestination> to = logDestinations == null ? EnumSet.of(LogDestination.STDERR) : logDestinations;
        return new LogConfig(
                to.contains(LogDestination.STDOUT),
                to.contains(LogDestination.STDERR),
                to.contains(LogDestination.FILE) ? logFile : null,
                logTypes == null ? LogType.DEFAULT : logTypes,
                timestamped,
                connectionMessages);
    }
}
