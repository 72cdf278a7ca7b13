package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Limits that refuse: who is refused is told so with the right code, and nothing that was accepted is lost. */
final class LimitsIT {
    private static final int QUOTA_EXCEEDED = 0x97;
    private static final int NO_MATCHING_SUBSCRIBERS = 0x10;
    private static final int MESSAGE_RATE_TOO_HIGH = 0x96;
    private static final int RATE = 50;
    private static final int RETAIN = 1;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final byte[] X = {'x'};
    private static final byte[] NOTHING = {};

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    @BeforeAll
    static void start() throws IOException {
        broker = BrokerProcess.start(new BrokerSettings(TestHome.fresh("limits"))
                .line("max_queued_messages 2")
                .line("queue_full_policy reject")
                .line("max_retained_messages 2")
                .line("max_message_rate " + RATE)
                .line("rate_limit_action disconnect"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void aPublishThatDoesNotFitAQueueIsRefusedUntilThereIsRoom() throws IOException {
        ConnectPacket absent = new ConnectPacket(5, "absent").persistent();
        try (RawClient client = RawClient.connected(broker.port(), 5, absent)) {
            client.subscribe("bill", 2);
        }
        try (RawClient till = RawClient.connected(broker.port(), 5, "till")) {
            assertEquals(0, publish(till, 1, 1, "bill"));
            assertEquals(0, publish(till, 2, 2, "bill"));
            assertEquals(QUOTA_EXCEEDED, publish(till, 1, 3, "bill"));
            assertEquals(QUOTA_EXCEEDED, publish(till, 2, 4, "bill"));
            try (RawClient old = RawClient.connected(broker.port(), 4, "old till")) {
                old.publish("bill", 1, 1, X);
                assertNull(old.read(PATIENCE), "3.1.1 has no other refusal than the end of the connection");
            }
            try (RawClient client = RawClient.connected(broker.port(), 5, absent)) {
                Packet first = client.expect(Packets.PUBLISH);
                assertEquals(1, first.qos());
                assertEquals(2, client.expect(Packets.PUBLISH).qos());
                client.send(Packets.ack(Packets.PUBACK, first.id()));
                client.ping(); // The next packet after the two: nothing refused was delivered.
            }
            assertEquals(0, publish(till, 1, 5, "bill"));
        }
    }

    @Test
    void oneRetainedMessageTooManyIsRefusedAndReplacingIsNot() throws IOException {
        try (RawClient client = RawClient.connected(broker.port(), 5, "keeper")) {
            assertEquals(NO_MATCHING_SUBSCRIBERS, retain(client, 1, "kept/1", X));
            assertEquals(NO_MATCHING_SUBSCRIBERS, retain(client, 2, "kept/2", X));
            assertEquals(QUOTA_EXCEEDED, retain(client, 3, "kept/3", X));
            assertEquals(NO_MATCHING_SUBSCRIBERS, retain(client, 4, "kept/2", X));
            try (RawClient old = RawClient.connected(broker.port(), 4, "old keeper")) {
                old.send(Packets.publish(4, "kept/4", 1, RETAIN, 1, X));
                old.expect(Packets.PUBACK);
            }
            client.subscribe("kept/#", 0);
            assertEquals("kept/1", client.expect(Packets.PUBLISH).topic());
            assertEquals("kept/2", client.expect(Packets.PUBLISH).topic());
            client.ping(); // Neither kept/3 nor kept/4 is there.
            client.send(Packets.unsubscribe(5, 9, "kept/#"));
            client.expect(Packets.UNSUBACK);
            retain(client, 5, "kept/1", NOTHING);
            assertEquals(NO_MATCHING_SUBSCRIBERS, retain(client, 6, "kept/3", X));
        }
    }

    @Test
    void whoSendsTooManyMessagesASecondIsClosedAndOthersGoOn() throws IOException {
        ByteArrayOutputStream flood = new ByteArrayOutputStream();
        for (int i = 0; i < 3 * RATE; i++) {
            flood.write(Packets.publish(5, "flood", 0, 0, 0, X));
        }
        try (RawClient neighbour = RawClient.connected(broker.port(), 5, "neighbour");
                RawClient hasty = RawClient.connected(broker.port(), 5, "hasty");
                RawClient old = RawClient.connected(broker.port(), 4, "hasty and old")) {
            hasty.send(flood.toByteArray());
            Packet last = hasty.lastPacketBeforeClose();
            assertNotNull(last);
            assertEquals(Packets.DISCONNECT, last.type());
            assertEquals(MESSAGE_RATE_TOO_HIGH, last.reason());
            flood.reset();
            for (int i = 0; i < 3 * RATE; i++) {
                flood.write(Packets.publish(4, "flood", 0, 0, 0, X));
            }
            old.send(flood.toByteArray());
            assertNull(old.lastPacketBeforeClose());
            neighbour.ping();
        }
    }

    private static int publish(RawClient client, int qos, int id, String topic) throws IOException {
        return publish(client, Packets.publish(5, topic, qos, 0, id, X));
    }

    private static int retain(RawClient client, int id, String topic, byte[] payload) throws IOException {
        return publish(client, Packets.publish(5, topic, 1, RETAIN, id, payload));
    }

    /** With which reason code it is answered. */
    private static int publish(RawClient client, byte[] packet) throws IOException {
        client.send(packet);
        return client.expect((packet[0] & 2) != 0 ? Packets.PUBACK : Packets.PUBREC)
                .reason();
    }
}
