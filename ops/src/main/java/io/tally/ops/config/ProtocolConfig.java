package io.tally.ops.config;

import io.tally.protocol.listener.RateLimits;
import io.tally.protocol.topic.TopicFilters;

/**
 * What clients may send and how fast, and what they are told, whatever their listener.
 *
 * @param payloadFormatChecked whether payloads that are said to be UTF-8 must be
 * @param topicLevelsMax levels of a topic name or filter
 * @param userPropertiesMax in one packet
 * @param responseInformation for 5.0 clients that ask for it; empty = none
 * @param serverReference where every client is sent instead; empty = nowhere
 * @param serverMoved whether it is to stay there
 * @param rates how much may happen in a time
 */
public record ProtocolConfig(
        boolean payloadFormatChecked,
        int topicLevelsMax,
        int userPropertiesMax,
        String responseInformation,
        String serverReference,
        boolean serverMoved,
        RateLimits rates) {
    /** What the topic tree is built for. */
    public static final int TOPIC_LEVELS_MAX = TopicFilters.LEVELS_MAX_DEFAULT;

    public static final ProtocolConfig DEFAULT =
            new ProtocolConfig(false, TOPIC_LEVELS_MAX, Integer.MAX_VALUE, "", "", false, RateLimits.NONE);

    public ProtocolConfig {
        Range.check(topicLevelsMax, 1, TOPIC_LEVELS_MAX, "max_topic_levels");
        Range.check(userPropertiesMax >= 0, "max_user_properties is negative");
    }
}
