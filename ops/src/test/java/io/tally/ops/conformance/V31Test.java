package io.tally.ops.conformance;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 3.1 ({@code MQIsdp}, level 3), where it differs from 3.1.1, and that the usual exchanges work. */
@Conformance
final class V31Test {
    private static Wire open(TestBroker broker) {
        return new Wire(broker.port(), 3);
    }

    /** A client id of at most 23 characters. */
    private static String id(TestBroker broker) {
        String unique = broker.unique();
        return unique.substring(0, Math.min(23, unique.length()));
    }

    private static Wire connected(TestBroker broker, String id, int flags) {
        return open(broker)
                .send("10 # 'MQIsdp' 03 %02x 003c '%s'".formatted(flags, id))
                .expect("20 02 00 00");
    }

    private static Wire connected(TestBroker broker) {
        return connected(broker, id(broker), 2);
    }

    // ---- CONNECT ----

    @ParameterizedTest
    @ValueSource(strings = {"01", "02", "04", "05", "83"})
    void anotherLevelIsAnsweredWithCodeOne(String level, TestBroker broker) {
        open(broker)
                .send("10 # 'MQIsdp' " + level + " 02 0000 'a'")
                .expect("20 ?? 00 ..")
                .expectClosed();
    }

    @Test
    void anEmptyClientIdIsRejected(TestBroker broker) {
        open(broker).send("10 # 'MQIsdp' 03 02 0000 ''").expect("20 02 00 02").expectClosed();
        open(broker).send("10 # 'MQIsdp' 03 00 0000 ''").expect("20 02 00 02").expectClosed();
    }

    /** The limit of 23 characters is not enforced, as in Mosquitto. */
    @ParameterizedTest
    @ValueSource(strings = {"a", "12345678901234567890123", "123456789012345678901234", "a-_. /é"})
    void otherClientIdsAreAccepted(String id, TestBroker broker) {
        connected(broker, id, 2).disconnect();
    }

