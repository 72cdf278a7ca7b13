package io.tally.ops.config;

import io.tally.protocol.listener.RateLimits;
import java.util.Map;

/** The options of {@link ProtocolConfig}, and what the lines read so far say of it. */
final class ProtocolOptions {
    private static final int UTF8_STRING_MAX = 65_535 / 4;

    private boolean payloadFormatChecked;
    private int topicLevelsMax = ProtocolConfig.TOPIC_LEVELS_MAX;
    private int userPropertiesMax = Integer.MAX_VALUE;
    private String responseInformation = "";
    private String serverReference = "";
    private boolean serverMoved;
    private int connectsPerSecond;
    private int connectsPerAddress;
    private int messagesPerSecond;
    private int bytesPerSecond;
    private boolean closing;
    private int flappingConnects;
    private int flappingSeconds;
    private int banSeconds;
    private int failedLogins;
    private int failedLoginSeconds;
    private int failedLoginBanSeconds;

    /** An option of these. */
    @FunctionalInterface
    private interface OfProtocol {
        void apply(ConfigLine line, ProtocolOptions options) throws ConfigException;
    }

    static void addTo(Map<String, Option> byName) {
        put(byName, "check_payload_format", (line, o) -> o.payloadFormatChecked = line.bool());
        put(
                byName,
                "max_topic_levels",
                (line, o) -> o.topicLevelsMax = line.integer(1, ProtocolConfig.TOPIC_LEVELS_MAX));
        put(byName, "max_user_properties", (line, o) -> {
            int value = line.integer(0, Integer.MAX_VALUE);
            o.userPropertiesMax = value == 0 ? Integer.MAX_VALUE : value;
        });
        put(byName, "response_information", (line, o) -> o.responseInformation = text(line));
        put(byName, "server_redirect", (line, o) -> {
            o.serverMoved = choice(line, "moved", "another");
            o.serverReference = text(line);
        });
        rates(byName);
    }

    private static void rates(Map<String, Option> byName) {
        int most = Integer.MAX_VALUE;
        put(byName, "max_connect_rate", (line, o) -> o.connectsPerSecond = line.integer(0, most));
        put(
                byName,
                "max_connect_rate_per_address",
                (line, o) -> o.connectsPerAddress = line.integer(0, RateLimits.COUNT_MAX));
        put(byName, "max_message_rate", (line, o) -> o.messagesPerSecond = line.integer(0, most));
        put(byName, "max_byte_rate", (line, o) -> o.bytesPerSecond = line.integer(0, most));
        put(byName, "rate_limit_action", (line, o) -> o.closing = choice(line, "disconnect", "wait"));
        put(byName, "flapping_threshold", (line, o) -> {
            o.flappingConnects = line.integer(2, RateLimits.COUNT_MAX);
            o.flappingSeconds = line.integer(1, 86_400);
            o.banSeconds = line.integer(1, 86_400);
        });
        put(byName, "max_failed_logins", (line, o) -> {
            o.failedLogins = line.integer(0, RateLimits.COUNT_MAX);
            if (o.failedLogins == 0) {
                o.failedLoginSeconds = 0;
                o.failedLoginBanSeconds = 0;
            } else {
                o.failedLoginSeconds = line.integer(1, 86_400);
                o.failedLoginBanSeconds = line.integer(1, 86_400);
            }
        });
    }

    private static void put(Map<String, Option> byName, String name, OfProtocol option) {
        byName.put(name, (line, draft) -> option.apply(line, draft.protocol));
    }

    /** Whether it is the first of two words. */
    private static boolean choice(ConfigLine line, String first, String second) throws ConfigException {
        String word = line.word();
        if (!word.equals(first) && !word.equals(second)) {
            throw line.invalid(word, first + " or " + second);
        }
        return word.equals(first);
    }

    private static String text(ConfigLine line) throws ConfigException {
        String value = line.string();
        if (value.length() > UTF8_STRING_MAX) {
            throw line.error("the value of '" + line.name() + "' is longer than " + UTF8_STRING_MAX + " characters");
        }
        return value;
    }

    ProtocolConfig build() {
        return new ProtocolConfig(
                payloadFormatChecked,
                topicLevelsMax,
                userPropertiesMax,
                responseInformation,
                serverReference,
                serverMoved,
                new RateLimits(
                        connectsPerSecond,
                        connectsPerAddress,
                        messagesPerSecond,
                        bytesPerSecond,
                        closing,
                        flappingConnects,
                        flappingSeconds,
                        banSeconds,
                        failedLogins,
                        failedLoginSeconds,
                        failedLoginBanSeconds));
    }
}
