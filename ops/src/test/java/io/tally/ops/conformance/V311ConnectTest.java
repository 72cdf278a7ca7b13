package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 3.1.1, sections 1.5 to 3.2: data, headers, CONNECT, CONNACK. */
@Conformance
final class V311ConnectTest {
    private static Wire open(TestBroker broker) {
        return new Wire(broker.port(), 4);
    }

    // ---- 1.5 strings ----

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10 # 'MQTT' 04 02 0000 (c080)",
                "10 # 'MQTT' 04 02 0000 (61 eda080 62)",
                "10 # 'MQTT' 04 02 0000 (edbfbf)",
                "10 # 'MQTT' 04 02 0000 (ff)",
                "10 # 'MQTT' 04 02 0000 (f4908080)",
                "10 # 'MQTT' 04 06 0000 'w' (c080) 'x'",
                "10 # 'MQTT' 04 06 0000 'w' (61 eda080) 'x'",
                "10 # 'MQTT' 04 82 0000 'u' (c080)",
                "10 # 'MQTT' 04 82 0000 'u' (61 edbfbf)",
            })
    @Mqtt311({"MQTT-1.5.3-1", "MQTT-3.1.3-4", "MQTT-3.1.3-10", "MQTT-3.1.3-11", "MQTT-3.1.4-1", "MQTT-3.2.2-6"})
    void aConnectWithAStringThatIsNotUtf8IsClosedWithoutConnack(String packet, TestBroker broker) {
        open(broker).send(packet).expectClosed();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 # (c080) <x>",
                "30 # (61 eda080) <x>",
                "32 # (f4908080) 0001 <x>",
                "82 # 0001 (c080) 00",
                "82 # 0001 'a' 00 (61 eda080) 00",
                "a2 # 0001 (c080)",
                "a2 # 0001 (edbfbf)",
            })
    @Mqtt311({"MQTT-1.5.3-1", "MQTT-3.3.2-1", "MQTT-3.8.3-1", "MQTT-3.10.3-1", "MQTT-4.8.0-1"})
    void topicsAndFiltersThatAreNotUtf8CloseTheConnection(String packet, TestBroker broker) {
        broker.v4().send(packet).expectClosed();
    }

    @Test
    @Mqtt311({"MQTT-1.5.3-2", "MQTT-4.7.3-2"})
    void aNullCharacterClosesTheConnection(TestBroker broker) {
        open(broker).send("10 # 'MQTT' 04 02 0000 (61 00)").expectClosed();
        open(broker).send("10 # 'MQTT' 04 06 0000 'w' (61 00) 'x'").expectClosed();
        open(broker).send("10 # 'MQTT' 04 82 0000 'u' (00)").expectClosed();
        broker.v4().send("30 # (61 00 62) <x>").expectClosed();
        broker.v4().send("82 # 0001 (61 00 62) 00").expectClosed();
        broker.v4().send("a2 # 0001 (00)").expectClosed();
    }

    @Test
    @Mqtt311({"MQTT-1.5.3-3"})
    void aByteOrderMarkIsACharacterLikeOthers(TestBroker broker) {
        String u = broker.unique();
        Wire with = broker.v4().subscribe("\uFEFF" + u, 0);
        Wire without = broker.v4().subscribe(u, 0);
        broker.v4().publish("\uFEFF" + u, 0, "x");
        with.expect("30 # '\uFEFF" + u + "' <x>").expectNothing();
        without.expectNothing();
    }

    // ---- 2.2, 2.3 headers ----

    @ParameterizedTest
    @ValueSource(
            strings = {
                "41 02 0001",
                "52 02 0001",
                "60 02 0001",
                "63 02 0001",
                "6f 02 0001",
                "78 02 0001",
                "80 # 0001 'a' 00",
                "83 # 0001 'a' 00",
                "8a # 0001 'a' 00",
                "a0 # 0001 'a'",
                "a3 # 0001 'a'",
                "c1 00",
                "c8 00",
                "e1 00",
                "ef 00",
            })
    @Mqtt311({
        "MQTT-2.2.2-1",
        "MQTT-2.2.2-2",
        "MQTT-3.6.1-1",
        "MQTT-3.8.1-1",
        "MQTT-3.10.1-1",
        "MQTT-3.14.1-1",
        "MQTT-4.8.0-1"
    })
    void reservedHeaderFlagsCloseTheConnection(String packet, TestBroker broker) {
        broker.v4().send(packet).expectClosed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"11", "12", "18", "1f"})
    @Mqtt311({"MQTT-2.2.2-2", "MQTT-3.1.4-1", "MQTT-3.2.2-6"})
    void aConnectWithHeaderFlagsIsClosedWithoutConnack(String first, TestBroker broker) {
        open(broker).send(first + " # 'MQTT' 04 02 0000 'flags'").expectClosed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"32 # 'a' 0000 <x>", "34 # 'a' 0000 <x>", "82 # 0000 'a' 00", "a2 # 0000 'a'"})
    @Mqtt311({"MQTT-2.3.1-1", "MQTT-4.8.0-1"})
    void identifierZeroClosesTheConnection(String packet, TestBroker broker) {
        broker.v4().send(packet).expectClosed();
    }

    /** Five bytes of length, packets that a server sends, packets that are cut. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 80808080 01",
                "30 ffffffff ff",
                "00 00",
                "f0 00",
                "f0 02 18 00",
                "20 02 00 00",
                "90 03 0001 00",
                "b0 02 0001",
                "d0 00",
                "40 00",
                "40 01 00",
                "40 03 0001 00",
                "62 03 0001 00",
                "c0 01 00",
                "e0 01 00",
                "30 00",
                "30 01 00",
                "30 # 0005 61",
                "32 # 'a' 00",
                "82 02 0001",
                "82 # 0001 'a'",
                "82 # 0001 0003 61 00",
                "a2 02 0001",
                "a2 # 0001 0003 61",
            })
    @Mqtt311({"MQTT-4.8.0-1", "MQTT-3.8.3-3", "MQTT-3.10.3-2"})
    void whatIsNoPacketOfAClientClosesTheConnection(String packet, TestBroker broker) {
        broker.v4().send(packet).expectClosed();
    }

    // ---- 3.1 CONNECT, the form ----

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c0 00",
                "e0 00",
                "30 # 't' <x>",
                "32 # 't' 0001 <x>",
                "82 # 0001 't' 00",
                "20 02 00 00",
                "00 00",
                "f0 00",
            })
    @Mqtt311({"MQTT-3.1.0-1", "MQTT-4.8.0-1"})
    void anotherFirstPacketClosesTheConnection(String packet, TestBroker broker) {
        open(broker).send(packet).expectClosed();
    }

    @Test
    @Mqtt311({"MQTT-3.1.0-2", "MQTT-4.8.0-1"})
    void aSecondConnectClosesTheConnection(TestBroker broker) {
        String me = broker.unique();
        broker.v4(me, 2).send("10 # 'MQTT' 04 02 0000 '" + me + "'").expectClosed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"'MQTt'", "'mqtt'", "'MQT'", "'MQTTT'", "'MQIsdp'", "''", "'HTTP'"})
    @Mqtt311({"MQTT-3.1.2-1"})
    void anotherProtocolNameIsNotServed(String name, TestBroker broker) {
        Wire wire = open(broker).send("10 # " + name + " 04 02 0000 'name'");
        byte[] answer = wire.read();
        if (answer != null) {
            assertTrue(Notation.matches("20 02 00 01", answer), Notation.hex(answer));
            wire.expectClosed();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"00", "01", "02", "03", "84", "83"})
    @Mqtt311({"MQTT-3.1.2-2", "MQTT-3.2.2-4", "MQTT-3.2.2-5"})
    void anotherLevelIsAnsweredWithCodeOneAndTheEnd(String level, TestBroker broker) {
        open(broker)
                .send("10 # 'MQTT' " + level + " 02 0000 'level'")
                .expect("20 02 00 01")
                .expectClosed();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10 # 'MQTT' 04 03 0000 'reserved'",
                "10 # 'MQTT' 04 0a 0000 'will QoS without will'",
                "10 # 'MQTT' 04 12 0000 'will QoS without will'",
                "10 # 'MQTT' 04 22 0000 'will retain without will'",
                "10 # 'MQTT' 04 1e 0000 'will QoS 3' 'w' 'x'",
                "10 # 'MQTT' 04 42 0000 'password without user' 'p'",
            })
    @Mqtt311({
        "MQTT-3.1.2-3",
        "MQTT-3.1.2-11",
        "MQTT-3.1.2-13",
        "MQTT-3.1.2-14",
        "MQTT-3.1.2-15",
        "MQTT-3.1.2-22",
        "MQTT-3.1.4-1",
        "MQTT-3.2.2-6"
    })
    void connectFlagsThatCannotBeAreClosedWithoutConnack(String packet, TestBroker broker) {
        open(broker).send(packet).expectClosed();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10 00",
                "10 # 'MQTT'",
                "10 # 'MQTT' 04",
                "10 # 'MQTT' 04 02 00",
                "10 # 'MQTT' 04 02 0000",
                "10 # 'MQTT' 04 02 0000 0005 61",
                "10 # 'MQTT' 04 02 0000 'c' 00",
                "10 # 'MQTT' 04 02 0000 'c' 'not announced'",
                "10 # 'MQTT' 04 06 0000 'c'",
                "10 # 'MQTT' 04 06 0000 'c' 'will'",
                "10 # 'MQTT' 04 06 0000 'c' '' 'x'",
                "10 # 'MQTT' 04 06 0000 'c' 'a/+' 'x'",
                "10 # 'MQTT' 04 82 0000 'c'",
                "10 # 'MQTT' 04 c2 0000 'c' 'user'",
                "10 # 'MQTT' 04 82 0000 'c' 'user' 'password'",
            })
    @Mqtt311({
        "MQTT-3.1.4-1",
        "MQTT-3.1.3-1",
        "MQTT-3.1.3-3",
        "MQTT-3.1.2-9",
        "MQTT-3.1.2-18",
        "MQTT-3.1.2-19",
        "MQTT-3.1.2-20",
        "MQTT-3.1.2-21",
        "MQTT-3.2.2-6"
    })
    void aPayloadThatDoesNotFitTheFlagsIsClosedWithoutConnack(String packet, TestBroker broker) {
        open(broker).send(packet).expectClosed();
    }

    @Test
    @Mqtt311({"MQTT-3.1.3-1", "MQTT-3.1.2-19", "MQTT-3.1.2-21", "MQTT-3.1.4-4"})
    void allFieldsAreTaken(TestBroker broker) {
        open(broker)
                .send("10 # 'MQTT' 04 f6 003c '%s' '%s' (00ff) 'user' (00ff)"
                        .formatted(broker.unique(), broker.unique()))
                .expect("20 02 00 00")
                .expectNothing()
                .disconnect();
    }

    // ---- client ids ----

    @ParameterizedTest
    @ValueSource(strings = {"0", "ABCDEFGHIJKLMNOPQRSTUVW", "XYZabcdefghijklmnopqrst", "uvwxyz0123456789", "aé 💡/+#"})
    @Mqtt311({"MQTT-3.1.3-5", "MQTT-3.1.3-2"})
    void clientIdsAreAccepted(String id, TestBroker broker) {
        open(broker)
                .send("10 # 'MQTT' 04 02 0000 '" + id + "'")
                .expect("20 02 00 00")
                .disconnect();
    }

    @Test
    @Mqtt311({"MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.1.3-2"})
    void emptyClientIdsGetOneEach(TestBroker broker) {
        Wire one = broker.v4("", 2);
        Wire two = broker.v4("", 2);
        one.expectNothing();
        two.expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.1.3-8", "MQTT-3.1.3-9", "MQTT-3.2.2-4", "MQTT-3.2.2-5", "MQTT-3.1.3-7"})
    void anEmptyClientIdWithoutCleanSessionIsRejected(TestBroker broker) {
        open(broker).send("10 # 'MQTT' 04 00 0000 ''").expect("20 02 00 02").expectClosed();
    }

    @Test
    @Mqtt311({"MQTT-3.1.4-5", "MQTT-3.2.2-5"})
    void nothingBehindARejectedConnectIsHandled(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = broker.v4().subscribe(topic, 0);
        open(broker)
                .send("10 # 'MQTT' 04 00 0000 ''", "30 # '" + topic + "' <x>", "c0 00")
                .expect("20 02 00 02")
                .expectClosed();
        sub.expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.1.4-2", "MQTT-3.1.3-2"})
    void theOlderConnectionOfAClientIdIsClosed(TestBroker broker) {
        String me = broker.unique();
        Wire old = broker.v4(me, 2);
        Wire young = broker.v4(me, 2);
        old.expectClosed();
        young.expectNothing();
    }

    // ---- CONNACK ----

    @Test
    @Mqtt311({"MQTT-3.2.0-1", "MQTT-3.1.4-4"})
    void connackComesFirst(TestBroker broker) {
        String topic = broker.unique();
        broker.v4().subscribe(topic, 0);
        open(broker)
                .send(
                        "10 # 'MQTT' 04 02 0000 '" + broker.unique() + "'",
                        "c0 00",
                        "82 # 0001 '" + topic + "' 00",
                        "32 # '$SYS/refused' 0002 <x>",
                        "50 02 0009")
                .expect("20 02 00 00")
                .expectInAnyOrder("d0 00", "90 03 0001 00", "40 02 0002", "62 02 0009");
    }

    @Test
    @Mqtt311({"MQTT-3.2.2-1", "MQTT-3.2.2-2", "MQTT-3.2.2-3", "MQTT-3.1.4-3", "MQTT-3.1.2-4", "MQTT-3.1.2-6"})
    void sessionPresentSaysWhetherThereIsASession(TestBroker broker) {
        String me = broker.unique();
        String clean = "10 # 'MQTT' 04 02 0000 '" + me + "'";
        String keep = "10 # 'MQTT' 04 00 0000 '" + me + "'";
        open(broker).send(keep).expect("20 02 00 00").disconnect();
        open(broker).send(keep).expect("20 02 01 00").close();
        open(broker).send(keep).expect("20 02 01 00").disconnect();
        open(broker).send(clean).expect("20 02 00 00").disconnect();
        open(broker).send(keep).expect("20 02 00 00").disconnect();
    }

    @Test
    @Mqtt311({"MQTT-3.2.2-6", "MQTT-3.2.2-5"})
    void aRefusalWithoutAFittingCodeIsTheEndAlone(TestBroker broker) {
        open(broker)
                .send("10 # 'MQTT' 04 06 0000 'deep' '" + "a/".repeat(300) + "' 'x'")
                .expectClosed();
    }

    // ---- sessions ----

    @Test
    @Mqtt311({"MQTT-3.1.2-4", "MQTT-3.1.2-5", "MQTT-4.1.0-1", "MQTT-4.5.0-1", "MQTT-3.2.2-2"})
    void aKeptSessionHasItsSubscriptionsAndWhatCameForIt(TestBroker broker) {
        String me = broker.unique();
        String t = broker.unique();
        broker.v4(me, 0).subscribe(t + "/1", 1).subscribe(t + "/2", 2).disconnect();
        broker.v4().publish(t + "/1", 2, "one").publish(t + "/2", 2, "two").publish(t + "/3", 2, "no");
        Wire again = broker.v4Resumed(me)
                .expectPublish(t + "/1", 1, "one")
                .acknowledge()
                .expectPublish(t + "/2", 2, "two")
                .acknowledge();
        broker.v4().publish(t + "/1", 1, "three");
        again.expectPublish(t + "/1", 1, "three").acknowledge().expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.1.2-6", "MQTT-3.2.2-1"})
    void cleanSessionUsesNothingOfAnyEarlierSession(TestBroker broker) {
        String me = broker.unique();
        String topic = broker.unique();
        broker.v4(me, 0).subscribe(topic, 1).disconnect();
        broker.v4().publish(topic, 1, "x");
        broker.v4(me, 2).expectNothing().subscribe(topic, 1).disconnect();
        broker.v4().publish(topic, 1, "y");
        broker.v4(me, 0).expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.1.2-7"})
    void retainedMessagesOutliveTheSessionOfTheirPublisher(TestBroker broker) {
        String topic = broker.unique();
        String me = broker.unique();
        broker.v4(me, 2)
                .send("33 # '" + topic + "' 0001 <x>")
                .expect("40 02 0001")
                .disconnect();
        broker.v4(me, 2).subscribe(topic, 0).expect("31 # '" + topic + "' <x>");
    }

    // ---- wills ----

    @Test
    @Mqtt311({"MQTT-3.1.2-8", "MQTT-3.1.2-10", "MQTT-3.1.2-16"})
    void theWillIsPublishedOnceWhenTheConnectionBreaks(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v4().subscribe(topic, 2);
        for (int qos = 0; qos <= 2; qos++) {
            String me = broker.unique();
            open(broker)
                    .send("10 # 'MQTT' 04 %02x 0000 '%s' '%s' 'gone'".formatted(4 | qos << 3, me, topic))
                    .expect("20 02 00 00")
                    .close();
            watcher.expectPublish(topic, qos, "gone").acknowledge();
            broker.v4Resumed(me).close();
            watcher.expectNothing();
        }
        broker.v4().subscribe(topic, 0).expectNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"00 00", "c1 00", "30 # 'a/+' <x>", "10 # 'MQTT' 04 02 0000 'second'"})
    @Mqtt311({"MQTT-3.1.2-8", "MQTT-4.8.0-1"})
    void theWillIsPublishedWhenTheBrokerCloses(String violation, TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v4().subscribe(topic, 1);
        open(broker)
                .send("10 # 'MQTT' 04 0e 0000 '%s' '%s' 'gone'".formatted(broker.unique(), topic))
                .expect("20 02 00 00")
                .send(violation)
                .expectClosed();
        watcher.expectPublish(topic, 1, "gone").acknowledge().expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.1.2-8", "MQTT-3.1.4-2"})
    void theWillIsPublishedOnTakeOver(TestBroker broker) {
        String topic = broker.unique();
        String me = broker.unique();
        Wire watcher = broker.v4().subscribe(topic, 1);
        Wire old = open(broker)
                .send("10 # 'MQTT' 04 0c 0000 '%s' '%s' 'gone'".formatted(me, topic))
                .expect("20 02 00 00");
        broker.v4Resumed(me);
        old.expectClosed();
        watcher.expectPublish(topic, 1, "gone").acknowledge().expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.14.4-3", "MQTT-3.1.2-10"})
    void disconnectDiscardsTheWill(TestBroker broker) {
        String topic = broker.unique();
        String me = broker.unique();
        Wire watcher = broker.v4().subscribe(topic, 1);
        open(broker)
                .send("10 # 'MQTT' 04 0c 0000 '%s' '%s' 'gone'".formatted(me, topic))
                .expect("20 02 00 00")
                .disconnect();
        broker.v4Resumed(me).close();
        broker.v4(me, 2).close();
        watcher.expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.1.2-12"})
    void withoutAWillNoneIsPublished(TestBroker broker) {
        String topic = broker.unique();
        String me = broker.unique();
        Wire watcher = broker.v4().subscribe(topic, 1);
        open(broker)
                .send("10 # 'MQTT' 04 04 0000 '%s' '%s' 'gone'".formatted(me, topic))
                .expect("20 02 00 00")
                .disconnect();
        broker.v4Resumed(me).close();
        broker.v4Resumed(me).disconnect();
        watcher.expectNothing();
    }

    @Test
    @Mqtt311({"MQTT-3.1.2-16", "MQTT-3.1.2-17"})
    void theWillIsRetainedIfItsFlagSaysSo(TestBroker broker) {
        String t = broker.unique();
        Wire watcher = broker.v4().subscribe(t + "/#", 1);
        open(broker)
                .send("10 # 'MQTT' 04 2e 0000 '%s' '%s/kept' 'k'".formatted(broker.unique(), t))
                .expect("20 02 00 00")
                .close();
        watcher.expectPublish(t + "/kept", 1, "k").acknowledge();
        open(broker)
                .send("10 # 'MQTT' 04 0e 0000 '%s' '%s/not' 'n'".formatted(broker.unique(), t))
                .expect("20 02 00 00")
                .close();
        watcher.expectPublish(t + "/not", 1, "n").acknowledge();
        broker.v4().subscribe(t + "/+", 0).expect("31 # '" + t + "/kept' <k>").expectNothing();
    }

    // ---- keep alive ----

    @Test
    @Mqtt311({"MQTT-3.1.2-24", "MQTT-3.1.2-8", "MQTT-3.1.2-23"})
    void whoIsSilentForOneAndAHalfKeepAlivesIsCutOff(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v4().subscribe(topic, 1);
        Wire silent = open(broker)
                .send("10 # 'MQTT' 04 0e 0001 '%s' '%s' 'gone'".formatted(broker.unique(), topic))
                .expect("20 02 00 00");
        for (int i = 0; i < 3; i++) {
            Clock.pass(700);
            silent.send("c0 00").expect("d0 00");
        }
        watcher.expectNothing();
        silent.expectClosed();
        watcher.expectPublish(topic, 1, "gone").acknowledge();
    }
}
