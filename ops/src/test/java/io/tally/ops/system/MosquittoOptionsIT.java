package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Options of mosquitto.conf that limit messages, on a whole broker. */
final class MosquittoOptionsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final byte[] EIGHT = "message1".getBytes(StandardCharsets.UTF_8);
    private static final byte[] TOO_LONG = "012345678901234567890".getBytes(StandardCharsets.UTF_8);

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    @BeforeAll
    static void start() throws IOException {
        broker = BrokerProcess.start(new BrokerSettings(TestHome.fresh("mosquitto-options"))
                .line("max_inflight_bytes 16")
                .line("message_size_limit 20"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static RawClient connected(int version, String clientId) throws IOException {
        return RawClient.connected(broker.port(), version, clientId);
    }

    private static void ping(RawClient client) throws IOException {
        client.send(Packets.pingreq());
        client.expect(Packets.PINGRESP);
    }

    @Test
    void maxInflightBytesHoldsBackWhatIsBeyondThem() throws IOException {
        try (RawClient subscriber = connected(4, "in-flight");
                RawClient publisher = connected(4, "in-flight-publisher")) {
            subscriber.subscribe("bytes", 2);
            for (int id = 1; id <= 3; id++) {
                publisher.publish("bytes", 1, id, EIGHT);
                publisher.expect(Packets.PUBACK);
            }
            int first = subscriber.expect(Packets.PUBLISH).id();
            subscriber.expect(Packets.PUBLISH);
            ping(subscriber); // 16 bytes are on the wire: the third waits.
            subscriber.send(Packets.ack(Packets.PUBACK, first));
            assertEquals("message1", subscriber.expect(Packets.PUBLISH).payloadText(4));
        }
    }

    @Test
    void whatIsLargerThanMessageSizeLimitIsRefusedAndTheConnectionGoesOn() throws IOException {
        try (RawClient client = connected(5, "too-long")) {
            client.subscribe("long", 2);
            client.publish("long", 1, 1, TOO_LONG);
            assertEquals(0x97, client.expect(Packets.PUBACK).reason());
            client.publish("long", 2, 2, TOO_LONG);
            assertEquals(0x97, client.expect(Packets.PUBREC).reason());
            client.publish("long", 0, 0, TOO_LONG);
            client.publish("long", 0, 0, EIGHT);
            assertEquals("message1", client.expect(Packets.PUBLISH).payloadText(5));
        }
    }

    /** MQTT 3.1.1 has no word for it, and PUBACK would be a lie. */
    @Test
    void before50TheConnectionEndsWithoutAnAcknowledgement() throws IOException {
        try (RawClient client = connected(4, "too-long-4")) {
            client.publish("long", 0, 0, TOO_LONG);
            ping(client);
            client.publish("long", 1, 1, TOO_LONG);
            assertNull(client.read(PATIENCE));
        }
    }

    @Test
    void aWillThatIsTooLongIsRefused() throws IOException {
        assertEquals(0x95, codeWithWill(5));
        assertEquals(5, codeWithWill(4));
    }

    private static int codeWithWill(int version) throws IOException {
        try (RawClient client = new RawClient(broker.port(), version)) {
            client.send(new ConnectPacket(version, "will")
                    .will("w", TOO_LONG, 0, false)
                    .bytes());
            Packet connack = client.read(PATIENCE);
            assertNotNull(connack);
            return connack.connackCode();
        }
    }
}
