package io.tally.ops.conformance;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, chapter 1: how data are represented. */
@Conformance
final class Chapter1Test {
    private static final int MALFORMED = 0x81;

    @Mqtt5("MQTT-1.5.4-1")
    @ParameterizedTest
    @ValueSource(
            strings = {"(61 80)", "(c0 80)", "(e2 82)", "(ed a0 80)", "(ed bf bf)", "(f4 90 80 80)", "(f8 88 80 80 80)"
            })
    void aTopicNameThatIsNotUtf8IsMalformed(String topic, TestBroker broker) {
        broker.v5().send("30 # " + topic + " [] <x>").expectDisconnect(MALFORMED);
    }
}
