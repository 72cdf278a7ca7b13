package io.tally.ops.cli;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientBuilder;
import io.tally.ops.log.Logs;
import java.io.PrintStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Flags that {@code tally pub} and {@code tally sub} share: how to connect and as whom. */
final class ConnectFlags {
    private static final long EXPIRY_NEVER = 0xFFFF_FFFFL;
    private static final int NOT_GIVEN = -1;

    @Option(
            names = {"-h", "--host"},
            paramLabel = "HOST",
            description = "Host to connect to (localhost).")
    private String host = "localhost";

    @Option(
            names = {"-p", "--port"},
            paramLabel = "PORT",
            description = "Port to connect to (1883; 8883 with TLS).")
    private int port = NOT_GIVEN;

    @Option(
            names = {"-L", "--url"},
            paramLabel = "URL",
            description = "User, password, host, port and topic in one: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC;"
                    + " mqtts:// = with TLS, ws:// = WebSocket, wss:// = both")
    private @Nullable String url;

    @Mixin
    private final TransportFlags transport = new TransportFlags();

    @Option(
            names = {"-i", "--id"},
            paramLabel = "ID",
            description = "Client id (chosen by the broker).")
    private @Nullable String id;

    @Option(
            names = {"-I", "--id-prefix"},
            paramLabel = "PREFIX",
            description = "Client id is this and the process id.")
    private @Nullable String idPrefix;

    @Option(
            names = {"-k", "--keepalive"},
            paramLabel = "SECONDS",
            description = "Keep-alive, 5 to 65535 (60).")
    private int keepAliveSeconds = 60;

    @Option(
            names = {"-V", "--protocol-version"},
            paramLabel = "VERSION",
            description = "mqttv311 or mqttv5 (mqttv311; mqttv5 with -D and -x).")
    private @Nullable String version;

    @Option(
            names = {"-u", "--username"},
            paramLabel = "NAME",
            description = "User name.")
    private @Nullable String userName;

    @Option(
            names = {"-P", "--pw"},
            paramLabel = "PASSWORD",
            description = "Password.")
    private @Nullable String password;

    @Option(
            names = {"-c", "--disable-clean-session"},
            description = "Keep the session (needs -i).")
    private boolean sessionKept;

    @Option(
            names = "-x",
            paramLabel = "SECONDS",
            description = "MQTT 5: how long the session outlives the connection; -1 = for ever.")
    private @Nullable String expiry;

    @Option(
            names = {"-q", "--qos"},
            paramLabel = "QOS",
            description = "Quality of service 0, 1 or 2 (0).")
    private int qos;

    @Option(names = "-M", paramLabel = "N", description = "Messages sent and not yet acknowledged, at most (20).")
    private int inFlightMax = 20;

    @Option(names = "--will-topic", paramLabel = "TOPIC", description = "Topic of the will.")
    private @Nullable String willTopic;

    @Option(names = "--will-payload", paramLabel = "TEXT", description = "Payload of the will.")
    private @Nullable String willPayload;

    @Option(names = "--will-qos", paramLabel = "QOS", description = "Quality of service of the will (0).")
    private int willQos;

    @Option(names = "--will-retain", description = "Retain the will.")
    private boolean willRetain;

    @Option(
            names = {"-D", "--property"},
            paramLabel = "PACKET NAME VALUE",
            hideParamSyntax = true,
            arity = "3..4",
            parameterConsumer = PropertyFlag.Consumer.class,
            description = "MQTT 5 property; user-property takes KEY VALUE. May be repeated.")
    private final List<PropertyFlag> properties = new ArrayList<>();

    @Option(names = "--nodelay", hidden = true)
    @SuppressWarnings("UnusedVariable")
    private boolean noDelay;

    @Option(
            names = {"-d", "--debug"},
            description = "Tell on standard error what happens.")
    private boolean debug;

    @Option(names = "--quiet", description = "No error messages.")
    private boolean quiet;

    private String urlTopic = "";

    /** What a tool does with a broker; answers its exit code. */
    interface Work {
        int run() throws ToolFailure, InterruptedException;
    }

    /**
     * Runs a tool: checks its flags, then works; what goes wrong is told unless it shall be quiet.
     *
     * @param check throws IllegalArgumentException with a message for a person
     */
    int run(CommandSpec tool, PrintStream err, Runnable check, Work work) throws InterruptedException {
        try {
            check.run();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(tool.commandLine(), String.valueOf(e.getMessage()), e);
        }
        Logs.silence();
        try {
            return work.run();
        } catch (ToolFailure e) {
            if (!quiet) {
                err.println("Error: " + e.getMessage());
            }
            return e.exitCode();
        }
    }

