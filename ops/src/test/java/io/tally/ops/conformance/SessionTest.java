package io.tally.ops.conformance;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 3.1.2.4, 3.1.2.10, 3.1.2.11 and 4.1: sessions, how long they last, keep alive. */
@Conformance
final class SessionTest {
    private static final int CLEAN = 2;
    private static final int KEEP_ALIVE_TIMEOUT = 0x8D;
    private static final int TAKEN_OVER = 0x8E;
    private static final String TEN_SECONDS = "11 0000000a";

    @Mqtt5({"MQTT-3.1.2-4", "MQTT-3.1.4-4", "MQTT-3.2.2-2"})
    @Test
    void cleanStartDiscardsSubscriptionsAndQueuedMessages(TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, CLEAN, TEN_SECONDS).subscribe(id, 2).disconnect();
        Wire publisher = broker.v5().publish(id, 1, "queued");
        Wire client = start(broker, id, CLEAN, TEN_SECONDS, 0).expectNothing();
        publisher.publish(id, 1, "later");
        client.expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-4", "MQTT-3.1.4-4"})
    @ParameterizedTest
    @ValueSource(strings = {"50 02", "40 02"})
    void cleanStartDiscardsWhatIsUnderWay(String answer, TestBroker broker) {
        String id = broker.unique();
        int qos = answer.startsWith("5") ? 2 : 1;
        Wire client = broker.v5(id, CLEAN, TEN_SECONDS).subscribe(id, qos);
        broker.v5().publish(id, qos, "x");
        client.expectPublish(id, qos, "x");
        if (qos == 2) {
            client.send(answer + client.id()).expect("62 02 " + client.id());
        }
        client.close();
        start(broker, id, CLEAN, TEN_SECONDS, 0).expectNothing();
        start(broker, id, 0, TEN_SECONDS, 1).expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-4", "MQTT-4.3.3-12"})
    @Test
    void cleanStartForgetsWhatThePublisherHadBegun(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 2);
        String publish = "34 # '" + id + "' 0001 [] <x>";
        broker.v5(id, CLEAN, TEN_SECONDS).send(publish).expect("50 02 0001").close();
        watcher.expectPublish(id, 2, "x").acknowledge();
        start(broker, id, CLEAN, "", 0).send(publish).expect("50 02 0001");
        watcher.expectPublish(id, 2, "x").acknowledge();
    }

    @Mqtt5({"MQTT-3.1.2-5", "MQTT-3.1.2-23", "MQTT-3.2.2-3", "MQTT-4.1.0-1"})
    @Test
    void aSessionIsResumedWithItsSubscriptionsAndMessages(TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, CLEAN, TEN_SECONDS).subscribe(id, 2).close();
        Wire publisher = broker.v5().publish(id, 1, "one").publish(id, 2, "two").publish(id, 0, "zero");
        Wire client = start(broker, id, 0, TEN_SECONDS, 1);
        client.expectPublish(id, 1, "one").acknowledge();
        client.expectPublish(id, 2, "two").acknowledge();
        publisher.publish(id, 0, "now");
        client.expectPublish(id, 0, "now").expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-6", "MQTT-3.2.2-3"})
    @Test
    void withoutASessionCleanStart0BeginsOne(TestBroker broker) {
        String id = broker.unique();
        start(broker, id, 0, TEN_SECONDS, 0).subscribe(id, 1).disconnect();
        start(broker, id, 0, TEN_SECONDS, 1);
    }

    @Mqtt5({"MQTT-3.1.2-23", "MQTT-4.1.0-2"})
    @ParameterizedTest
    @ValueSource(strings = {"", "11 00000000"})
    void aSessionWithoutExpiryEndsWithItsConnection(String expiry, TestBroker broker) {
        String id = broker.unique();
        start(broker, id, 0, expiry, 0).disconnect();
        start(broker, id, 0, expiry, 0).close();
        start(broker, id, 0, expiry, 0);
    }

    @Mqtt5({"MQTT-4.1.0-2", "MQTT-3.1.2-23"})
    @Test
    void aSessionEndsWhenItsExpiryHasPassed(TestBroker broker) {
        String id = broker.unique();
        String other = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        String will = "[18 000003e8] '" + id + "' (<ended>)";
        broker.open()
                .send(TestBroker.connectWithWill(id, 6, "11 00000001", will))
                .expect("20 # 00 00 {}")
                .close();
        broker.v5(other, CLEAN, "11 000003e8").close();
        watcher.expectPublish(id, 0, "ended");
        start(broker, id, 0, "", 0);
        start(broker, other, 0, "", 1);
    }

