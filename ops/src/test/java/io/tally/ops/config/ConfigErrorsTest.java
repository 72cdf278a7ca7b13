package io.tally.ops.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The words of each error: file, line, what is wrong, what to do. */
class ConfigErrorsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    static List<List<String>> errorsOfTransports() {
        return List.of(
                List.of("protocol http_api", "'protocol' is 'http_api', but must be mqtt or websockets"),
                List.of(
                        "cafile /x",
                        "'cafile' needs 'certfile' for the same listener; TLS takes both certfile and keyfile"),
                List.of(
                        "use_identity_as_username true",
                        "the user name can only come from a certificate with 'certfile', 'keyfile' and 'cafile' or"
                                + " 'capath', from a key with 'psk_hint', or with 'enable_proxy_protocol 2'"),
                List.of(
                        "use_subject_as_username true\nenable_proxy_protocol 2",
                        "a PROXY header tells the common name of a certificate, not its subject; use"
                                + " 'use_identity_as_username'"),
                List.of(
                        "require_certificate true\nenable_proxy_protocol 1",
                        "'require_certificate' needs 'certfile' for the same listener; TLS takes both certfile and"
                                + " keyfile"),
                List.of(
                        "cafile /x\nenable_proxy_protocol 2",
                        "'cafile' needs 'certfile' for the same listener; TLS takes both certfile and keyfile"),
                List.of("enable_proxy_protocol 3", "'enable_proxy_protocol' is 3, but must be within 1 to 2"),
                List.of(
                        "tls_version tlsv1.1",
                        "'tls_version' is 'tlsv1.1', but must be tlsv1.2 or tlsv1.3, the lowest version that is taken"),
                List.of("psk_hint x", "'psk_hint' needs 'psk_file': nobody would have a key"),
                List.of(
                        "certfile x\npsk_file y\npsk_hint z",
                        "'certfile' and 'psk_hint' exclude each other: a listener has certificates or pre-shared keys;"
                                + " make two listeners"),
                List.of(
                        "use_subject_as_username true\npsk_file y\npsk_hint z",
                        "a pre-shared key has an identity but no subject; use 'use_identity_as_username'"),
                List.of("listener 0 /" + "x".repeat(107), "the path of a unix socket may have 107 bytes"));
    }

    static List<List<String>> errors() {
        return List.of(
                List.of("x", "unknown option 'x'; ops/docs/configuration.md lists all options"),
                List.of("listner 1883", "unknown option 'listner'; did you mean 'listener'?"),
                List.of("max_packet_sise 3", "unknown option 'max_packet_sise'; did you mean 'max_packet_size'?"),
                List.of(
                        "listener\t1883",
                        "unknown option 'listener<tab>1883'; only spaces may stand in front of a name and behind it,"
                                + " not tabs"),
                List.of(" # c", "unknown option '#'; a comment needs its # in the first column"),
                List.of(
                        "\uFEFFuser x",
                        "unknown option '\uFEFFuser'; the file begins with a byte order mark," + " save it without"),
                List.of("user \0", "the line holds a zero byte; is this a text file?"),
                List.of(
                        "bridge_alpn mqtt",
                        "'bridge_alpn' is not supported yet by this version; remove the line or put # in its first"
                                + " column"),
                List.of(
                        "plugin_opt_x y",
                        "'plugin_opt_x' is not supported yet by this version; remove the line or put # in its first"
                                + " column"),
                List.of("listener", "'listener' has no value"),
                List.of("listener 70000", "'listener' is 70000, but must be within 0 to 65535"),
                List.of("listener mqtt", "'listener' is 'mqtt', which is not a number"),
                List.of(
                        "max_queued_bytes 4000000000",
                        "'max_queued_bytes' is 4000000000, but must be within 0 to 2147483647"),
                List.of("max_queued_messages -5", "'max_queued_messages' is -5, but must be within 0 to 2147483647"),
                List.of("max_inflight_messages -1", "'max_inflight_messages' is -1, but must be within 0 to 65535"),
                List.of(
                        "max_keepalive 60 s",
                        "'s' stands behind the value of 'max_keepalive'; remove it, or put # in front of it"),
                List.of("retain_available yes", "'retain_available' is 'yes', but must be true or false"),
                List.of("durability safe", "'durability' is 'safe', but must be one of memory, process, disk"),
                List.of(
                        "shared_subscription_strategy random",
                        "'shared_subscription_strategy' is 'random', but must be one of round_robin, sticky,"
                                + " hash_topic"),
                List.of("threading one", "'threading' is 'one', but must be one of auto, shared, dedicated"),
                List.of(
                        "log_type loud",
                        "'log_type' is 'loud', but must be one of none, all, error, warning, notice, information,"
                                + " debug, subscribe, unsubscribe, websockets, internal"),
                List.of(
                        "log_dest syslog",
                        "'log_dest syslog' is not supported yet by this version; use stdout, stderr or file PATH"),
                List.of("log_dest x", "'log_dest' is 'x', but must be stdout, stderr, file PATH or none"),
                List.of(
                        "max_packet_size 268435455",
                        "'max_packet_size' is 268435455, but must be within 20 to 16777216 (16 MiB, the most that"
                                + " this version handles)"),
                List.of(
                        "persistent_client_expiration 2",
                        "'persistent_client_expiration' is '2', but must be a number above 0 directly followed by s,"
                                + " h, d, w, m (30 days) or y"),
                List.of(
                        "journal_file_size 5k",
                        "'journal_file_size' is '5k', but must be a whole number of MiB from 1m to 1g, such as 128m"),
                List.of("user a\tb", "the value of 'user' holds a tab or another control character; remove it"));
    }

    @ParameterizedTest
    @MethodSource({"errors", "errorsOfTransports"})
    void saysFileLineAndWhatToDo(List<String> example) throws IOException {
        Path file = Files.writeString(dir.resolve("t.conf"), "# first\n\n" + example.get(0) + "\n");
        assertEquals(file + ":3: " + example.get(1), messageOf(file));
    }

    @ParameterizedTest
    @CsvSource({
        "listener, -1, 65536",
        "max_connections, -2, 2147483648",
        "max_qos, -1, 3",
        "max_topic_alias, -1, 65536",
        "max_topic_alias_broker, -1, 65536",
        "global_max_connections, -2, 2147483648",
        "global_max_clients, -2, 2147483648",
        "max_keepalive, -1, 65536",
        "max_inflight_messages, -1, 65536",
        "max_inflight_bytes, -1, 2147483648",
        "message_size_limit, -1, 2147483648",
        "max_queued_messages, -1, 2147483648",
        "max_queued_bytes, -1, 2147483648",
        "max_retained_messages, -1, 2147483648",
        "max_retained_bytes, -1, 2147483648",
        "max_subscriptions_per_session, 0, 16001",
        "max_shared_subscriptions_per_session, 0, 16001",
        "max_topic_levels, 0, 202",
        "max_user_properties, -1, 2147483648",
        "max_packet_size, 19, 16777217",
        "max_connect_rate, -1, 2147483648",
        "max_connect_rate_per_address, -1, 4001",
        "max_message_rate, -1, 2147483648",
        "max_byte_rate, -1, 2147483648",
        "flapping_threshold, 1, 4001",
        "flapping_threshold 2, 0, 86401",
        "flapping_threshold 2 1, 0, 86401",
        "io_threads, -1, 65",
        "stall_timeout, 9, 86401",
        "checkpoint_interval, 0, 86401",
        "sys_interval, -1, 65536",
        "journal_file_size, 0m, 1025m",
        "persistent_client_expiration, 0s, 1000000000s",
        "enable_proxy_protocol, 0, 3"
    })
    void numbersOutsideOfTheirRangeAreRefused(String option, String low, String high) throws IOException {
        for (String value : List.of(low, high, "99999999999999999999", "-99999999999999999999", "x", "1e3")) {
            Path file = Files.writeString(dir.resolve("t.conf"), "# first\n\n" + option + " " + value + "\n");
            String start = file + ":3: '" + option.replaceFirst(" .*", "") + "' is ";
            String message = messageOf(file);
            assertTrue(message.startsWith(start), message);
        }
    }

    private static String messageOf(Path file) {
        return String.valueOf(assertThrows(ConfigException.class, () -> ConfigReader.read(file, List.of()))
                .getMessage());
    }

    @Test
    void saysWhichValueIsTheSecond() throws IOException {
        Path file = Files.writeString(dir.resolve("t.conf"), "pid_file /a\npid_file /b");
        assertEquals(file + ":2: 'pid_file' is given a second time; keep one of the lines", messageOf(file));
    }

    @Test
    void namesTheIncludedFile() throws IOException {
        Path conf = Files.createDirectory(dir.resolve("conf.d"));
        Path included = Files.writeString(conf.resolve("a.conf"), "\ninclude_dir /x");
        Path file = Files.writeString(dir.resolve("t.conf"), "include_dir " + conf);
        assertEquals(
                included + ":2: 'include_dir' is only allowed in the main file; move the line there", messageOf(file));
    }

    @Test
    void saysWhyAFileCannotBeRead() throws IOException {
        Path missing = dir.resolve("none.conf");
        assertEquals(
                missing + ": cannot be read (no such file); check the path and its permissions", messageOf(missing));
        assertEquals(dir + ": is a directory, not a configuration file", messageOf(dir));
        Path file = Files.writeString(dir.resolve("t.conf"), "include_dir " + missing);
        assertEquals(file + ":1: the directory " + missing + " cannot be read (no such file)", messageOf(file));
        Files.createDirectories(dir.resolve("c/x.conf"));
        Files.writeString(file, "include_dir " + dir.resolve("c"));
        assertEquals(
                file + ":1: " + dir.resolve("c/x.conf") + " is a directory, not a configuration file", messageOf(file));
    }
}
