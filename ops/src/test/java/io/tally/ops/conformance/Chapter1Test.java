package io.tally.ops.conformance;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, chapter 1: how data are represented. */
@Conformance
final class Chapter1Test {
    private static final int MALFORMED = 0x81;

    @Mqtt5("MQTT-1.5.4-1")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "(80)",
                "(61 80)",
                "(c0 80)",
                "(c1 81)",
                "(e2 82)",
                "(e0 80 af)",
                "(ed a0 80)",
                "(ed b0 80)",
                "(ed bf bf)",
                "(ed a0 bd ed b8 80)",
                "(f0 80 80 af)",
                "(f4 90 80 80)",
                "(f8 88 80 80 80)",
                "(fe)",
                "(ff)",
            })
    void whatIsNotUtf8IsMalformedInEveryString(String text, TestBroker broker) {
        broker.v5().send("30 # " + text + " [] <x>").expectDisconnect(MALFORMED);
        broker.v5().send("30 # 'a' [03 " + text + "] <x>").expectDisconnect(MALFORMED);
        broker.v5().send("30 # 'a' [08 " + text + "] <x>").expectDisconnect(MALFORMED);
        broker.v5().send("82 # 0001 [] " + text + " 00").expectDisconnect(MALFORMED);
        broker.v5().send("a2 # 0001 [] " + text).expectDisconnect(MALFORMED);
        broker.v5().send("e0 # 00 [1f " + text + "]").expectDisconnect(MALFORMED);
        refusesConnect(broker, "10 # 'MQTT' 05 02 0000 [] " + text);
        refusesConnect(broker, "10 # 'MQTT' 05 82 0000 [] 'c' " + text);
        refusesConnect(broker, "10 # 'MQTT' 05 06 0000 [] 'c' [] " + text + " (78)");
    }

    @Mqtt5("MQTT-1.5.4-1")
    @ParameterizedTest
    @ValueSource(strings = {"7f", "c2 80", "df bf", "e0 a0 80", "ed 9f bf", "ee 80 80", "f0 90 80 80", "f4 8f bf bd"})
    void everyCodePointButSurrogatesIsTakenAndPassedOn(String character, TestBroker broker) {
        String topic = "(<" + broker.unique() + "> " + character + ")";
        Wire client = broker.v5();
        client.send("82 # 0001 [] " + topic + " 00").expect("90 # 0001 [] 00");
        client.send("30 # " + topic + " [03 (" + character + ")] <x>");
        client.expect("30 # " + topic + " [03 (" + character + ")] <x>");
    }

    @Mqtt5("MQTT-1.5.4-2")
    @ParameterizedTest
    @ValueSource(strings = {"(00)", "(61 00)", "(00 61)", "(61 2f 00 2f 62)"})
    void theNullCharacterIsMalformedInEveryString(String text, TestBroker broker) {
        broker.v5().send("30 # " + text + " [] <x>").expectDisconnect(MALFORMED);
        broker.v5().send("30 # 'a' [03 " + text + "] <x>").expectDisconnect(MALFORMED);
        broker.v5().send("82 # 0001 [] " + text + " 00").expectDisconnect(MALFORMED);
        broker.v5().send("a2 # 0001 [] " + text).expectDisconnect(MALFORMED);
        refusesConnect(broker, "10 # 'MQTT' 05 02 0000 [] " + text);
        refusesConnect(broker, "10 # 'MQTT' 05 82 0000 [] 'c' " + text);
        refusesConnect(broker, "10 # 'MQTT' 05 06 0000 [] 'c' [] " + text + " (78)");
    }

    @Mqtt5("MQTT-1.5.4-3")
    @Test
    void theZeroWidthNoBreakSpaceIsACharacterLikeOthers(TestBroker broker) {
        String name = broker.unique();
        String marked = "(ef bb bf <" + name + "> ef bb bf)";
        Wire client = broker.v5().subscribe(name, 0);
        client.send("82 # 0001 [] " + marked + " 00").expect("90 # 0001 [] 00");
        client.send("30 # '" + name + "' [] <plain>").expect("30 # '" + name + "' [] <plain>");
        client.send("30 # " + marked + " [] <marked>").expect("30 # " + marked + " [] <marked>");
        client.expectNothing();
    }

    @Mqtt5("MQTT-1.5.4-3")
    @Test
    void aClientIdThatBeginsWithAByteOrderMarkIsAnotherOne(TestBroker broker) {
        String id = broker.unique();
        Wire plain = broker.v5(id, 2, "");
        broker.open().send("10 # 'MQTT' 05 02 0000 [] (ef bb bf <" + id + ">)").expect("20 # 00 00 {}");
        plain.expectNothing();
    }

    @Mqtt5("MQTT-1.5.5-1")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 85 00 0001 61 00 78", // remaining length 5 in two bytes
                "c0 80 00",
                "30 # 'a' 80 00 <x>", // property length 0 in two bytes
                "82 # 0001 83 00 0b 81 00 'a' 00",
                "82 # 0001 [0b 81 00] 'a' 00", // subscription identifier 1 in two bytes
                "82 # 0001 [0b 81 80 80 00] 'a' 00",
            })
    void aLongerFormOfAVariableByteIntegerIsMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(MALFORMED);
    }

    @Mqtt5("MQTT-1.5.5-1")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 ff ff ff ff 7f",
                "30 80 80 80 80 01",
                "82 # 0001 [0b ff ff ff ff 01] 'a' 00",
                "30 # 'a' ff ff ff ff 7f <x>",
            })
    void aFifthByteIsMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(MALFORMED);
    }

    @Mqtt5("MQTT-1.5.5-1")
    @ParameterizedTest
    @ValueSource(strings = {"01", "7f", "80 01", "ff 7f", "80 80 01", "ff ff 7f", "80 80 80 01", "ff ff ff 7f"})
    void theShortestFormIsTakenAndGivenOut(String identifier, TestBroker broker) {
        String topic = broker.unique();
        broker.v5()
                .subscribe(topic, 0, "0b " + identifier)
                .publish(topic, 0, "x")
                .expect("30 # '" + topic + "' [0b " + identifier + "] <x>");
    }

    @Mqtt5("MQTT-1.5.5-1")
    @ParameterizedTest
    @ValueSource(ints = {60, 127, 128, 200, 16_380, 16_383, 16_384, 16_400})
    void remainingLengthsAreGivenOutInTheirShortestForm(int bytes, TestBroker broker) {
        String topic = broker.unique();
        String payload = "x".repeat(bytes - topic.length() - 3);
        broker.v5().subscribe(topic, 0).publish(topic, 0, payload).expect("30 # '" + topic + "' [] <" + payload + ">");
    }

    @Mqtt5("MQTT-1.5.7-1")
    @ParameterizedTest
    @ValueSource(strings = {"(c0 80) 'v'", "'n' (c0 80)", "(61 00) 'v'", "'n' (00)", "(ed a0 80) 'v'", "'n' (ff)"})
    void bothHalvesOfAPairAreChecked(String pair, TestBroker broker) {
        broker.v5().send("30 # 'a' [26 " + pair + "] <x>").expectDisconnect(MALFORMED);
        broker.v5().send("82 # 0001 [26 " + pair + "] 'a' 00").expectDisconnect(MALFORMED);
        broker.v5().send("a2 # 0001 [26 " + pair + "] 'a'").expectDisconnect(MALFORMED);
        broker.v5().send("e0 # 00 [26 " + pair + "]").expectDisconnect(MALFORMED);
        refusesConnect(broker, "10 # 'MQTT' 05 02 0000 [26 " + pair + "] 'c'");
        refusesConnect(broker, "10 # 'MQTT' 05 06 0000 [] 'c' [26 " + pair + "] 'w' (78)");
    }

    private static void refusesConnect(TestBroker broker, String connect) {
        broker.open().send(connect).expectConnectRefused(MALFORMED);
    }
}
