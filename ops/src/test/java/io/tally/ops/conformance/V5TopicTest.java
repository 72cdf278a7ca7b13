package io.tally.ops.conformance;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, section 4.7: topic names and topic filters. */
@Conformance
final class V5TopicTest {
    @ParameterizedTest
    @ValueSource(strings = {"+", "#", "a/+", "a/#", "a+", "#a", "a/+/b", "+/"})
    @Mqtt5({"MQTT-4.7.0-1", "MQTT-3.3.2-2", "MQTT-4.13.1-1"})
    void aTopicNameWithWildcardsClosesTheConnection(String topic, TestBroker broker) {
        broker.v5().send("30 # '" + topic + "' [] <x>").expectDisconnect(0x90);
        broker.v5().send("32 # '" + topic + "' 0001 [] <x>").expectDisconnect(0x90);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a#", "#a", "a/#/b", "#/", "##", "/#/", "a/b#", "a/#b", "+#", "#+", "#/+"})
    @Mqtt5({"MQTT-4.7.1-1", "MQTT-4.13.1-1"})
    void aMultiLevelWildcardStandsAloneAndLast(String filter, TestBroker broker) {
        broker.v5()
                .send("82 # 0001 [] '" + filter + "' 00")
                .expect("e0 # 8? ..")
                .expectClosed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a+", "+a", "a/b+", "a/+b/c", "++", "+a/b", "a/++/b"})
    @Mqtt5({"MQTT-4.7.1-2", "MQTT-4.13.1-1"})
    void aSingleLevelWildcardFillsItsLevel(String filter, TestBroker broker) {
        broker.v5()
                .send("82 # 0001 [] '" + filter + "' 00")
                .expect("e0 # 8? ..")
                .expectClosed();
    }

    /** U is a word of this test. */
    @ParameterizedTest
    @CsvSource({
        "U, U, true",
        "U, U/, false",
        "U, /U, false",
        "U/#, U, true",
        "U/#, U/, true",
        "U/#, U/a, true",
        "U/#, U/a/b/c, true",
        "U/#, Ua, false",
        "U/+, U/a, true",
        "U/+, U/, true",
        "U/+, U, false",
        "U/+, U/a/b, false",
        "+/U, a/U, true",
        "+/U, /U, true",
        "/+/U, /a/U, true",
        "/+/U, a/U, false",
        "U/+/b, U/a/b, true",
        "U/+/b, U//b, true",
        "U/+/b, U/b, false",
        "U/+/+/#, U/a/b, true",
        "U/+/+/#, U/a/b/c/d, true",
        "U/+/+/#, U/a, false",
        "+/+/U, a/b/U, true",
        "+/U/#, a/U, true",
        "/U, /U, true",
        "U//, U//, true",
        "U//, U/, false",
        "U/+/, U/a/, true",
        "U/+/, U/a, false",
        "$U/#, $U/a, true",
        "$U/+, $U/a, true",
        "+/U, $x/U, false",
        "+/U/#, $x/U/a, false",
        "U/+, U/$x, true",
        "U/#, U/$SYS/a, true",
    })
    @Mqtt5({"MQTT-4.7.1-1", "MQTT-4.7.1-2", "MQTT-4.7.2-1", "MQTT-4.7.3-4", "MQTT-3.3.2-3"})
    void filtersMatch(String filter, String topic, boolean matches, TestBroker broker) {
        String u = broker.unique();
        Wire sub = broker.v5().subscribe(filter.replace("U", u), 1);
        broker.v5().publish(topic.replace("U", u), 1, "x");
        if (matches) {
            sub.expectPublish(topic.replace("U", u), 1, "x").acknowledge();
        }
        sub.expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.7.2-1"})
    void theFilterOfAllTopicsDoesNotMatchThoseThatBeginWithADollar(
            @Config("max_subscriptions_per_session 2") TestBroker broker) {
        String u = broker.unique();
        Wire sub = broker.v5().subscribe("#", 1);
        broker.v5()
                .publish("$" + u, 1, "x")
                .publish("$" + u + "/a", 1, "x")
                .publish(u, 1, "x")
                .publish("/" + u, 1, "x");
        sub.expectPublish(u, 1, "x")
                .acknowledge()
                .expectPublish("/" + u, 1, "x")
                .acknowledge()
                .expectNothing();
    }

    /** Also of retained messages, which are looked for the other way round. */
    @Test
    @Mqtt5({"MQTT-4.7.2-1", "MQTT-3.3.1-9"})
    void wildcardsDoNotFindRetainedMessagesThatBeginWithADollar(TestBroker broker) {
        String u = broker.unique();
        broker.v5().publish("$x/" + u, 1 | 16, "", "x");
        broker.v5()
                .subscribe("+/" + u, 1)
                .expectNothing()
                .send("82 # 0001 [] '$x/+' 01")
                .expect("90 # 0001 [] 01")
                .expect("33 # '$x/" + u + "' ???? [] <x>");
        broker.v5().publish("$x/" + u, 1 | 16, "", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"é", "e\u0301", "É", "ﬀ", "ff", "a b", " ", "a/b ", "\uFEFFa", "a", "A", "\u200B", "💡"})
    @Mqtt5({"MQTT-4.7.3-4", "MQTT-1.5.4-3"})
    void topicsAreComparedWithoutNormalisation(String suffix, TestBroker broker) {
        String u = broker.unique();
        Wire sub = broker.v5().subscribe(u + "/" + suffix, 1);
        Wire pub = broker.v5();
        for (String other :
                new String[] {"é", "e\u0301", "É", "ﬀ", "ff", "a b", " ", "\uFEFFa", "a", "A", "\u200B", "💡"}) {
            pub.publish(u + "/" + other, 1, "x");
        }
        if (!suffix.equals("a/b ")) {
            sub.expectPublish(u + "/" + suffix, 1, "x").acknowledge();
        }
        sub.expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.7.3-1", "MQTT-4.13.1-1"})
    void anEmptyTopicNameOrFilterClosesTheConnection(TestBroker broker) {
        broker.v5().send("30 # '' [] <x>").expectDisconnect(0x82);
        broker.v5().send("82 # 0001 [] '' 00").expect("e0 # 8? ..").expectClosed();
        broker.v5().send("a2 # 0001 [] ''").expect("e0 # 8? ..").expectClosed();
    }

    @Test
    @Mqtt5({"MQTT-4.7.3-2", "MQTT-1.5.4-2", "MQTT-4.13.1-1"})
    void aNullCharacterClosesTheConnection(TestBroker broker) {
        broker.v5().send("30 # (61 00 62) [] <x>").expectDisconnect(0x81);
        broker.v5().send("82 # 0001 [] (61 00 62) 00").expect("e0 # 8? ..").expectClosed();
        broker.v5().send("a2 # 0001 [] (00)").expect("e0 # 8? ..").expectClosed();
    }

    @Test
    @Mqtt5({"MQTT-4.7.3-3"})
    void topicsOfTheLargestLengthAreCarried(TestBroker broker) {
        String start = broker.unique();
        String topic = start + "x".repeat(65_535 - start.length());
        Wire sub = broker.v5().subscribe(topic, 1);
        broker.v5().publish(topic, 1, "x");
        sub.expectPublish(topic, 1, "x").acknowledge().expectNothing();
    }
}
