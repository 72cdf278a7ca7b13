package io.tally.ops.config;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Mosquitto's options that do nothing here: accepted with a notice, accepted with one value only, or refused. */
final class OtherOptions {
    private enum Kind {
        ANY,
        BOOL,
        INT,
        STRING
    }

    /** Known to Mosquitto 2.1 and refused by this version. */
    private static final Set<String> NOT_YET = Set.of((
            // access
            "plugin auth_plugin global_plugin plugin_load"
                    + " plugin_use auth_plugin_deny_special_chars"
                    // limits and logging
                    + " log_timestamp_format"
                    // listeners
                    + " http_dir"
                    // TLS
                    + " tls_engine tls_engine_kpass_sha1"
                    // bridges
                    + " connection address addresses topic round_robin start_type idle_timeout threshold"
                    + " restart_timeout keepalive_interval cleansession local_cleansession remote_clientid"
                    + " clientid remote_username username remote_password password local_clientid"
                    + " local_username local_password notifications notifications_local_only"
                    + " notification_topic try_private bridge_attempt_unsubscribe bridge_outgoing_retain"
                    + " bridge_protocol_version bridge_max_packet_size bridge_max_topic_alias"
                    + " bridge_receive_maximum bridge_session_expiry_interval bridge_bind_address"
                    + " bridge_tcp_keepalive bridge_tcp_keepalive_counter bridge_tcp_keepalive_idle"
                    + " bridge_tcp_keepalive_interval bridge_tcp_user_timeout bridge_reload_type bridge_cafile"
                    + " bridge_capath bridge_certfile bridge_keyfile bridge_tls_use_os_certs"
                    + " bridge_tls_version bridge_ciphers bridge_ciphers_tls1.3 bridge_alpn bridge_insecure"
                    + " bridge_require_ocsp bridge_identity bridge_psk")
            .split(" "));

    private static final Map<String, Option> ACCEPTED = new TreeMap<>();

    static {
        withoutEffect();
        withOneValue();
    }

    private OtherOptions() {}

    static Map<String, Option> accepted() {
        return ACCEPTED;
    }

    /** Whether Mosquitto knows the name and this version refuses it. */
    static boolean isNotYet(String name) {
        return NOT_YET.contains(name) || name.startsWith("plugin_opt_") || name.startsWith("auth_opt_");
    }

    static Set<String> notYet() {
        return NOT_YET;
    }

    private static void withoutEffect() {
        String gone = "Mosquitto 2 ignores it too";
        ignore("retry_interval", Kind.ANY, gone);
        ignore("store_clean_interval", Kind.ANY, "Mosquitto 2 no longer has it");
        ignore("dhparamfile", Kind.ANY, gone);
        ignore("websockets_log_level", Kind.ANY, gone);
        ignore("autosave_interval", Kind.INT, "what is acknowledged is durable at once, see 'durability'");
        ignore("autosave_on_changes", Kind.BOOL, "what is acknowledged is durable at once, see 'durability'");
        ignore("persistence_file", Kind.STRING, "the journal names its files itself");
        ignore("packet_buffer_size", Kind.INT, "buffers fit themselves to the traffic");
        ignore("websockets_headers_size", Kind.INT, "buffers fit themselves to the traffic");
        ignore("set_tcp_nodelay", Kind.BOOL, "packets are never held back");
        ignore("log_facility", Kind.INT, "it belongs to 'log_dest syslog'");
        ignore("retain_expiry_interval", Kind.INT, "expired retained messages are removed when their time has come");
    }

    private static void withOneValue() {
        for (String name : Set.of("enable_control_api")) {
            only(name, Kind.BOOL, "false");
        }
        only("memory_limit", Kind.INT, "0");
    }

    private static void ignore(String name, Kind kind, String because) {
        ACCEPTED.put(name, (line, draft) -> {
            if (kind == Kind.ANY) {
                line.skipValue();
            } else {
                value(line, kind);
            }
            draft.notices.add(line.place() + ": '" + name + "' has no effect: " + because);
        });
    }

    private static void only(String name, Kind kind, String accepted) {
        ACCEPTED.put(name, (line, draft) -> {
            String value = value(line, kind);
            if (!value.equals(accepted)) {
                throw line.error("'" + name + " " + ConfigLine.printable(value)
                        + "' is not supported yet by this version; only '" + name + " " + accepted + "' is");
            }
        });
    }

    private static String value(ConfigLine line, Kind kind) throws ConfigException {
        return switch (kind) {
            case BOOL -> String.valueOf(line.bool());
            case INT -> String.valueOf(line.integer());
            case STRING -> line.string();
            case ANY -> line.word();
        };
    }
}
