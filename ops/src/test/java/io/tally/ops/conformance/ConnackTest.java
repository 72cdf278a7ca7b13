package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, section 3.2, and what CONNECT asks of later packets (3.1.2.11): sizes, aliases, information asked for. */
@Conformance
final class ConnackTest {
    private static final int CLEAN = 2;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final int RETAIN_NOT_SUPPORTED = 0x9A;
    private static final int QOS_NOT_SUPPORTED = 0x9B;
    private static final String NO_RETAIN = "retain_available false";
    private static final String LONG = "11 000003e8";

    @Mqtt5({"MQTT-3.2.0-1", "MQTT-3.2.2-1"})
    @Test
    void connackComesBeforeWhatWasQueued(TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, CLEAN, LONG).subscribe(id, 1).close();
        broker.v5().publish(id, 1, "x");
        broker.open()
                .send("10 # 'MQTT' 05 00 0000 [" + LONG + "] '" + id + "'", "c0 00")
                .expect("20 # 01 00 {}")
                .expectInAnyOrder("32 # '" + id + "' ???? [] <x>", "d0 00");
    }

    @Mqtt5({"MQTT-3.2.2-1", "MQTT-3.1.2-28"})
    @ParameterizedTest
    @ValueSource(strings = {"", "19 00", "19 01"})
    void flagsBut0And1AreZeroAndNoResponseInformationComesUnasked(String asked, TestBroker broker) {
        Wire client = broker.open()
                .send("10 # 'MQTT' 05 02 0000 [" + asked + "] '" + broker.unique() + "'")
                .expect("20 # 00 00 {}");
        if (!asked.endsWith("1")) {
            client.noProperty(0x1A);
        }
    }

    @Mqtt5({"MQTT-3.2.2-6", "MQTT-3.2.2-7", "MQTT-3.2.2-8", "MQTT-3.1.4-2", "MQTT-4.13.2-1"})
    @ParameterizedTest
    @CsvSource({"00, 21 0000, 82", "00, 7f, 81", "01, '', 81", "38, '', 81"})
    void aRefusalHasNoSessionAndCloses(String flags, String properties, String code, TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, CLEAN, LONG).disconnect();
        broker.open()
                .send("10 # 'MQTT' 05 " + flags + " 0000 [" + properties + "] '" + id + "'")
                .expect("20 # 00 " + code + " {}")
                .expectClosed();
        broker.open().send("10 # 'MQTT' 05 00 0000 [] '" + id + "'").expect("20 # 01 00 {}");
    }

    @Mqtt5({"MQTT-3.2.2-13", "MQTT-3.2.2-6", "MQTT-3.2.2-7"})
    @Test
    void aRetainedWillIsRefusedWhereNothingIsRetained(@Config(NO_RETAIN) TestBroker broker) {
        broker.open()
                .send(TestBroker.connectWithWill("c", 0x26, "", "[] 'w' (78)"))
                .expectConnectRefused(RETAIN_NOT_SUPPORTED);
        broker.v5().subscribe("w", 0).expectNothing();
    }

    @Mqtt5({"MQTT-3.2.2-13", "MQTT-3.2.2-14"})
    @Test
    void whereNothingIsRetainedConnackSaysSoAndRetainEndsTheConnection(@Config(NO_RETAIN) TestBroker broker) {
        String topic = broker.unique();
        Wire client =
                broker.open().send("10 # 'MQTT' 05 02 0000 [] '" + topic + "'").expect("20 # 00 00 {25 00}");
        client.send("31 # '" + topic + "' [] <x>").expectDisconnect(RETAIN_NOT_SUPPORTED);
        broker.v5().subscribe(topic, 0).expectNothing();
    }

    @Mqtt5({"MQTT-3.2.2-9", "MQTT-3.2.2-10", "MQTT-3.2.2-11"})
    @Test
    void aServerWithALowerQosSaysSoAndHoldsToIt(@Config("max_qos 1") TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.open()
                .send("10 # 'MQTT' 05 02 0000 [] '" + broker.unique() + "'")
                .expect("20 # 00 00 {24 01}");
        for (int qos = 0; qos <= 2; qos++) {
            client.send("82 # 0001 [] '" + topic + "' 0" + qos).expect("90 # 0001 [] 0" + Math.min(1, qos));
        }
        client.send("34 # '" + topic + "' 0001 [] <x>").expectDisconnect(QOS_NOT_SUPPORTED);
    }

    @Mqtt5({"MQTT-3.2.2-9", "MQTT-3.2.2-10", "MQTT-3.2.2-11"})
    @Test
    void aServerOfQos0OnlySaysSoAndHoldsToIt(@Config("max_qos 0") TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.open()
                .send("10 # 'MQTT' 05 02 0000 [] '" + broker.unique() + "'")
                .expect("20 # 00 00 {24 00}");
        client.send("82 # 0001 [] '" + topic + "' 02").expect("90 # 0001 [] 00");
        client.send("32 # '" + topic + "' 0001 [] <x>").expectDisconnect(QOS_NOT_SUPPORTED);
    }

    @Mqtt5({"MQTT-3.2.2-12", "MQTT-3.2.2-6", "MQTT-3.2.2-7"})
    @Test
    void aWillOfAHigherQosIsRefused(@Config("max_qos 1") TestBroker broker) {
        String id = broker.unique();
        String will = "[] '" + id + "' (78)";
        broker.open().send(TestBroker.connectWithWill(id, 0x16, "", will)).expectConnectRefused(QOS_NOT_SUPPORTED);
        broker.open().send(TestBroker.connectWithWill(id, 0x0e, "", will)).expect("20 # 00 00 {24 01}");
    }

    @Mqtt5({"MQTT-3.1.3-8", "MQTT-3.2.2-7"})
    @ParameterizedTest
    @ValueSource(strings = {"00", "02"})
    void whereClientsMustHaveAnIdAnEmptyOneIsRefused(
            String flags, @Config("allow_zero_length_clientid false") TestBroker broker) {
        broker.open().send("10 # 'MQTT' 05 " + flags + " 0000 [] ''").expectConnectRefused(0x85);
    }

    @Mqtt5("MQTT-3.2.2-10")
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void everyQosMayBeSubscribed(int qos, TestBroker broker) {
        broker.v5().subscribe(broker.unique(), qos);
    }

    @Mqtt5({"MQTT-3.2.2-15", "MQTT-4.13.1-1"})
    @Test
    void aPacketAboveTheServersMaximumEndsTheConnection(@Config("max_packet_size 1000") TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic, 0);
        Wire client = broker.open()
                .send("10 # 'MQTT' 05 02 0000 [] '" + broker.unique() + "'")
                .expect("20 # 00 00 {27 000003e8}");
        String fits = "x".repeat(1000 - 6 - topic.length());
        client.send("30 # '" + topic + "' [] <" + fits + ">");
        watcher.expectPublish(topic, 0, fits);
        client.send("30 # '" + topic + "' [] <" + fits + "x>").expectDisconnect(0x95);
        watcher.expectNothing();
    }

    @Mqtt5({"MQTT-3.2.2-17", "MQTT-3.3.2-9"})
    @Test
    void anAliasAboveTheServersMaximumEndsTheConnection(TestBroker broker) {
        Wire client = broker.v5();
        int most = client.numberOr(0x22, 0);
        if (most < 65_535) {
            client.send("30 # 'a' [23 %04x] <x>".formatted(most + 1)).expectDisconnect(0x94);
        }
        broker.v5().send("30 # 'a' [23 0000] <x>").expectDisconnect(0x94);
    }

    @Mqtt5({"MQTT-3.2.2-19", "MQTT-3.2.2-20"})
    @ParameterizedTest
    @ValueSource(ints = {5, 6, 8, 10, 16})
    void noConnackIsLargerThanTheClientAllows(int most, TestBroker broker) {
        String refused = "10 # 'MQTT' 05 26 0000 [27 %08x 19 02] 'c' [] 'w' (78)".formatted(most);
        expectAtMost(most, broker.open().send(refused));
    }

    @Mqtt5({"MQTT-3.1.2-24", "MQTT-3.2.2-19"})
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 5, 6, 8, 10, 16, 20})
    void anAcceptingConnackIsNotLargerThanTheClientAllowsEither(int most, TestBroker broker) {
        String accepted = "10 # 'MQTT' 05 02 0000 [27 %08x] ''".formatted(most);
        expectAtMost(most, broker.open().send(accepted));
    }

    @Mqtt5({"MQTT-3.1.2-24", "MQTT-3.1.2-25"})
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aMessageThatIsTooLargeIsDroppedForThisClientOnly(int qos, TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        Wire small = broker.v5(id, CLEAN, "27 00000080 " + LONG).subscribe(topic, qos);
        Wire large = broker.v5().subscribe(topic, qos);
        String fits = "x".repeat(128 - 5 - topic.length() - (qos == 0 ? 0 : 2));
        broker.v5().publish(topic, qos, fits + "x").publish(topic, qos, fits);
        small.expectPublish(topic, qos, fits).acknowledge().expectNothing();
        assertEquals(128, small.largest());
        large.expectPublish(topic, qos, fits + "x").acknowledge();
        large.expectPublish(topic, qos, fits).acknowledge();
        small.close();
        broker.v5(id, 0, "").expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-24", "MQTT-3.1.2-25", "MQTT-4.9.0-2"})
    @Test
    void messagesThatAreTooLargeTakeNoPlaceInTheWindow(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5("27 00000080 21 0001").subscribe(topic, 2);
        Wire publisher = broker.v5();
        for (int i = 0; i < 5; i++) {
            publisher.publish(topic, 1 + i % 2, "x".repeat(200));
        }
        publisher.publish(topic, 1, "small");
        client.expectPublish(topic, 1, "small").acknowledge();
        client.expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-24", "MQTT-3.1.2-25"})
    @Test
    void aQueuedAndARetainedMessageThatAreTooLargeAreDroppedToo(TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        broker.v5(id, CLEAN, LONG).subscribe(topic, 1).close();
        String large = "x".repeat(300);
        broker.v5().publish(topic, 1, large).publish(topic, 1, "small").publish(topic + "/r", 1 + 16, "", large);
        Wire client = broker.v5(id, 0, "27 00000080 " + LONG);
        client.expectPublish(topic, 1, "small").acknowledge();
        client.subscribe(topic + "/r", 1).expectNothing();
        client.close();
        broker.v5(id, 0, "").expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-24", "MQTT-3.1.2-25"})
    @Test
    void propertiesCountTowardsTheSize(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5("27 00000080").subscribe(topic, 0);
        broker.v5()
                .publish(topic, 0, "26 'name' '" + "v".repeat(100) + "'", "x")
                .publish(topic, 0, "26 'name' 'v'", "y");
        client.expect("30 # '" + topic + "' [26 'name' 'v'] <y>").expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-27", "MQTT-3.3.2-11"})
    @ParameterizedTest
    @ValueSource(strings = {"", "22 0000"})
    void withoutAMaximumNoAliasIsSent(String maximum, TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5(maximum).subscribe(topic, 0);
        for (int i = 0; i < 5; i++) {
            broker.v5().publish(topic, 0, "x");
            client.expect("30 # '" + topic + "' [] <x>");
        }
    }

    @Mqtt5({"MQTT-3.1.2-26", "MQTT-3.3.2-11", "MQTT-3.3.2-8"})
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aliasesStayWithinTheClientsMaximum(int most, TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5("22 %04x".formatted(most)).subscribe(topic + "/+", 1);
        Wire publisher = broker.v5();
        Aliases aliases = new Aliases(most);
        for (int i = 0; i < 20; i++) {
            String name = topic + "/" + i * 7 % 5;
            publisher.publish(name, i % 2, "m" + i);
            client.expect("3? # .. <m" + i + ">");
            aliases.expect(name, client.last());
            client.acknowledge();
        }
    }

    @Mqtt5("MQTT-3.1.2-29")
    @Test
    void whoWantsNoProblemInformationGetsNoneInAcknowledgements(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5("17 00");
        client.send("32 # '" + topic + "' 0001 [] <x>").expectOneOf("40 # 0001 10", "40 # 0001 10 []");
        client.send("34 # '" + topic + "' 0001 [] <x>").expectOneOf("50 # 0001 10", "50 # 0001 10 []");
        client.send("62 # 0002").expectOneOf("70 # 0002 92", "70 # 0002 92 []");
        client.send("a2 # 0003 [] '" + topic + "'").expect("b0 # 0003 [] 11");
        client.send("32 # '$SYS/x' 0004 [] <x>").expectOneOf("40 # 0004 ??", "40 # 0004 ?? []");
    }

    @Mqtt5("MQTT-3.1.2-29")
    @Test
    void userPropertiesOfMessagesAreNoProblemInformation(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5("17 00").subscribe(topic, 0);
        broker.v5().publish(topic, 0, "26 'a' 'b'", "x");
        client.expect("30 # '" + topic + "' [26 'a' 'b'] <x>");
    }

    @Mqtt5("MQTT-3.1.2-30")
    @ParameterizedTest
    @ValueSource(strings = {"f0 # 18 [15 'm']", "f0 # 19 [15 'm']", "f0 00"})
    void authWithoutAMethodInConnectIsAProtocolError(String auth, TestBroker broker) {
        broker.v5().send(auth).expectDisconnect(PROTOCOL_ERROR);
    }

    /** A CONNACK of at most this size, or the end of the connection. */
    private static void expectAtMost(int bytes, Wire client) {
        byte[] came = client.read();
        assertTrue(
                came == null || Notation.matches("20 # 00 ?? {}", came) && came.length <= bytes,
                Notation.hex(client.last()));
    }
}
