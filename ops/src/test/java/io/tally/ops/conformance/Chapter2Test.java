package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, chapter 2: fixed header, packet identifiers, properties. */
@Conformance
final class Chapter2Test {
    private static final int MALFORMED = 0x81;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final int BATCH = 400;

    @Mqtt5("MQTT-2.1.3-1")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "41 02 0001",
                "42 02 0001",
                "48 02 0001", // PUBACK
                "51 02 0001",
                "52 02 0001", // PUBREC
                "60 02 0001",
                "61 02 0001",
                "63 02 0001",
                "66 02 0001",
                "6a 02 0001", // PUBREL
                "71 02 0001",
                "72 02 0001", // PUBCOMP
                "80 # 0001 [] 'a' 00",
                "81 # 0001 [] 'a' 00",
                "83 # 0001 [] 'a' 00",
                "8a # 0001 [] 'a' 00",
                "a0 # 0001 [] 'a'",
                "a3 # 0001 [] 'a'",
                "a6 # 0001 [] 'a'", // UNSUBSCRIBE
                "c1 00",
                "c2 00",
                "c8 00", // PINGREQ
                "e1 00",
                "e2 00",
                "e8 # 00 []", // DISCONNECT
            })
    void reservedFlagsAreMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(MALFORMED);
    }

    @Mqtt5("MQTT-2.1.3-1")
    @ParameterizedTest
    @ValueSource(strings = {"11", "12", "14", "18", "1f"})
    void reservedFlagsOfConnectAreMalformed(String header, TestBroker broker) {
        broker.open().send(header + " # 'MQTT' 05 02 0000 [] 'c'").expectConnectRefused(MALFORMED);
    }

    @Mqtt5({"MQTT-2.1.3-1", "MQTT-4.13.1-1"})
    @ParameterizedTest
    @ValueSource(strings = {"00 00", "0f 00", "00 02 0000"})
    void theReservedPacketTypeIsMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(MALFORMED);
    }

    @Mqtt5("MQTT-4.13.1-1")
    @ParameterizedTest
    @ValueSource(strings = {"20 03 00 00 00", "90 # 0001 [] 00", "b0 # 0001 [] 00", "d0 00"})
    void whatOnlyAServerSendsIsAProtocolError(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(PROTOCOL_ERROR);
    }

    @Mqtt5("MQTT-2.2.1-2")
    @Test
    void aPublishOfQos0HasNoPacketIdentifier(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, 2);
        client.send("30 # '" + topic + "' [] 0001").expect("30 # '" + topic + "' [] 0001");
        broker.v5().publish(topic, 2, "x");
        client.expect("34 # '" + topic + "' ???? [] <x>");
    }

    @Mqtt5("MQTT-2.2.1-3")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "32 # 'a' 0000 [] <x>",
                "34 # 'a' 0000 [] <x>",
                "82 # 0000 [] 'a' 00",
                "a2 # 0000 [] 'a'",
            })
    void thePacketIdentifierZeroIsAProtocolError(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(PROTOCOL_ERROR);
    }

    @Mqtt5("MQTT-2.2.1-4")
    @Test
    void messagesUnderWayHaveIdentifiersOfTheirOwn(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, 2);
        Wire publisher = broker.v5();
        Set<String> used = new HashSet<>();
        for (int i = 0; i < 40; i++) {
            publisher.publish(topic, 1 + i % 2, "x");
            client.expectPublish(topic, 1 + i % 2, "x");
            assertNotEquals("0000", client.id());
            assertTrue(used.add(client.id()), client.id());
        }
    }

    /** The client leaves one message unanswered and answers all others, once around the whole space of identifiers. */
    @Mqtt5("MQTT-2.2.1-4")
    @Test
    void anIdentifierThatIsUnderWayIsNotGivenAgain(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, 1);
        Wire publisher = broker.v5();
        publisher.publish(topic, 1, "first");
        String first = client.expectPublish(topic, 1, "first").id();
        String publish = "32 # '" + topic + "' 0001 [] <x>";
        int sent = 0;
        int taken = 0;
        while (sent < 65_600 && taken == sent) {
            sendMany(publisher, publish, BATCH);
            for (int i = 0; i < BATCH; i++) {
                publisher.expect("40 02 0001");
            }
            sent += BATCH;
            taken += takeAllBut(client, first);
        }
        client.send("40 02 " + first);
        for (int i = taken; i < sent; i++) {
            client.expectPublish(topic, 1, "x").acknowledge();
        }
        client.expectNothing();
    }

    @Mqtt5("MQTT-2.2.1-5")
    @ParameterizedTest
    @ValueSource(strings = {"0001", "00ff", "0100", "7fff", "8000", "ffff"})
    void answersRepeatTheIdentifierOfTheirPublish(String id, TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5();
        client.send("32 # '" + topic + "' " + id + " [] <x>").expect("40 # " + id + " 10 ..");
        client.send("34 # '" + topic + "' " + id + " [] <x>").expect("50 # " + id + " 10 ..");
        client.send("62 02 " + id).expect("70 02 " + id);
        client.subscribe(topic, 2);
        broker.v5().publish(topic, 2, "x");
        client.expectPublish(topic, 2, "x");
        String theirs = client.id();
        client.send("50 02 " + theirs).expect("62 02 " + theirs);
    }

    @Mqtt5("MQTT-2.2.1-6")
    @ParameterizedTest
    @ValueSource(strings = {"0001", "00ff", "0100", "7fff", "8000", "ffff"})
    void subackAndUnsubackRepeatTheIdentifier(String id, TestBroker broker) {
        String topic = broker.unique();
        broker.v5()
                .send("82 # " + id + " [] '" + topic + "' 00")
                .expect("90 # " + id + " [] 00")
                .send("a2 # " + id + " [] '" + topic + "'")
                .expect("b0 # " + id + " [] 00");
    }

    @Mqtt5("MQTT-2.2.2-1")
    @Test
    void noPropertiesAreGivenOutAsLengthZero(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5();
        client.send("82 # 0001 00 '" + topic + "' 00").expect("90 04 0001 00 00");
        client.send("30 # '" + topic + "' 00 <x>").expect("30 # '" + topic + "' 00 <x>");
        client.send("a2 # 0001 00 '" + topic + "'").expect("b0 04 0001 00 00");
    }

    @Mqtt5("MQTT-2.2.2-1")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 # 'a'",
                "30 # 'a' 01",
                "30 # 'a' 02 01",
                "82 # 0001 'a' 00",
                "82 02 0001",
                "a2 # 0001 'a'",
                "e0 # 00 01",
                "40 # 0001 00 01",
            })
    void withoutAWholePropertySectionAPacketIsMalformed(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(MALFORMED);
    }

    @Mqtt5("MQTT-2.2.2-1")
    @Test
    void aConnectWithoutAPropertySectionIsMalformed(TestBroker broker) {
        broker.open().send("10 # 'MQTT' 05 02 0000").expectConnectRefused(MALFORMED);
        broker.open().send("10 # 'MQTT' 05 02 0000 05 'c'").expectConnectRefused(MALFORMED);
    }

    private static void sendMany(Wire publisher, String packet, int count) {
        byte[] one = Notation.bytes(packet);
        byte[] all = new byte[one.length * count];
        for (int i = 0; i < count; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        publisher.send(all);
    }

    /** Takes and acknowledges all that the broker sends while this identifier is under way; how many. */
    private static int takeAllBut(Wire client, String underWay) {
        client.send("a2 # 0001 [] 'nothing/of/that/name'");
        int count = 0;
        while (client.expect("?? ..").last()[0] == 0x32) {
            assertNotEquals(underWay, client.id());
            client.send("40 02 " + client.id());
            count++;
        }
        return count;
    }
}
