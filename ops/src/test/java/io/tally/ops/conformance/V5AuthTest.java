package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 3.15 and 4.12: AUTH and enhanced authentication. */
@Conformance
final class V5AuthTest {
    // ---- a client that does not ask for it ----

    @Test
    @Mqtt5({"MQTT-4.12.0-6"})
    void withoutAMethodInConnectThereIsNoneInConnackAndNoAuth(TestBroker broker) {
        Wire wire = broker.v5();
        byte[] connack = wire.last();
        for (byte[] property : Properties.split(connack, Varint.end(connack, 4, connack.length), connack.length)) {
            assertTrue(property[0] != 0x15 && property[0] != 0x16, Notation.hex(connack));
        }
        wire.expectNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"f0 00", "f0 # 18 []", "f0 # 18 [15 'PLAIN' 16 'x']", "f0 # 19 [15 'PLAIN']"})
    @Mqtt5({"MQTT-4.12.0-7", "MQTT-4.13.1-1"})
    void withoutAMethodInConnectAnAuthIsAProtocolError(String packet, TestBroker broker) {
        broker.v5().send(packet).expectDisconnect(0x82);
    }

    @Test
    @Mqtt5({"MQTT-4.12.0-7", "MQTT-3.14.0-1"})
    void anAuthBeforeConnectClosesTheConnection(TestBroker broker) {
        broker.open().send("f0 # 18 [15 'PLAIN']").expectClosed();
    }

    @Test
    @Mqtt5({"MQTT-4.13.1-1"})
    void dataWithoutAMethodIsAProtocolError(TestBroker broker) {
        broker.open()
                .send("10 # 'MQTT' 05 02 0000 [16 'data'] '" + broker.unique() + "'")
                .expect("20 # 00 82 ..")
                .expectClosed();
    }

    // ---- a method that the broker does not know ----

    @ParameterizedTest
    @ValueSource(
            strings = {"15 'NO-SUCH-METHOD'", "15 'NO-SUCH-METHOD' 16 'data'", "15 ''", "15 'GS2-KRB5' 11 00000064"})
    @Mqtt5({"MQTT-4.12.0-1", "MQTT-4.13.2-1"})
    void anUnknownMethodIsRefusedWithBadAuthenticationMethod(String properties, TestBroker broker) {
        broker.open()
                .send("10 # 'MQTT' 05 02 0000 [" + properties + "] '" + broker.unique() + "'", "c0 00")
                .expect("20 # 00 8c ..")
                .expectClosed();
    }
}
