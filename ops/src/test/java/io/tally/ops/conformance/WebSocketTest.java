package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0 and 3.1.1, chapter 6: MQTT over WebSockets. */
@Conformance
final class WebSocketTest {
    private static final String LISTENER = "protocol websockets";

    private static WebSocketClient opened(TestBroker broker) {
        WebSocketClient client = new WebSocketClient(broker.port());
        client.upgrade("mqtt");
        return client;
    }

    private static WebSocketClient connected(TestBroker broker) {
        return opened(broker)
                .send("10 # 'MQTT' 05 02 0000 [] '" + broker.unique() + "'")
                .expect("20 # 00 00 {}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mqtt", "other, mqtt", "mqtt, other"})
    @Mqtt5({"MQTT-6.0.0-3", "MQTT-6.0.0-4"})
    @Mqtt311({"MQTT-6.0.0-3", "MQTT-6.0.0-4"})
    void theBrokerSelectsMqtt(String offered, @Config(LISTENER) TestBroker broker) {
        try (WebSocketClient client = new WebSocketClient(broker.port())) {
            List<String> answer = client.upgrade(offered).lines().toList();
            assertTrue(answer.get(0).startsWith("HTTP/1.1 101 "), answer.get(0));
            assertEquals(
                    List.of("sec-websocket-protocol: mqtt"),
                    answer.stream()
                            .map(line -> line.toLowerCase(Locale.ROOT))
                            .filter(line -> line.startsWith("sec-websocket-protocol:"))
                            .toList());
            client.send("10 # 'MQTT' 04 02 0000 '" + broker.unique() + "'").expect("20 02 00 00");
        }
    }

    @Test
    @Mqtt5({"MQTT-6.0.0-3"})
    @Mqtt311({"MQTT-6.0.0-3"})
    void anotherSubProtocolIsNotSelected(@Config(LISTENER) TestBroker broker) {
        try (WebSocketClient client = new WebSocketClient(broker.port())) {
            String answer = client.upgrade("chat").toLowerCase(Locale.ROOT);
            assertTrue(!answer.contains("sec-websocket-protocol: chat"), answer);
            assertTrue(!answer.contains("sec-websocket-protocol: mqtt"), answer);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x81, 0x01})
    @Mqtt5({"MQTT-6.0.0-1"})
    @Mqtt311({"MQTT-6.0.0-1"})
    void aTextFrameClosesTheConnection(int first, @Config(LISTENER) TestBroker broker) {
        opened(broker)
                .send(first, Notation.bytes("10 # 'MQTT' 04 02 0000 'text'"))
                .expectClosed();
        connected(broker).send(first, Notation.bytes("c0 00")).expectClosed();
    }

    @Test
    @Mqtt5({"MQTT-6.0.0-2"})
    @Mqtt311({"MQTT-6.0.0-2"})
    void packetsMayLieAnyhowInFrames(@Config(LISTENER) TestBroker broker) {
        String topic = broker.unique();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(Notation.bytes("10 # 'MQTT' 05 02 0000 [] '" + broker.unique() + "'"));
        all.writeBytes(Notation.bytes("82 # 0001 [] '" + topic + "' 00"));
        all.writeBytes(Notation.bytes("30 # '" + topic + "' [] <x>"));
        byte[] bytes = all.toByteArray();
        for (int size : new int[] {1, 2, 7, bytes.length}) {
            WebSocketClient client = opened(broker);
            for (int at = 0; at < bytes.length; at += size) {
                client.send(0x82, Arrays.copyOfRange(bytes, at, Math.min(at + size, bytes.length)));
            }
            client.expect("20 # 00 00 {}")
                    .expect("90 # 0001 [] 00")
                    .expect("30 # '" + topic + "' [] <x>")
                    .send("c0 00")
                    .expect("d0 00")
                    .send("e0 00")
                    .expectClosed();
        }
    }

    @Test
    @Mqtt5({"MQTT-6.0.0-2"})
    @Mqtt311({"MQTT-6.0.0-2"})
    void messagesMayBeFragmentedWithPingsInBetween(@Config(LISTENER) TestBroker broker) {
        byte[] connect = Notation.bytes("10 # 'MQTT' 04 02 0000 '" + broker.unique() + "'");
        opened(broker)
                .send(0x02, Arrays.copyOf(connect, 3))
                .send(0x89, new byte[] {1, 2})
                .expectControl(0x8A, "01 02")
                .send(0x00, Arrays.copyOfRange(connect, 3, 10))
                .send(0x80, Arrays.copyOfRange(connect, 10, connect.length))
                .expect("20 02 00 00")
                .send(0x82, new byte[0])
                .send("c0 00")
                .expect("d0 00");
    }

    @Test
    @Mqtt5({"MQTT-6.0.0-1"})
    @Mqtt311({"MQTT-6.0.0-1"})
    void largePacketsComeInBinaryFramesToo(@Config(LISTENER) TestBroker broker) {
        String topic = broker.unique();
        String payload = "p".repeat(20_000);
        connected(broker)
                .send("82 # 0001 [] '" + topic + "' 00")
                .expect("90 # 0001 [] 00")
                .send("30 # '" + topic + "' [] <" + payload + ">")
                .expect("30 # '" + topic + "' [] <" + payload + ">");
    }
}
