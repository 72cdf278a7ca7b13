package io.tally.ops.config;

import io.tally.protocol.listener.Carrier.Identity;
import io.tally.protocol.listener.ListenAddress.Family;
import io.tally.protocol.topic.MountPoint;
import io.tally.protocol.topic.TopicNames;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The options that begin a listener, and those that belong to the one above them. */
final class ListenerOptions {
    /** An option of a listener. */
    @FunctionalInterface
    private interface OfListener {
        void apply(ConfigLine line, ListenerDraft listener) throws ConfigException;
    }

    private static final List<String> TLS_VALUES =
            List.of("cafile", "capath", "certfile", "keyfile", "crlfile", "ciphers", "psk_hint");
    private static final List<String> TLS13_SUITES =
            List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");
    private static final int MAX_PORT = 65_535;
    private static final int PATH_MAX = 107;
    private static final int PREFIX_MAX = 50;
    private static final int MOUNT_POINT_MAX = 1_000;
    private static final int DEVICE_NAME_MAX = 15;

    private ListenerOptions() {}

    static void addTo(Map<String, Option> byName) {
        addresses(byName);
        clients(byName);
        tls(byName);
        carriers(byName);
    }

    private static void addresses(Map<String, Option> byName) {
        byName.put("listener", ListenerOptions::listener);
        byName.put("port", (line, draft) -> {
            Options.deprecated(line, draft, "use 'listener PORT [ADDRESS]'");
            draft.currentListener = draft.explicitDefaultListener(line.place());
            draft.currentListener.port = line.integer(1, MAX_PORT);
        });
        byName.put("bind_address", (line, draft) -> {
            Options.deprecated(line, draft, "use 'listener PORT ADDRESS'");
            ListenerDraft listener = draft.explicitDefaultListener(line.place());
            draft.currentListener = listener;
            Options.refuseSecond(line, !listener.host.isEmpty());
            listener.host = line.string();
        });
        put(byName, "bind_interface", (line, listener) -> {
            listener.device = line.string();
            if (listener.device.getBytes(StandardCharsets.UTF_8).length > DEVICE_NAME_MAX) {
                throw line.invalid(listener.device, "the name of a network interface");
            }
        });
        put(byName, "socket_domain", (line, listener) -> {
            String word = line.word();
            listener.family = switch (word) {
                case "ipv4" -> Family.IPV4;
                case "ipv6" -> Family.IPV6;
                default -> throw line.invalid(word, "ipv4 or ipv6");
            };
        });
        put(
                byName,
                "max_connections",
                (line, listener) -> listener.connectionsMax = Math.max(0, line.integer(-1, Integer.MAX_VALUE)));
    }

    private static void listener(ConfigLine line, ConfigDraft draft) throws ConfigException {
        int port = line.integer(0, MAX_PORT);
        String host = port == 0 ? line.string() : line.optionalWord();
        draft.currentListener = draft.addListener(port, line.place());
        if (port != 0) {
            draft.currentListener.host = host == null ? "" : host;
        } else if (host != null && host.getBytes(StandardCharsets.UTF_8).length <= PATH_MAX) {
            draft.currentListener.path = host;
        } else {
            throw line.error("the path of a unix socket may have " + PATH_MAX + " bytes");
        }
    }

    private static void clients(Map<String, Option> byName) {
        put(byName, "listener_allow_anonymous", (line, listener) -> listener.anonymousAllowed = line.bool());
        put(byName, "listener_auto_id_prefix", (line, listener) -> listener.assignedIdPrefix = prefix(line));
        byName.put("auto_id_prefix", (line, draft) -> draft.assignedIdPrefix = prefix(line));
        put(byName, "accept_protocol_versions", (line, listener) -> listener.versions = versions(line));
        put(byName, "max_qos", (line, listener) -> listener.qosMax = line.integer(0, 2));
        put(byName, "maximum_qos", (line, listener) -> listener.qosMax = line.integer(0, 2));
        put(byName, "max_topic_alias", (line, listener) -> listener.topicAliasMax = line.integer(0, 65_535));
        put(byName, "max_topic_alias_broker", (line, listener) -> listener.topicAliasMaxOut = line.integer(0, 65_535));
        put(byName, "mount_point", (line, listener) -> listener.mountPoint = mountPoint(line));
        put(byName, "use_username_as_clientid", (line, listener) -> listener.userNameAsClientId = line.bool());
    }

