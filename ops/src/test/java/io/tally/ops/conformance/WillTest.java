package io.tally.ops.conformance;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 3.1.2.5 to 3.1.2.7, 3.1.3.2 and 3.14.4: wills, and when they are published. */
@Conformance
final class WillTest {
    private static final int CLEAN = 2;
    private static final String LONG = "11 000003e8";
    private static final String DELAY_LONG = "[18 00000384]";

    @Mqtt5({"MQTT-3.1.2-7", "MQTT-3.1.2-8"})
    @Test
    void aConnectionThatBreaksPublishesTheWill(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 2);
        client(broker, id, CLEAN, "", "[]").close();
        watcher.expect("30 # '" + id + "' [] <gone>").expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-8", "MQTT-3.1.2-10", "MQTT-3.14.4-3"})
    @ParameterizedTest
    @ValueSource(strings = {"e0 00", "e0 01 00", "e0 # 00 []", "e0 # 00 [26 'a' 'b']"})
    void aNormalDisconnectDiscardsTheWill(String disconnect, TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, LONG, "[]").send(disconnect).expectClosed();
        broker.v5(id, CLEAN, "");
        watcher.expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-8")
    @ParameterizedTest
    @ValueSource(strings = {"04", "80", "81", "82", "83", "90", "93", "94", "95", "96", "97", "98", "99"})
    void anyOtherDisconnectPublishesTheWill(String code, TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, "", "[]").send("e0 01 " + code).expectClosed();
        watcher.expectPublish(id, 0, "gone").expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-8")
    @ParameterizedTest
    @ValueSource(strings = {"c1 00", "82 # 0001 [] 'a' 03", "30 # 'a/#' [] <x>", "10 # 'MQTT' 05 02 003c [] 'c'"})
    void anErrorOfTheClientPublishesTheWill(String packet, TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, "", "[]").send(packet).expect("e0 # ?? ..");
        watcher.expectPublish(id, 0, "gone");
    }

    @Mqtt5({"MQTT-3.1.2-8", "MQTT-3.1.2-22"})
    @Test
    void silencePublishesTheWill(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        broker.open()
                .send("10 # 'MQTT' 05 06 0001 [] '" + id + "' [] '" + id + "' (<gone>)")
                .expect("20 # 00 00 {}")
                .expectDisconnect(0x8D);
        watcher.expectPublish(id, 0, "gone");
    }

    @Mqtt5("MQTT-3.1.2-8")
    @Test
    void aWillThatWaitsIsPublishedWhenItsDelayHasPassed(TestBroker broker) {
        String id = broker.unique();
        String other = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0).subscribe(other, 0);
        client(broker, id, CLEAN, LONG, "[18 00000001]").close();
        client(broker, other, CLEAN, LONG, "[]").close();
        watcher.expectPublish(other, 0, "gone").expectPublish(id, 0, "gone").expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-8")
    @ParameterizedTest
    @ValueSource(strings = {"", "11 00000000", "11 00000001"})
    void aWillDoesNotWaitLongerThanItsSessionLasts(String expiry, TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, expiry, DELAY_LONG).close();
        watcher.expectPublish(id, 0, "gone").expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-8")
    @Test
    void disconnectWithExpiry0EndsTheWait(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, LONG, DELAY_LONG)
                .send("e0 # 04 [11 00000000]")
                .expectClosed();
        watcher.expectPublish(id, 0, "gone");
    }

    @Mqtt5({"MQTT-3.1.2-8", "MQTT-3.1.3-9"})
    @Test
    void whoResumesTheSessionInTimeSuppressesTheWill(TestBroker broker) {
        String id = broker.unique();
        String clock = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0).subscribe(clock, 0);
        client(broker, id, CLEAN, LONG, "[18 00000001]").close();
        Wire back = broker.v5(id, 0, LONG);
        client(broker, clock, CLEAN, LONG, "[18 00000002]").close();
        watcher.expectPublish(clock, 0, "gone").expectNothing();
        back.close();
        broker.v5(id, 0, LONG);
        watcher.expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-8", "MQTT-3.1.3-9"})
    @Test
    void takeOverSuppressesAWillThatWaits(TestBroker broker) {
        String id = broker.unique();
        String clock = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0).subscribe(clock, 0);
        Wire old = client(broker, id, CLEAN, LONG, "[18 00000001]");
        broker.v5(id, 0, LONG);
        old.expectDisconnect(0x8E);
        client(broker, clock, CLEAN, LONG, "[18 00000002]").close();
        watcher.expectPublish(clock, 0, "gone").expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-8")
    @ParameterizedTest
    @ValueSource(ints = {0, CLEAN})
    void takeOverPublishesAWillThatDoesNotWait(int flags, TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        Wire old = client(broker, id, CLEAN, LONG, "[]");
        broker.v5(id, flags, LONG);
        old.expectDisconnect(0x8E);
        watcher.expectPublish(id, 0, "gone").expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-8")
    @Test
    void cleanStartEndsTheSessionAndSoTheWaitOfItsWill(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        Wire old = client(broker, id, CLEAN, LONG, DELAY_LONG);
        broker.v5(id, CLEAN, LONG);
        old.expectDisconnect(0x8E);
        watcher.expectPublish(id, 0, "gone").expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-8")
    @Test
    void cleanStartPublishesTheWillOfASessionThatIsAway(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, LONG, DELAY_LONG).close();
        broker.v5(id, 0, LONG).close();
        client(broker, id, 0, LONG, DELAY_LONG).close();
        broker.v5(id, CLEAN, LONG);
        watcher.expectPublish(id, 0, "gone").expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-10")
    @Test
    void aWillIsPublishedOnce(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, LONG, "[]").close();
        watcher.expectPublish(id, 0, "gone");
        broker.v5(id, 0, LONG).close();
        broker.v5(id, 0, LONG).send("e0 01 04").expectClosed();
        broker.v5(id, CLEAN, "").close();
        broker.v5(id, CLEAN, "");
        watcher.expectNothing();
    }

    @Mqtt5("MQTT-3.1.2-7")
    @Test
    void aNewConnectReplacesTheWill(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, LONG, DELAY_LONG).close();
        broker.open()
                .send(TestBroker.connectWithWill(id, 4, LONG, "[] '" + id + "' (<second>)"))
                .expect("20 # 01 00 {}")
                .close();
        watcher.expectPublish(id, 0, "second").expectNothing();
    }

    @Mqtt5({"MQTT-3.1.2-14", "MQTT-3.1.2-15"})
    @ParameterizedTest
    @CsvSource({"06, 30, 0", "0e, 32, 0", "16, 34, 0", "26, 30, 31", "2e, 32, 33", "36, 34, 35"})
    void qosAndRetainOfTheWillAreThoseAskedFor(String flags, String header, String retained, TestBroker broker) {
        String id = broker.unique();
        String packetId = header.equals("30") ? "" : "????";
        Wire watcher = broker.v5().subscribe(id, 2);
        client(broker, id, Integer.parseInt(flags, 16), "", "[]").close();
        watcher.expect(header + " # '" + id + "' " + packetId + " [] <gone>");
        Wire late = broker.v5().subscribe(id, 2);
        if (retained.equals("0")) {
            late.expectNothing();
        } else {
            late.expect(retained + " # '" + id + "' " + packetId + " [] <gone>");
        }
    }

    @Mqtt5("MQTT-3.1.3-10")
    @Test
    void userPropertiesOfTheWillKeepTheirOrder(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        String pairs = "26 'z' '1' 26 'a' '2' 26 'z' '3' 26 '' '' 26 'a' '2'";
        client(broker, id, CLEAN, "26 'connect' 'only'", "[" + pairs + "]").close();
        watcher.expect("30 # '" + id + "' [" + pairs + "] <gone>");
    }

    @Mqtt5({"MQTT-3.1.2-7", "MQTT-3.3.2-4", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-20"})
    @ParameterizedTest
    @ValueSource(strings = {"01 01", "01 00", "03 'type'", "08 'reply/to'", "09 (00 ff 00)", "02 000003e8"})
    void propertiesOfTheWillAreThoseOfItsMessage(String property, TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, "", "[18 00000000 " + property + "]").close();
        watcher.expect("30 # '" + id + "' [" + property + "] <gone>");
    }

    /** The expiry counts from when the will is published, not from CONNECT or the delay. */
    @Mqtt5("MQTT-3.1.2-8")
    @Test
    void theExpiryOfAWillBeginsWithItsPublication(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        client(broker, id, CLEAN, LONG, "[18 00000001 02 00000001]").close();
        watcher.expect("30 # '" + id + "' [02 00000001] <gone>");
    }

    @Mqtt5("MQTT-3.1.2-7")
    @Test
    void aWillMayBeEmptyOrAnyBytes(TestBroker broker) {
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(id, 0);
        broker.open()
                .send(TestBroker.connectWithWill(id, 6, "", "[] '" + id + "' 0000"))
                .expect("20 # 00 00 {}")
                .close();
        watcher.expect("30 # '" + id + "' []");
        broker.open()
                .send(TestBroker.connectWithWill(id, 6, "", "[] '" + id + "' (00 ff c0 80)"))
                .expect("20 # 00 00 {}")
                .close();
        watcher.expect("30 # '" + id + "' [] 00 ff c0 80");
    }

    private static Wire client(TestBroker broker, String id, int flags, String properties, String willProperties) {
        String will = willProperties + " '" + id + "' (<gone>)";
        return broker.open()
                .send(TestBroker.connectWithWill(id, flags | 4, properties, will))
                .expect("20 # 0? 00 {}");
    }
}
