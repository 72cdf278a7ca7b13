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

    /** With per_listener_settings each listener has its own. */
    private final AccessDraft access = new AccessDraft();

    boolean isPerListener;
    boolean hasAccessOptions;
    String clientIdPrefix = "";

    boolean retainSourceChecked = true;

    String assignedIdPrefix = ClientRules.DEFAULT.assignedIdPrefix();
    int connectionsMax;
    boolean emptyIdAllowed = true;
    int packetBytesMax = ClientConfig.PACKET_BYTES_DEFAULT;
    int inFlightMax = ClientConfig.IN_FLIGHT_DEFAULT;
    int inFlightBytesMax;
    int payloadBytesMax;
    int keepAliveSecondsMax;
    int stallTimeoutSeconds = ClientConfig.STALL_TIMEOUT_SECONDS_DEFAULT;
    final ProtocolOptions protocol = new ProtocolOptions();
    Limits limits = BrokerConfig.DEFAULT_LIMITS;

    @Nullable
    Path directory;

    Durability durability = Durability.DISK;
    int journalFileBytes = StorageConfig.DEFAULT.journalFileBytes();
    int checkpointIntervalSeconds = StorageConfig.DEFAULT.checkpointIntervalSeconds();
    final ThreadOptions threads = new ThreadOptions();
    int sysIntervalSeconds = ProcessConfig.DEFAULT.sysIntervalSeconds();

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

    /** Whom the next option about access concerns. */
    AccessDraft currentAccess() {
        hasAccessOptions = true;
        return isPerListener ? listenerOrDefault().access : access;
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
        List<Listener> built = buildListeners(ports);
        checkAccess(built);
        if (isPerListener) {
            listeners.forEach(listener -> tellOfUnusedKeys(listener.access, List.of(listener)));
        } else {
            tellOfUnusedKeys(access, listeners);
        }
        if (journalFileBytes / PACKETS_PER_FILE < packetBytesMax) {
            notices.add("journal_file_size is too small for max_packet_size: an eighth of a file must hold a packet, so"
                    + " the files are made larger");
        }
        return new BrokerConfig(
                built,
                new ClientConfig(
                        connectionsMax,
                        emptyIdAllowed,
                        packetBytesMax,
                        inFlightMax,
                        inFlightBytesMax,
                        payloadBytesMax,
                        keepAliveSecondsMax,
                        stallTimeoutSeconds,
                        protocol.build(),
                        clientIdPrefix,
                        retainSourceChecked),
                limits,
                new StorageConfig(
                        directory == null ? StorageConfig.DEFAULT.directory() : directory,
                        durability,
                        journalFileBytes,
                        checkpointIntervalSeconds),
                new ProcessConfig(
                        threads.threading(), threads.ioThreads(), threads.build(), sysIntervalSeconds, user, pidFile),
                buildLog());
    }

    private void checkAccess(List<Listener> built) throws ConfigException {
        for (Listener listener : built) {
            if (!listener.clients().anonymousAllowed() && listener.access().passwords() == null) {
                notices.add((listener.place().isEmpty() ? "" : listener.place() + ": ")
                        + "allow_anonymous is false and there is no password_file: every client is refused;"
                        + " 'allow_anonymous true' lets clients in");
            }
        }
    }

    private void tellOfUnusedKeys(AccessDraft of, List<ListenerDraft> concerned) {
        if (of.keys != null && concerned.stream().noneMatch(listener -> listener.tls.hasHint())) {
            notices.add(of.keys.place() + ": 'psk_file' has no effect: only 'psk_hint' gives a listener TLS with these"
                    + " keys, and no listener that the file concerns has it");
        }
    }

    private Listener build(ListenerDraft listener) throws ConfigException {
        AccessDraft used = isPerListener ? listener.access : access;
        boolean anonymous = used.anonymousAllowed == null ? localOnly : used.anonymousAllowed;
        return listener.build(used, anonymous, assignedIdPrefix);
    }

    private List<Listener> buildListeners(List<Integer> ports) throws ConfigException {
        List<Listener> result = new ArrayList<>();
        if (!localOnly) {
            if (!ports.isEmpty()) {
                notices.add("-p has no effect because the configuration file names listeners");
            }
            for (ListenerDraft listener : listeners) {
                result.add(build(listener));
            }
            return result;
        }
        ListenerDraft draft = defaultListener == null ? new ListenerDraft(1883) : defaultListener;
        Listener settings = build(draft);
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