    @Mqtt5("MQTT-3.1.2-23")
    @Test
    void anExpiryOfAllOnesIsTaken(TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, CLEAN, "11 ffffffff").disconnect();
        start(broker, id, 0, "", 1);
    }

    @Mqtt5({"MQTT-3.1.2-23", "MQTT-4.1.0-2"})
    @ParameterizedTest
    @CsvSource({
        "11 0000000a, e0 # 00 [11 00000000], 0",
        "11 0000000a, e0 # 00 [11 00000064], 1",
        "11 0000000a, e0 # 00 [], 1"
    })
    void disconnectChangesTheExpiry(String expiry, String disconnect, int present, TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, CLEAN, expiry).send(disconnect).expectClosed();
        start(broker, id, 0, "", present);
    }

    @Mqtt5({"MQTT-3.1.2-23", "MQTT-4.13.1-1"})
    @Test
    void disconnectCannotProlongASessionThatWasToEnd(TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, CLEAN, "").send("e0 # 00 [11 00000001]").expectDisconnect(0x82);
        start(broker, id, 0, "", 0);
    }

    @Mqtt5({"MQTT-3.1.2-23", "MQTT-4.1.0-1"})
    @Test
    void theExpiryIsThatOfTheLastConnect(TestBroker broker) {
        String id = broker.unique();
        broker.v5(id, CLEAN, TEN_SECONDS).disconnect();
        start(broker, id, 0, "", 1).disconnect();
        start(broker, id, 0, TEN_SECONDS, 0).disconnect();
        start(broker, id, 0, "", 1);
    }

    @Mqtt5("MQTT-4.1.0-1")
    @Test
    void whileItsConnectionLastsASessionDoesNotExpire(TestBroker broker) {
        String id = broker.unique();
        String other = broker.unique();
        Wire client = broker.v5(id, CLEAN, "11 00000001").subscribe(other, 0);
        broker.open()
                .send(TestBroker.connectWithWill(other, 6, "11 000003e8", "[18 00000002] '" + other + "' (<later>)"))
                .expect("20 # 00 00 {}")
                .close();
        client.expectPublish(other, 0, "later");
        Wire young = start(broker, id, 0, "11 00000001", 1);
        client.expectDisconnect(TAKEN_OVER);
        broker.v5().publish(other, 0, "still");
        young.expectPublish(other, 0, "still");
    }

    @Mqtt5("MQTT-4.1.0-1")
    @Test
    void takeOverHandsTheSessionOn(TestBroker broker) {
        String id = broker.unique();
        Wire old = broker.v5(id, CLEAN, TEN_SECONDS).subscribe(id, 1);
        broker.v5().publish(id, 1, "x");
        old.expectPublish(id, 1, "x");
        String packetId = old.id();
        start(broker, id, 0, TEN_SECONDS, 1).expect("3a # '" + id + "' " + packetId + " [] <x>");
        old.expectDisconnect(TAKEN_OVER);
    }

    @Mqtt5({"MQTT-3.1.2-22", "MQTT-3.2.2-22"})
    @Test
    void aSilentClientIsDisconnected(TestBroker broker) {
        Wire silent = broker.open()
                .send("10 # 'MQTT' 05 02 0001 [] '" + broker.unique() + "'")
                .expect("20 # 00 00 {}")
                .noProperty(0x13);
        silent.expectDisconnect(KEEP_ALIVE_TIMEOUT);
    }

    @Mqtt5({"MQTT-3.1.2-22", "MQTT-3.2.2-22"})
    @Test
    void aSilentClientIsSilentWhileItReads(TestBroker broker) {
        String topic = broker.unique();
        Wire silent = broker.open()
                .send("10 # 'MQTT' 05 02 0001 [] '" + broker.unique() + "'")
                .expect("20 # 00 00 {}")
                .subscribe(topic, 0);
        Wire publisher = broker.v5();
        byte[] came;
        do {
            publisher.publish(topic, 0, "x").expectNothing();
            came = silent.read();
        } while (came != null && came[0] == 0x30);
        silent.expectClosed();
    }

    @Mqtt5("MQTT-3.1.2-22")
    @Test
    void aKeepAliveOf0MeansNone(TestBroker broker) {
        Wire quiet = broker.v5();
        Wire silent = broker.open()
                .send("10 # 'MQTT' 05 02 0001 [] '" + broker.unique() + "'")
                .expect("20 # 00 00 {}");
        silent.expectDisconnect(KEEP_ALIVE_TIMEOUT);
        quiet.expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-21", "MQTT-3.2.2-21"})
    @Test
    void theServersKeepAliveHoldsWhereItIsGiven(
            @Config({"max_keepalive 1", "retain_available false"}) TestBroker broker) {
        Wire silent = broker.open()
                .send("10 # 'MQTT' 05 02 0e10 [] '" + broker.unique() + "'")
                .expect("20 # 00 00 {13 0001}");
        silent.expectDisconnect(KEEP_ALIVE_TIMEOUT);
    }

    private static Wire start(TestBroker broker, String id, int flags, String properties, int present) {
        return broker.open()
                .send("10 # 'MQTT' 05 %02x 0000 [%s] '%s'".formatted(flags, properties, id))
                .expect("20 # %02x 00 {}".formatted(present));
    }
}
