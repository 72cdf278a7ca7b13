package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 3.10 and 3.11: UNSUBSCRIBE and UNSUBACK. */
@Conformance
final class V5UnsubscribeTest {
    @ParameterizedTest
    @ValueSource(strings = {"a0", "a1", "a3", "a4", "a6", "aa", "af"})
    @Mqtt5({"MQTT-3.10.1-1", "MQTT-2.1.3-1", "MQTT-4.13.1-1"})
    void otherFlagsAreMalformed(String first, TestBroker broker) {
        broker.v5().send(first + " # 0001 [] 'a'").expectDisconnect(0x81);
    }

    @ParameterizedTest
    @ValueSource(strings = {"(c080)", "(61 eda080)", "(ff)", "(61 00)"})
    @Mqtt5({"MQTT-3.10.3-1", "MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-4.7.3-2", "MQTT-4.13.1-1"})
    void aFilterThatIsNoUtf8StringClosesTheConnection(String filter, TestBroker broker) {
        broker.v5().send("a2 # 0001 [] " + filter).expect("e0 # 8? ..").expectClosed();
    }

    @Test
    @Mqtt5({"MQTT-3.10.3-2", "MQTT-4.13.1-1"})
    void noFilterIsAProtocolError(TestBroker broker) {
        broker.v5().send("a2 # 0001 []").expectDisconnect(0x82);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {"a2 00, 81", "a2 01 00, 81", "a2 02 0001, 81", "a2 # 0001 [] 0005 61, 81", "a2 # 0000 [] 'a', 82"})
    @Mqtt5({"MQTT-4.13.1-1", "MQTT-2.2.1-3"})
    void whatIsCutOrHasIdentifierZeroClosesTheConnection(String packet, String code, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(Integer.parseInt(code, 16));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0b 01", "1f 'why'", "11 00000001", "26 'k'"})
    @Mqtt5({"MQTT-4.13.1-1"})
    void propertiesOtherThanUserPropertyAreMalformed(String properties, TestBroker broker) {
        broker.v5().send("a2 # 0001 [" + properties + "] 'a'").expectDisconnect(0x81);
    }

    @Test
    @Mqtt5({"MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-2.2.1-6", "MQTT-2.2.2-1"})
    void unsubackRepeatsTheIdentifierEvenWhenNothingWasDeleted(TestBroker broker) {
        String topic = broker.unique();
        broker.v5()
                .subscribe(topic, 1)
                .send("a2 # 8001 [26 'k' '1' 26 'k' '2'] '" + topic + "'")
                .expect("b0 # 8001 [] 00")
                .send("a2 # ffff [] '" + topic + "'")
                .expect("b0 # ffff [] 11");
    }

    @Test
    @Mqtt5({"MQTT-3.10.4-1"})
    void onlyTheVerySameFilterIsDeleted(TestBroker broker) {
        String t = broker.unique();
        Wire sub = broker.v5().subscribe(t + "/+", 0);
        sub.send("a2 # 0001 [] '%s/a' '%s/#' '%s' '%s/+' '%s/+/'".formatted(t, t, t, t.toUpperCase(), t))
                .expect("b0 # 0001 [] 11 11 11 11 11")
                .publish(t + "/a", 0, "still")
                .expectPublish(t + "/a", 0, "still")
                .send("a2 # 0002 [] '" + t + "/+'")
                .expect("b0 # 0002 [] 00")
                .publish(t + "/a", 0, "gone")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.10.4-1"})
    void sharedAndPlainSubscriptionsOfAFilterAreTwoFilters(TestBroker broker) {
        String t = broker.unique();
        Wire sub = broker.v5().subscribe("$share/g/" + t, 0).subscribe(t, 0);
        sub.send("a2 # 0001 [] '$share/h/" + t + "'").expect("b0 # 0001 [] 11");
        sub.send("a2 # 0002 [] '" + t + "'").expect("b0 # 0002 [] 00");
        sub.publish(t, 0, "shared").expectPublish(t, 0, "shared");
        sub.send("a2 # 0003 [] '$share/g/" + t + "'").expect("b0 # 0003 [] 00");
        sub.publish(t, 0, "gone").expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.10.4-6", "MQTT-3.11.3-1", "MQTT-3.11.3-2", "MQTT-3.10.4-5"})
    void oneUnsubackHasACodeForEachFilterInTheirOrder(TestBroker broker) {
        String t = broker.unique();
        broker.v5()
                .subscribe(t + "/1", 0)
                .subscribe(t + "/3", 0)
                .send("a2 # 0102 [] '%s/1' '%s/2' '%s/3' '%s/1'".formatted(t, t, t, t))
                .expect("b0 # 0102 [] 00 11 00 11");
    }

    @Test
    @Mqtt5({"MQTT-3.10.4-2"})
    void noNewMessageIsSentOrQueuedForTheClient(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        Wire sub = broker.v5(me, 2, "11 ffffffff").subscribe(topic, 2);
        sub.send("a2 # 0001 [] '" + topic + "'").expect("b0 # 0001 [] 00");
        Wire pub = broker.v5().publish(topic, 0, "x").publish(topic, 1, "x").publish(topic, 2, "x");
        sub.expectNothing().disconnect();
        pub.publish(topic, 1, "x");
        broker.v5Resumed(me).expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.10.4-3"})
    void deliveriesThatHaveBegunAreCompleted(TestBroker broker) {
        String t = broker.unique();
        Wire sub = broker.v5().subscribe(t + "/+", 2);
        broker.v5().publish(t + "/1", 1, "one").publish(t + "/2", 2, "two").publish(t + "/3", 2, "three");
        sub.expectPublish(t + "/1", 1, "one");
        final String one = sub.id();
        sub.expectPublish(t + "/2", 2, "two");
        final String two = sub.id();
        sub.expectPublish(t + "/3", 2, "three");
        final String three = sub.id();
        sub.send("50 02 " + three).expect("62 02 " + three);
        sub.send("a2 # 0001 [] '" + t + "/+'").expect("b0 # 0001 [] 00");
        sub.send("40 02 " + one, "50 02 " + two, "70 02 " + three)
                .expect("62 02 " + two)
                .send("70 02 " + two)
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.10.4-3", "MQTT-4.4.0-1"})
    void deliveriesThatHaveBegunAreCompletedOnTheNextConnection(TestBroker broker) {
        String me = broker.unique();
        String t = broker.unique();
        Wire sub = broker.v5(me, 2, "11 ffffffff").subscribe(t + "/+", 2);
        broker.v5().publish(t + "/1", 1, "one").publish(t + "/2", 2, "two");
        sub.expectPublish(t + "/1", 1, "one");
        final String one = sub.id();
        sub.expectPublish(t + "/2", 2, "two");
        final String two = sub.id();
        sub.send("a2 # 0001 [] '" + t + "/+'").expect("b0 # 0001 [] 00").close();
        broker.v5Resumed(me)
                .expect("3a # '%s/1' %s {} <one>".formatted(t, one))
                .acknowledge()
                .expect("3c # '%s/2' %s {} <two>".formatted(t, two))
                .acknowledge()
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.11.2-1", "MQTT-3.11.2-2"})
    void unsubackFitsTheClientsMaximumPacketSize(TestBroker broker) {
        Wire small = broker.v5("27 00000018");
        small.send("a2 # 0001 [] 'none/of/these' 'nor/this'").expect("b0 # 0001 {} 11 11");
        assertTrue(small.last().length <= 24, Notation.hex(small.last()));
    }

    @Test
    @Mqtt5({"MQTT-3.1.2-24"})
    void anUnsubackTooLargeForTheClientIsNotSent(TestBroker broker) {
        broker.v5("27 00000018").send("a2 # 0001 [] " + "'a'".repeat(20)).expectDisconnect(0x95);
    }
}