    /** Checks what goes together; throws IllegalArgumentException with a message for a person. */
    void check() {
        if (url != null) {
            takeUrl(url);
        }
        Checks.require(port == NOT_GIVEN || (port >= 1 && port <= 65_535), "invalid port " + port);
        transport.check(port);
        Checks.require(qos >= 0 && qos <= 2, "invalid QoS " + qos);
        Checks.require(willQos >= 0 && willQos <= 2, "invalid will QoS " + willQos);
        Checks.require(inFlightMax >= 1 && inFlightMax <= 65_535, "-M must be within 1 to 65535");
        Checks.require(keepAliveSeconds >= 5 && keepAliveSeconds <= 65_535, "keep-alive must be within 5 to 65535");
        Checks.require(id == null || idPrefix == null, "-i and -I cannot be used together");
        Checks.require(willPayload == null || willTopic != null, "--will-payload needs --will-topic");
        Checks.require(!willRetain || willTopic != null, "--will-retain needs --will-topic");
        checkVersion();
        long expirySeconds = expirySeconds();
        Checks.require(
                isV5() || (expiry == null && properties.isEmpty()),
                "-D and -x need MQTT 5; drop -V " + version + " or use -V mqttv5");
        boolean isKept = isV5() ? expirySeconds == EXPIRY_NEVER : sessionKept;
        Checks.require(!isKept || id != null, "a session that is kept needs a client id (-i)");
    }

    private void checkVersion() {
        if (version == null || List.of("mqttv311", "311", "mqttv5", "5").contains(version)) {
            return;
        }
        Checks.require(
                !version.equals("mqttv31") && !version.equals("31"),
                "MQTT 3.1 is not supported by this tool; use -V mqttv311 or -V mqttv5");
        throw new IllegalArgumentException("invalid protocol version '" + version + "'; use mqttv311 or mqttv5");
    }

    private void takeUrl(String text) {
        try {
            URI parsed = new URI(text);
            Checks.require(
                    transport.tryScheme(String.valueOf(parsed.getScheme()).toLowerCase(Locale.ROOT)),
                    "only URLs with mqtt://, mqtts://, ws:// and wss:// are supported");
            Checks.require(parsed.getHost() != null, "the URL names no host");
            host = parsed.getHost();
            port = parsed.getPort() < 0 ? port : parsed.getPort();
            String user = parsed.getUserInfo();
            if (user != null) {
                int colon = user.indexOf(':');
                userName = colon < 0 ? user : user.substring(0, colon);
                password = colon < 0 ? null : user.substring(colon + 1);
            }
            String path = parsed.getPath();
            Checks.require(path != null && path.length() > 1, "the URL names no topic");
            urlTopic = path == null ? "" : path.substring(1);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("'" + text + "' is not a URL", e);
        }
    }

    boolean isV5() {
        return version == null
                ? expiry != null || !properties.isEmpty()
                : version.equals("mqttv5") || version.equals("5");
    }

    /** Session expiry of an MQTT 5 CONNECT: -x, else what -c means. */
    long expirySeconds() {
        if (expiry == null) {
            return properties("connect")
                    .filter(p -> p.name().equals("session-expiry-interval"))
                    .mapToLong(PropertyFlag::number)
                    .findFirst()
                    .orElse(sessionKept ? EXPIRY_NEVER : 0);
        }
        if (expiry.equals("∞") || expiry.equals("-1")) {
            return EXPIRY_NEVER;
        }
        Checks.require(expiry.matches("[0-9]{1,10}") && Long.parseLong(expiry) <= EXPIRY_NEVER, "invalid -x " + expiry);
        return Long.parseLong(expiry);
    }

    /** The -D flags for one kind of packet. */
    Stream<PropertyFlag> properties(String packet) {
        return properties.stream().filter(p -> p.packet().equals(packet));
    }

    int port() {
        return port != NOT_GIVEN ? port : transport.isTls(port) ? TransportFlags.TLS_PORT : TransportFlags.PORT;
    }

    /** The broker, in words. */
    String broker() {
        Path unixPath = transport.unixPath();
        return unixPath == null ? host + ":" + port() : unixPath.toString();
    }

    /** A builder of clients that connect to it. */
    MqttClientBuilder client() throws ToolFailure {
        Path unixPath = transport.unixPath();
        MqttClientBuilder builder = unixPath == null
                ? MqttClient.builder().serverHost(host).serverPort(port())
                : MqttClient.builder().serverHost("127.0.0.1").serverPort(UnixRelay.open(unixPath));
        return transport.applyTo(builder, port());
    }

    /** Topic of the URL, empty without one. */
    String urlTopic() {
        return urlTopic;
    }

    /** Client id, empty = chosen by the broker. */
    String clientId() {
        if (idPrefix != null) {
            return idPrefix + ProcessHandle.current().pid();
        }
        return id == null ? "" : id;
    }

    int keepAliveSeconds() {
        return keepAliveSeconds;
    }

    @Nullable
    String userName() {
        return userName;
    }

    @Nullable
    String password() {
        return password;
    }

    boolean sessionKept() {
        return sessionKept;
    }

    int qos() {
        return qos;
    }

    int inFlightMax() {
        return inFlightMax;
    }

    @Nullable
    String willTopic() {
        return willTopic;
    }

    String willPayload() {
        return willPayload == null ? "" : willPayload;
    }

    int willQos() {
        return willQos;
    }

    boolean willRetain() {
        return willRetain;
    }

    boolean debug() {
        return debug;
    }

    boolean quiet() {
        return quiet;
    }
}
