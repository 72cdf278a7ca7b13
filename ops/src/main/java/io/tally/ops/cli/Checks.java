package io.tally.ops.cli;

import com.hivemq.client.mqtt.datatypes.MqttTopic;
import com.hivemq.client.mqtt.datatypes.MqttTopicFilter;

/** Checks of flags; all throw IllegalArgumentException with a message for a person. */
final class Checks {
    private Checks() {}

    static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    static MqttTopic topic(String text, String what) {
        try {
            return MqttTopic.of(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "' is no valid " + what + "; does it hold + or #?", e);
        }
    }

    static MqttTopicFilter filter(String text, String what) {
        try {
            return MqttTopicFilter.of(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no valid " + what + "; + must be a whole level, # the whole last one", e);
        }
    }
}
