package io.tally.ops.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.FullQueue;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.SharedStrategy;
import io.tally.protocol.listener.AccessFiles;
import io.tally.protocol.listener.Carrier;
import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.listener.ListenAddress;
import io.tally.protocol.listener.Listener;
import io.tally.protocol.listener.RateLimits;
import io.tally.protocol.listener.TlsSettings;
import io.tally.protocol.topic.MountPoint;
import io.tally.storage.sequencer.Durability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each line means. */
class ConfigReaderTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    private ConfigReader.Result read(String text) throws IOException, ConfigException {
        return ConfigReader.read(write("tally.conf", text.getBytes(StandardCharsets.UTF_8)), List.of());
    }

    private BrokerConfig config(String text) throws IOException, ConfigException {
        return read(text).config();
    }

    private Path write(String name, byte[] content) throws IOException {
        return Files.write(dir.resolve(name), content);
    }

    private void assertRefused(String text) {
        assertThrows(ConfigException.class, () -> config(text), text);
    }

    @Test
    void withoutFileIsTheDefault() throws ConfigException {
        ConfigReader.Result read = ConfigReader.read(null, List.of());
        assertEquals(BrokerConfig.DEFAULT, read.config());
        assertEquals(List.of(), read.notices());
    }

    @Test
    void emptyFileIsTheDefault() throws IOException, ConfigException {
        assertEquals(BrokerConfig.DEFAULT, config(""));
        assertEquals(BrokerConfig.DEFAULT, config("\n\r\n#\n# comment\n   \n"));
    }

    @Test
    void withoutListenerOnlyThisMachineConnectsAndAnonymously() throws ConfigException {
        BrokerConfig config = ConfigReader.read(null, List.of()).config();
        assertEquals(
                List.of(
                        Listener.tcp("127.0.0.1", 1883),
                        Listener.tcp("::1", 1883).at(ListenAddress.tcp("::1", 1883), false)),
                config.listeners());
        assertTrue(config.listeners().get(0).clients().anonymousAllowed());
    }

    @Test
    void commandLinePortsReplaceTheLocalOne() throws ConfigException {
        assertEquals(
                List.of("127.0.0.1:2000", "::1:2000", "127.0.0.1:2001", "::1:2001"),
                addresses(ConfigReader.read(null, List.of(2000, 2001)).config()));
    }

    @Test
    void anyFreePortIsTakenOnOneAddress() throws ConfigException {
        assertEquals(
                List.of("127.0.0.1:0"),
                addresses(ConfigReader.read(null, List.of(0)).config()));
    }

    @Test
    void commandLinePortsYieldToListeners() throws IOException, ConfigException {
        Path file = write("x.conf", "listener 1884\nallow_anonymous true".getBytes(StandardCharsets.UTF_8));
        ConfigReader.Result read = ConfigReader.read(file, List.of(2000));
        assertEquals(List.of(":1884"), addresses(read.config()));
        assertEquals(1, read.notices().size());
    }

    private static List<String> addresses(BrokerConfig config) {
        return config.listeners().stream()
                .map(l -> l.address().host() + ":" + l.address().port())
                .toList();
    }

    @Test
    void anyListenerEndsAnonymousAccess() throws IOException, ConfigException {
        assertFalse(isAnonymousAllowed("listener 1883"));
        assertFalse(isAnonymousAllowed("port 1883"));
        assertFalse(isAnonymousAllowed("bind_address 127.0.0.1"));
        assertTrue(isAnonymousAllowed("listener 1883\nallow_anonymous true"));
        assertFalse(isAnonymousAllowed("allow_anonymous false"));
        assertTrue(read("listener 1883").notices().get(0).contains("every client is refused"));
    }

    @Test
    void keysThatNoListenerUsesAreToldOf() throws IOException, ConfigException {
        String start = "allow_anonymous true\n";
        assertEquals(
                List.of(),
                read(start + "psk_file x\nlistener 1\nlistener 2\npsk_hint y").notices());
        String notice = read(start + "psk_file x\nlistener 1").notices().get(0);
        assertTrue(notice.contains("tally.conf:2: 'psk_file' has no effect"), notice);
        String each = "per_listener_settings true\nlistener 1\nallow_anonymous true\n";
        assertEquals(List.of(), read(each + "psk_file x\npsk_hint y").notices());
        notice = read(each + "psk_file x\nlistener 2\nallow_anonymous true")
                .notices()
                .get(0);
        assertTrue(notice.contains("tally.conf:4: 'psk_file' has no effect"), notice);
    }

    private boolean isAnonymousAllowed(String text) throws IOException, ConfigException {
        return config(text).listeners().get(0).clients().anonymousAllowed();
    }

    @Test
    void listenersMayBeMany() throws IOException, ConfigException {
        String text = "listener 1884\nmax_connections 5\nlistener 1885 10.0.0.1 # inside\nlistener 1886 # all\n";
        BrokerConfig config = config(text);
        assertEquals(List.of(":1884", "10.0.0.1:1885", ":1886"), addresses(config));
        assertEquals(5, config.listeners().get(0).connectionsMax());
        assertEquals(0, config.listeners().get(1).connectionsMax());
    }

    @Test
    void optionsBehindAListenerAreItsOwn() throws IOException, ConfigException {
        List<Listener> listeners = config("""
                allow_anonymous true
                auto_id_prefix all-
                listener 1884
                listener_allow_anonymous false
                listener_auto_id_prefix own-
                accept_protocol_versions ,  4 , 5
                max_qos 1
                max_topic_alias 3
                max_topic_alias_broker 4
                use_username_as_clientid true
                bind_interface lo
                socket_domain ipv6
                listener 1885
                maximum_qos 0
                """).listeners();
        assertEquals(
                new ClientRules(false, Set.of(4, 5), 1, 3, 4, "own-", true, MountPoint.NONE),
                listeners.get(0).clients());
        assertEquals(
                new ListenAddress("", 1884, null, "lo", ListenAddress.Family.IPV6),
                listeners.get(0).address());
        assertEquals(
                new ClientRules(true, Set.of(3, 4, 5), 0, 10, 10, "all-", false, MountPoint.NONE),
                listeners.get(1).clients());
        assertEquals(ListenAddress.tcp("", 1885), listeners.get(1).address());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "accept_protocol_versions 4,6",
                "accept_protocol_versions ,",
                "max_qos 3",
                "max_topic_alias 65536",
                "socket_domain ipx",
                "bind_interface aNameThatIsTooLong",
                "listener_auto_id_prefix 123456789012345678901234567890123456789012345678901"
            })
    void listenerOptionsThatMakeNoSenseAreRefused(String line) {
        assertRefused("listener 1884\n" + line);
    }

    @Test
    void whatCarriesMqttBelongsToTheListener() throws IOException, ConfigException {
        List<Listener> listeners = config("""
                listener 8883
                certfile s.pem
                keyfile s.key
                cafile ca.pem
                capath ca
                crlfile crl.pem
                ciphers HIGH
                tls_version tlsv1.3
                require_certificate true
                use_subject_as_username true
                disable_client_cert_date_checks true
                listener 8080
                protocol websockets
                websockets_origin https://a
                websockets_origin https://b
                listener 0 /run/a b.sock
                enable_proxy_protocol 2
                proxy_protocol_v2_require_tls true
                use_identity_as_username true
                listener 1883
                protocol mqtt
                """).listeners();
        Carrier tls = listeners.get(0).carrier();
        TlsSettings settings = tls.tls();
        assertEquals(Carrier.Identity.SUBJECT, tls.identity());
        assertEquals(
                new TlsSettings(
                        "s.pem", "s.key", "ca.pem", "ca", "crl.pem", "HIGH", true, true, true, true, settings.places()),
                settings);
        assertEquals(dir.resolve("tally.conf") + ":3", settings.places().get("keyfile"));
        List<String> origins = List.of("https://a", "https://b");
        assertEquals(
                new Carrier(null, null, Carrier.Identity.NONE, true, origins, 0, false, false),
                listeners.get(1).carrier());
        assertEquals(
                new Carrier(null, null, Carrier.Identity.COMMON_NAME, false, List.of(), 2, true, false),
                listeners.get(2).carrier());
        assertEquals("/run/a b.sock", listeners.get(2).address().path());
        assertEquals(Carrier.PLAIN, listeners.get(3).carrier());
    }

    @Test
    void portAndBindAddressSpeakOfOneListener() throws IOException, ConfigException {
        assertEquals(List.of("::1:1900"), addresses(config("port 1900\nbind_address ::1")));
        assertEquals(List.of("::1:1900"), addresses(config("bind_address ::1\nport 1800\nport 1900")));
        assertEquals(List.of("::1:1883", ":1884"), addresses(config("bind_address ::1\nlistener 1884")));
    }

    @Test
    void maxConnectionsInFrontOfAListenerOpensTheDefaultOneToo() throws IOException, ConfigException {
        assertEquals(List.of(":1883", ":1884"), addresses(config("max_connections 7\nlistener 1884")));
        BrokerConfig local = config("max_connections 7");
        assertEquals(List.of("127.0.0.1:1883", "::1:1883"), addresses(local));
        assertEquals(7, local.listeners().get(0).connectionsMax());
        assertEquals(0, config("max_connections -1").listeners().get(0).connectionsMax());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "port",
                "max_connections",
                "max_packet_size",
                "max_keepalive",
                "max_inflight_messages",
                "max_queued_messages",
                "max_queued_bytes",
                "global_max_clients",
                "persistent_client_expiration",
                "journal_file_size",
                "checkpoint_interval",
                "io_threads"
            })
    void numbersOutOfRangeOrWithSomethingBehindThemAreRefused(String name) throws IOException, ConfigException {
        String good =
                name.equals("persistent_client_expiration") ? "2d" : name.equals("journal_file_size") ? "2m" : "20";
        config(name + " " + good + " # comment");
        for (String bad :
                List.of(good + " 30", good + "x", "-5", "-2147483648", "2147483648", "99999999999999999999", "")) {
            assertRefused(name + " " + bad);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "1", "true # note", "  true", "true #false"})
    void booleanIsTrue(String value) throws IOException, ConfigException {
        assertTrue(config("queue_qos0_messages " + value).limits().isOn(Limit.QUEUE_QOS0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "0"})
    void booleanIsFalse(String value) throws IOException, ConfigException {
        assertFalse(config("retain_available " + value).limits().isOn(Limit.RETAIN_AVAILABLE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"True", "yes", "on", "2", "", " ", "\ttrue", "true\t"})
    void nothingElseIsABoolean(String value) {
        assertRefused("retain_available " + value);
    }

    @ParameterizedTest
    @CsvSource({"10,10", "0x10,16", "0X1f,31", "010,8", "+7,7", "'\t5',5", "0,0", "'12 # 34',12"})
    void numbersAreReadAsCDoes(String text, int expected) throws IOException, ConfigException {
        assertEquals(expected, config("max_queued_messages " + text).limits().of(Limit.QUEUED_MESSAGES));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1k", "08", "0x", "1.5", "2147483648", "99999999999999999999", "1\t", "--1", "+"})
    void nothingElseIsANumber(String text) {
        assertRefused("max_queued_messages " + text);
    }

    @Test
    void onlySpacesSeparate() throws IOException, ConfigException {
        assertEquals(List.of(":1900"), addresses(config("   listener    1900   ")));
        assertRefused("\tlistener 1900");
        assertRefused("listener\t1900");
        assertRefused(" # indented comment");
        assertRefused("\t");
    }

    @Test
    void stringsAreTheTrimmedRestOfTheLine() throws IOException, ConfigException {
        assertEquals(
                Path.of("/var/lib/my data # not a comment"),
                config("persistence_location   /var/lib/my data # not a comment \t\r\n")
                        .storage()
                        .directory());
        assertEquals("häßlich", config("user häßlich").process().user());
        assertRefused("user a\tb");
        assertRefused("persistence_location");
        assertRefused("persistence_location    ");
    }

    @Test
    void badUtf8IsRefusedInValuesButNotInComments() throws IOException, ConfigException {
        byte[] bad = {'u', 's', 'e', 'r', ' ', (byte) 0xff, '\n'};
        Path value = write("bad.conf", bad);
        assertThrows(ConfigException.class, () -> ConfigReader.read(value, List.of()));
        byte[] comment = {'#', (byte) 0xff, '\n'};
        assertEquals(
                BrokerConfig.DEFAULT,
                ConfigReader.read(write("good.conf", comment), List.of()).config());
    }

    @Test
    void secondValueOfAStringIsRefusedUnlessMosquittoTakesIt() throws IOException, ConfigException {
        assertRefused("persistence_location /a\npersistence_location /b");
        assertRefused("pid_file /a\npid_file /b");
        assertRefused("bind_address ::1\nbind_address ::1");
        assertRefused("log_dest file /a\nlog_dest file /b");
        assertEquals("b", config("user a\nuser b").process().user());
        assertEquals(
                3, config("max_queued_bytes 2\nmax_queued_bytes 3").limits().of(Limit.QUEUED_BYTES));
    }

    @Test
    void limitsOfClients() throws IOException, ConfigException {
        assertEquals(1000, config("").clients().inFlightMax());
        assertEquals(5, config("max_inflight_messages 5").clients().inFlightMax());
        assertEquals(65_535, config("max_inflight_messages 0").clients().inFlightMax());
        assertRefused("max_inflight_messages -1");
        assertRefused("max_inflight_messages 65536");
        assertEquals(2_000_000, config("").clients().packetBytesMax());
        assertEquals(20, config("max_packet_size 20").clients().packetBytesMax());
        assertEquals(16 << 20, config("max_packet_size 0x1000000").clients().packetBytesMax());
        assertRefused("max_packet_size 19");
        assertRefused("max_packet_size 16777217");
        assertEquals(0, config("").clients().keepAliveSecondsMax());
        assertEquals(65_535, config("max_keepalive 65535").clients().keepAliveSecondsMax());
        assertRefused("max_keepalive 65536");
        assertRefused("max_keepalive -1");
        assertEquals(0, config("global_max_connections -1").clients().connectionsMax());
        assertEquals(10, config("global_max_connections 10").clients().connectionsMax());
        assertRefused("global_max_connections -2");
        assertTrue(config("").clients().emptyIdAllowed());
        assertFalse(config("allow_zero_length_clientid false").clients().emptyIdAllowed());
        assertEquals(60, config("").clients().stallTimeoutSeconds());
        assertEquals(10, config("stall_timeout 10").clients().stallTimeoutSeconds());
        assertRefused("stall_timeout 9");
        assertRefused("stall_timeout 86401");
    }

    @Test
    void whatClientsMaySendAndAreTold() throws IOException, ConfigException {
        ProtocolConfig read = config("""
                max_topic_levels 8
                max_user_properties 5
                check_payload_format true
                response_information replies/
                server_redirect moved broker.example:1884
                max_connect_rate 100
                max_connect_rate_per_address 7
                max_message_rate 50
                max_byte_rate 100000
                rate_limit_action disconnect
                flapping_threshold 5 10 60
                max_failed_logins 20 30 40
                """).clients().protocol();
        RateLimits rates = new RateLimits(100, 7, 50, 100_000, true, 5, 10, 60, 20, 30, 40);
        assertEquals(new ProtocolConfig(true, 8, 5, "replies/", "broker.example:1884", true, rates), read);
        assertEquals(
                ProtocolConfig.DEFAULT,
                config("max_user_properties 0").clients().protocol());
        assertEquals(
                RateLimits.NONE,
                config("max_failed_logins 0").clients().protocol().rates());
        assertFalse(config("server_redirect another b").clients().protocol().serverMoved());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "max_topic_levels 0",
                "max_topic_levels 202",
                "max_user_properties -1",
                "server_redirect elsewhere b",
                "server_redirect moved",
                "max_connect_rate -1",
                "max_connect_rate_per_address 4001",
                "rate_limit_action drop",
                "flapping_threshold 1 10 60",
                "flapping_threshold 5 10",
                "flapping_threshold 5 10 60 1",
                "max_failed_logins -1",
                "max_failed_logins 0 10 60",
                "max_failed_logins 5 10"
            })
    void badLimitsAreRefused(String line) {
        assertRefused(line);
    }

    @ParameterizedTest
    @CsvSource({"1s,1", "2h,7200", "1d,86400", "1w,604800", "1m,2592000", "1y,31536000", "200y,4294967295"})
    void sessionsExpire(String text, long seconds) throws IOException, ConfigException {
        assertEquals(
                seconds, config("persistent_client_expiration " + text).limits().of(Limit.SESSION_EXPIRY_SECONDS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "0d", "-1d", "d", "1x", "1 d", "", "1D"})
    void otherExpiriesAreRefused(String text) {
        assertRefused("persistent_client_expiration " + text);
    }

    @Test
    void queuesAreUnlimitedByDefault() throws IOException, ConfigException {
        Limits limits = config("").limits();
        assertEquals(0, limits.of(Limit.QUEUED_MESSAGES));
        assertEquals(0, limits.of(Limit.QUEUED_BYTES));
        assertEquals(ConnectCommand.EXPIRY_NEVER, limits.of(Limit.SESSION_EXPIRY_SECONDS));
        assertEquals(9, config("global_max_clients 9").limits().of(Limit.SESSIONS));
        assertEquals(0, config("global_max_clients -1").limits().of(Limit.SESSIONS));
    }

    @Test
    void fullQueuesHaveAPolicy() throws IOException, ConfigException {
        for (FullQueue policy : FullQueue.values()) {
            String name = policy.name().toLowerCase(Locale.ROOT);
            assertEquals(
                    policy.code, config("queue_full_policy " + name).limits().of(Limit.FULL_QUEUE));
        }
        assertEquals(FullQueue.DROP_NEWEST.code, config("").limits().of(Limit.FULL_QUEUE));
        assertRefused("queue_full_policy drop");
    }

    @Test
    void retainedMessagesAreLimited() throws IOException, ConfigException {
        assertEquals(0, config("").limits().of(Limit.RETAINED_MESSAGES));
        assertEquals(7, config("max_retained_messages 7").limits().of(Limit.RETAINED_MESSAGES));
        assertEquals(8, config("max_retained_bytes 8").limits().of(Limit.RETAINED_BYTES));
        assertRefused("max_retained_messages -1");
        assertRefused("max_retained_bytes 2147483648");
    }

    @Test
    void deliveriesAreAsInMosquittoIfSo() throws IOException, ConfigException {
        assertFalse(config("").limits().isOn(Limit.DUPLICATES));
        assertTrue(config("allow_duplicate_messages true").limits().isOn(Limit.DUPLICATES));
        assertFalse(config("").limits().isOn(Limit.UPGRADE_QOS));
        assertTrue(config("upgrade_outgoing_qos true").limits().isOn(Limit.UPGRADE_QOS));
        assertEquals(
                SharedStrategy.HASH_TOPIC,
                SharedStrategy.of(
                        config("shared_subscription_strategy hash_topic").limits()));
    }

    @Test
    void subscriptionsOfASessionAreLimited() throws IOException, ConfigException {
        assertEquals(10_000, config("").limits().of(Limit.SUBSCRIPTIONS));
        assertEquals(
                16_000, config("max_subscriptions_per_session 16000").limits().of(Limit.SUBSCRIPTIONS));
        assertRefused("max_subscriptions_per_session 0");
        assertRefused("max_subscriptions_per_session 16001");
        assertEquals(100, config("").limits().of(Limit.SHARED_SUBSCRIPTIONS));
        assertEquals(
                7, config("max_shared_subscriptions_per_session 7").limits().of(Limit.SHARED_SUBSCRIPTIONS));
        assertRefused("max_shared_subscriptions_per_session 0");
        assertRefused("max_shared_subscriptions_per_session 16001");
    }

    @ParameterizedTest
    @CsvSource({"1m,1048576", "64M,67108864", "1g,1073741824", "134217728,134217728", "2048k,2097152"})
    void journalFileSizes(String text, int bytes) throws IOException, ConfigException {
        assertEquals(bytes, config("journal_file_size " + text).storage().journalFileBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1k", "1500k", "2g", "m", "-1m", "1 m", "1.5g", "99999999999m"})
    void otherJournalFileSizesAreRefused(String text) {
        assertRefused("journal_file_size " + text);
    }

    @Test
    void storageAndThreads() throws IOException, ConfigException {
        BrokerConfig config = config("durability process\ncheckpoint_interval 60\nthreading dedicated\nio_threads 4\n");
        assertEquals(Durability.PROCESS, config.storage().durability());
        assertEquals(60, config.storage().checkpointIntervalSeconds());
        assertEquals(Threading.DEDICATED, config.process().threading());
        assertEquals(4, config.process().ioThreads());
        assertRefused("durability paper");
        assertRefused("durability DISK");
        assertRefused("threading");
        assertRefused("io_threads 65");
        assertRefused("checkpoint_interval 0");
    }

    @Test
    void logDestinationsAddUpAndNoneClears() throws IOException, ConfigException {
        LogConfig log = config("log_dest stdout\nlog_dest file   /tmp/x y").log();
        assertTrue(log.toStdout());
        assertFalse(log.toStderr());
        assertEquals(Path.of("/tmp/x y"), log.file());
        LogConfig none =
                config("log_dest stdout\nlog_dest file /tmp/x\nlog_dest none").log();
        assertFalse(none.toStdout() || none.toStderr());
        assertNull(none.file());
        assertTrue(config("").log().toStderr());
        for (String other : List.of("syslog", "topic", "dlt", "android", "paper", "file", "")) {
            assertRefused("log_dest " + other);
        }
    }

    @Test
    void logTypesAddUp() throws IOException, ConfigException {
        assertEquals(
                Set.of(LogType.ERROR, LogType.WARNING, LogType.NOTICE, LogType.INFORMATION),
                config("").log().types());
        assertEquals(
                Set.of(LogType.ERROR, LogType.SUBSCRIBE),
                config("log_type debug\nlog_type none\nlog_type error\nlog_type subscribe")
                        .log()
                        .types());
        assertEquals(EnumSet.allOf(LogType.class), config("log_type all").log().types());
        assertRefused("log_type loud");
        assertFalse(config("log_timestamp false").log().timestamped());
        assertFalse(config("connection_messages false").log().connectionMessages());
    }

    @Test
    void includesFilesInMosquittosOrder() throws IOException, ConfigException {
        Path conf = Files.createDirectory(dir.resolve("conf.d"));
        for (String name : List.of("b.conf", "B.conf", "a.conf", "ab.conf", "Ab.conf", "_.conf", "1.conf")) {
            Files.writeString(conf.resolve(name), "user " + name + "\nlistener 2\n");
        }
        Files.writeString(conf.resolve("z.txt"), "nonsense");
        Files.writeString(conf.resolve(".conf"), "nonsense");
        BrokerConfig config = config("listener 1\ninclude_dir " + conf + "\nmax_connections 3\n");
        assertEquals("_.conf", config.process().user());
        assertEquals(3, config.listeners().get(0).connectionsMax(), "the main file goes on where it was");
        assertEquals(8, config.listeners().size());
    }

    @Test
    void sortsFileNamesByUpperCaseLettersThenByCode() {
        assertEquals(
                List.of("1.conf", "A.conf", "AB.conf", "Ab.conf", "a.conf", "aB.conf", "ab.conf", "b.conf", "_.conf"),
                List.of("_.conf", "b.conf", "ab.conf", "aB.conf", "Ab.conf", "AB.conf", "a.conf", "A.conf", "1.conf")
                        .stream()
                        .sorted(ConfigReader.FILE_ORDER)
                        .toList());
    }

    @Test
    void listenerOfTheMainFileIsNotThatOfAnIncludedOne() throws IOException, ConfigException {
        Path conf = Files.createDirectory(dir.resolve("conf.d"));
        Files.writeString(conf.resolve("a.conf"), "max_connections 9\n");
        BrokerConfig config = config("listener 1\ninclude_dir " + conf);
        assertEquals(List.of(":1", ":1883"), addresses(config));
        assertEquals(0, config.listeners().get(0).connectionsMax());
        assertEquals(9, config.listeners().get(1).connectionsMax());
    }

    @Test
    void everyOptionOfMosquittoIsKnown() throws IOException {
        for (String name : MosquittoOptions.NAMES) {
            boolean isKnown = Options.byName().containsKey(name)
                    || OtherOptions.accepted().containsKey(name)
                    || OtherOptions.isNotYet(name)
                    || name.equals("include_dir");
            assertTrue(isKnown, name);
        }
        assertTrue(OtherOptions.isNotYet("plugin_opt_whatever"));
        assertTrue(OtherOptions.isNotYet("auth_opt_whatever"));
    }

    private static String access(Listener listener) {
        AccessFiles files = listener.access();
        return listener.clients().anonymousAllowed() + " "
                + (files.passwords() == null ? "-" : files.passwords().path()) + " "
                + (files.rules() == null ? "-" : files.rules().path());
    }

    @Test
    void whoMayConnectIsSaidForAllListeners() throws IOException, ConfigException {
        BrokerConfig config = config("""
                listener 1
                allow_anonymous true
                password_file p
                listener 2
                acl_file a b
                listener_allow_anonymous false
                clientid_prefixes meter-
                """);
        assertEquals("true p a b", access(config.listeners().get(0)));
        assertEquals("false p a b", access(config.listeners().get(1)));
        assertEquals("meter-", config.clients().clientIdPrefix());
        AccessFiles.Named rules = config.listeners().get(0).access().rules();
        assertTrue(rules != null && rules.place().endsWith("tally.conf:5"));
    }

    @Test
    void withPerListenerSettingsItIsSaidForTheOneAbove() throws IOException, ConfigException {
        ConfigReader.Result read = read("""
                per_listener_settings true
                listener 1
                allow_anonymous true
                listener 2
                password_file p
                listener 3
                acl_file a
                """);
        List<Listener> listeners = read.config().listeners();
        assertEquals("true - -", access(listeners.get(0)));
        assertEquals("false p -", access(listeners.get(1)));
        assertEquals("false - a", access(listeners.get(2)));
        assertEquals(1, read.notices().size(), "nobody can use the third");
        assertTrue(
                read.notices().get(0).contains("tally.conf:6: "), read.notices().get(0));
    }

    @Test
    void perListenerSettingsStandInFrontOfWhatTheyConcern() {
        assertRefused("listener 1\nallow_anonymous true\nper_listener_settings true\n");
    }

    @Test
    void theSourceOfRetainedMessagesIsCheckedUnlessOneSaysOtherwise() throws IOException, ConfigException {
        assertEquals(BrokerConfig.DEFAULT, config("check_retain_source true\n"));
        assertTrue(config("acl_file a\n").clients().retainSourceChecked());
        assertFalse(config("check_retain_source false\nacl_file a\n").clients().retainSourceChecked());
    }

    @Test
    void messagesAreLimitedByTheirBytes() throws IOException, ConfigException {
        ClientConfig clients =
                config("max_inflight_bytes 9\nmessage_size_limit 100\n").clients();
        assertEquals(9, clients.inFlightBytesMax());
        assertEquals(100, clients.payloadBytesMax());
    }

    @Test
    void aMountPointIsATopicThatEndsWithASlash() throws IOException, ConfigException {
        ConfigReader.Result read = read("listener 1\nmount_point a/b/\nlistener 2\n");
        assertEquals(
                "a/b/", read.config().listeners().get(0).clients().mountPoint().toString());
        assertTrue(read.config().listeners().get(1).clients().mountPoint().isNone());
        for (String wrong : List.of("a", "+/", "a/#/", "$SYS/", "/x")) {
            assertRefused("listener 1\nmount_point " + wrong + "\n");
        }
    }

    @Test
    void noOptionIsBothSupportedAndRefused() {
        for (String name : OtherOptions.notYet()) {
            assertFalse(Options.byName().containsKey(name), name);
            assertFalse(OtherOptions.accepted().containsKey(name), name);
        }
        for (String name : OtherOptions.accepted().keySet()) {
            assertFalse(Options.byName().containsKey(name), name);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "retry_interval",
                "retry_interval 20",
                "store_clean_interval 10",
                "dhparamfile x",
                "websockets_log_level",
                "autosave_interval 300",
                "autosave_on_changes true",
                "persistence_file mosquitto.db",
                "packet_buffer_size 1024",
                "websockets_headers_size 4096",
                "set_tcp_nodelay true",
                "log_facility 3",
                "retain_expiry_interval 5",
                "persistence false",
                "retained_persistence 0"
            })
    void acceptedWithoutEffectIsSaid(String line) throws IOException, ConfigException {
        ConfigReader.Result read = read(line);
        assertEquals(BrokerConfig.DEFAULT, read.config());
        assertEquals(1, read.notices().size());
        assertTrue(
                read.notices().get(0).contains("tally.conf:1: '" + line.replaceAll(" .*", "")),
                read.notices().get(0));
        assertTrue(
                read.notices().get(0).contains("has no effect"), read.notices().get(0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "persistence true",
                "allow_duplicate_messages false",
                "per_listener_settings false",
                "upgrade_outgoing_qos false",
                "max_inflight_bytes 0",
                "message_size_limit 0",
                "memory_limit 0"
            })
    void valueThatIsOursAnywayIsAcceptedSilently(String line) throws IOException, ConfigException {
        ConfigReader.Result read = read(line);
        assertEquals(BrokerConfig.DEFAULT, read.config());
        assertEquals(List.of(), read.notices());
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory_limit 1", "message_size_limit -1", "max_inflight_bytes -1"})
    void otherValuesOfThemAreRefused(String line) {
        assertRefused(line);
    }
}