    /** User name and password may be missing in spite of their flags: the remaining length goes first. */
    @ParameterizedTest
    @ValueSource(strings = {"", "'user'", "'user' 'password'", "'' ''"})
    void userNameAndPasswordMayBeLeftOut(String rest, TestBroker broker) {
        open(broker)
                .send("10 # 'MQIsdp' 03 c2 0000 '" + id(broker) + "' " + rest)
                .expect("20 02 00 00")
                .expectNothing()
                .disconnect();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10 # 'MQIsdp' 03 06 0000 'c'",
                "10 # 'MQIsdp' 03 06 0000 'c' 'topic'",
                "10 # 'MQIsdp' 03 1e 0000 'c' 'topic' 'QoS 3'",
                "10 # 'MQIsdp' 03 02 0000 'c' 00",
                "10 # 'MQIsdp' 03 02 0000",
                "10 # 'MQIsdp' 03 02",
                "10 # 'MQIsdp' 03 06 0000 'c' 'a/+' 'x'",
            })
    void aConnectThatCannotBeReadIsClosed(String packet, TestBroker broker) {
        open(broker).send(packet).expectClosed();
    }

    @Test
    void sessionPresentIsNotSaid(TestBroker broker) {
        String me = id(broker);
        String topic = broker.unique();
        connected(broker, me, 0).subscribe(topic, 1).disconnect();
        connected(broker).publish(topic, 1, "x");
        connected(broker, me, 0)
                .expectPublish(topic, 1, "x")
                .acknowledge()
                .expectNothing()
                .disconnect();
        connected(broker, me, 2).expectNothing();
    }

    @Test
    void theOlderConnectionOfAClientIdIsClosed(TestBroker broker) {
        String me = id(broker);
        Wire old = connected(broker, me, 2);
        connected(broker, me, 2).expectNothing();
        old.expectClosed();
    }

    @Test
    void theWillIsPublishedWhenTheConnectionBreaksAndNotAfterDisconnect(TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = connected(broker).subscribe(topic, 2);
        open(broker)
                .send("10 # 'MQIsdp' 03 16 0000 '%s' '%s' 'gone'".formatted(id(broker), topic))
                .expect("20 02 00 00")
                .close();
        watcher.expectPublish(topic, 2, "gone").acknowledge();
        open(broker)
                .send("10 # 'MQIsdp' 03 16 0000 '%s' '%s' 'gone'".formatted(id(broker), topic))
                .expect("20 02 00 00")
                .disconnect();
        watcher.expectNothing();
    }

    // ---- exchanges ----

    @Test
    void allExchangesWork(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = connected(broker).subscribe(topic, 2);
        connected(broker)
                .send("30 # '" + topic + "' <zero>")
                .send("32 # '" + topic + "' 0001 <one>")
                .expect("40 02 0001")
                .send("34 # '" + topic + "' 0002 <two>")
                .expect("50 02 0002")
                .send("62 02 0002")
                .expect("70 02 0002")
                .send("c0 00")
                .expect("d0 00")
                .disconnect();
        sub.expectPublish(topic, 0, "zero")
                .expectPublish(topic, 1, "one")
                .acknowledge()
                .expectPublish(topic, 2, "two")
                .acknowledge()
                .expectNothing()
                .send("a2 # 0005 '" + topic + "'")
                .expect("b0 02 0005");
    }

    /**
     * Clients of 3.1 repeat on the same connection, with DUP, also PUBREL and SUBSCRIBE; DUP at QoS 0 means nothing.
     */
    @Test
    void repetitionsWithDupAreTaken(TestBroker broker) {
        String topic = broker.unique();
        Wire sub = connected(broker).subscribe(topic, 2);
        connected(broker)
                .send("34 # '" + topic + "' 0005 <two>")
                .expect("50 02 0005")
                .send("3c # '" + topic + "' 0005 <two>")
                .expect("50 02 0005")
                .send("62 02 0005")
                .expect("70 02 0005")
                .send("6a 02 0005")
                .expect("70 02 0005")
                .send("38 # '" + topic + "' <zero>")
                .send("8a # 0006 'other' 01")
                .expect("90 03 0006 01")
                .send("aa # 0007 'other'")
                .expect("b0 02 0007");
        sub.expectPublish(topic, 2, "two").expectPublish(topic, 0, "zero").expectNothing();
    }

    @Test
    void openDeliveriesAreRepeatedOnTheNextConnection(TestBroker broker) {
        String me = id(broker);
        String topic = broker.unique();
        Wire sub = connected(broker, me, 0).subscribe(topic, 2);
        connected(broker).publish(topic, 1, "one").publish(topic, 2, "two").publish(topic, 2, "three");
        sub.expectPublish(topic, 1, "one");
        final String one = sub.id();
        sub.expectPublish(topic, 2, "two");
        final String two = sub.id();
        sub.expectPublish(topic, 2, "three");
        final String three = sub.id();
        sub.send("50 02 " + two).expect("62 02 " + two).close();
        connected(broker, me, 0)
                .expect("3a # '%s' %s <one>".formatted(topic, one))
                .acknowledge()
                .expect("62 02 " + two)
                .send("70 02 " + two)
                .expect("3c # '%s' %s <three>".formatted(topic, three))
                .acknowledge()
                .expectNothing();
    }

    /** 3.1 cannot say so: "it must therefore make a positive acknowledgement". */
    @Test
    void aSubscriptionThatIsNotGrantedIsAcknowledgedWithoutAFailureCode(
            @Config("max_subscriptions_per_session 2") TestBroker broker) {
        String t = broker.unique();
        connected(broker)
                .send("82 # 0001 '%s/1' 02 '%s/2' 01 '%s/3' 02".formatted(t, t, t))
                .expect("90 05 0001 02 01 00")
                .publish(t + "/3", 1, "x")
                .expectNothing();
    }

    @Test
    void retainedMessagesComeWithTheirFlag(TestBroker broker) {
        String topic = broker.unique();
        connected(broker).publish(topic, 1 | 16, "", "kept");
        connected(broker)
                .subscribe(topic, 1)
                .expect("33 # '" + topic + "' ???? <kept>")
                .acknowledge()
                .expectNothing();
        connected(broker).publish(topic, 1 | 16, "", "");
        connected(broker).subscribe(topic, 1).expectNothing();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "36 # 'a' 0001 <x>",
                "30 # 'a/+' <x>",
                "30 # '' <x>",
                "82 # 0001 'a#' 00",
                "82 # 0001 'a' 03",
                "82 02 0001",
                "a2 02 0001",
                "f0 00",
                "00 00",
                "20 02 00 00",
                "32 # 'a' 0000 <x>",
                "10 # 'MQIsdp' 03 02 0000 'again'",
            })
    void violationsCloseTheConnection(String packet, TestBroker broker) {
        connected(broker).send(packet).expectClosed();
    }
}