    private static void tls(Map<String, Option> byName) {
        for (String name : TLS_VALUES) {
            put(byName, name, (line, listener) -> listener.tls.put(line));
        }
        put(byName, "tls_version", (line, listener) -> {
            String word = line.word();
            listener.tls.stands(line);
            listener.tls.isOnlyTls13 = switch (word) {
                case "tlsv1.2" -> false;
                case "tlsv1.3" -> true;
                default -> throw line.invalid(word, "tlsv1.2 or tlsv1.3, the lowest version that is taken");
            };
        });
        put(byName, "require_certificate", (line, listener) -> {
            listener.tls.certificateRequired = line.bool();
            if (listener.tls.certificateRequired) {
                listener.tls.stands(line);
            }
        });
        put(byName, "disable_client_cert_date_checks", (line, listener) -> listener.tls.datesIgnored = line.bool());
        put(byName, "use_identity_as_username", (line, listener) -> {
            listener.identity = line.bool() ? Identity.COMMON_NAME : Identity.NONE;
            listener.identityPlace = line.place();
        });
        put(byName, "use_subject_as_username", (line, listener) -> {
            if (line.bool() && listener.identity == Identity.NONE) {
                listener.identity = Identity.SUBJECT;
                listener.identityPlace = line.place();
            }
        });
        byName.put("ciphers_tls1.3", (line, draft) -> {
            for (String suite : line.string().split(":", -1)) {
                if (!TLS13_SUITES.contains(suite)) {
                    throw line.invalid(suite, "one of " + String.join(", ", TLS13_SUITES));
                }
            }
            draft.notices.add(line.place() + ": 'ciphers_tls1.3' has no effect: which of TLS 1.3's ciphers is"
                    + " taken is decided by the TLS library, and all of them are safe");
        });
        byName.put("tls_keyform", (line, draft) -> {
            String word = line.word();
            if (!word.equals("pem")) {
                throw line.error(
                        "'tls_keyform " + ConfigLine.printable(word) + "' is not supported; keys are PEM files");
            }
        });
    }

    private static void carriers(Map<String, Option> byName) {
        put(byName, "protocol", (line, listener) -> {
            String word = line.word();
            listener.isWebSocket = switch (word) {
                case "mqtt" -> false;
                case "websockets" -> true;
                default -> throw line.invalid(word, "mqtt or websockets");
            };
        });
        put(byName, "websockets_origin", (line, listener) -> listener.origins.add(line.string()));
        put(byName, "enable_proxy_protocol", (line, listener) -> listener.proxyVersion = line.integer(1, 2));
        put(byName, "proxy_protocol_v2_require_tls", (line, listener) -> listener.proxyTlsRequired = line.bool());
    }

    private static String prefix(ConfigLine line) throws ConfigException {
        String prefix = line.string();
        if (prefix.length() > PREFIX_MAX) {
            throw line.invalid(prefix, "at most " + PREFIX_MAX + " characters long");
        }
        return prefix;
    }

    private static MountPoint mountPoint(ConfigLine line) throws ConfigException {
        String prefix = line.string();
        boolean isTopic = TopicNames.isValid(prefix) && prefix.length() <= MOUNT_POINT_MAX;
        if (!isTopic || !prefix.endsWith("/") || prefix.startsWith("$")) {
            throw line.invalid(
                    prefix,
                    "a topic name that ends with '/', of up to " + MOUNT_POINT_MAX + " characters, without '$'");
        }
        return new MountPoint(prefix);
    }

    private static Set<Integer> versions(ConfigLine line) throws ConfigException {
        String value = line.string();
        Set<Integer> versions = new TreeSet<>();
        for (String word : value.replaceFirst("^[, ]+", "").split("[, ]+", 0)) {
            if (!word.matches("[345]")) {
                throw line.invalid(value, "of 3, 4 and 5, with commas between them");
            }
            versions.add(Integer.parseInt(word));
        }
        return versions;
    }

    private static void put(Map<String, Option> byName, String name, OfListener option) {
        byName.put(name, (line, draft) -> {
            if (draft.currentListener == null) {
                draft.notices.add(line.place() + ": '" + name + "' stands in front of any listener and so belongs"
                        + " to the default one on port 1883; put it behind a 'listener' line");
            }
            option.apply(line, draft.listenerOrDefault());
        });
    }
}
